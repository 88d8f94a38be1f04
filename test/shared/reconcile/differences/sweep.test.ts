import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { assignmentKey, assignmentOf } from '../../../../shared/domain/assignments/assignment.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { sweep } from '../../../../shared/reconcile/differences/reconcile.ts'
import { leaseRecord } from '../../../../shared/reconcile/dispatcher/lease.ts'
import { NameIndex, PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const set = 'permission_sets/Billing-ps.json'
const grant = 'Billing-ps%team-Accountants%GROUP%ssofile'
const name = `account%233000000002%${grant}`
const link = `links_data/${name}`
const minuteMs = 60_000
const entryOf = (world: World, one = name) => `assignments/${world.keyOf(one)}`

/** Everything is granted, and a sweep has seen it. */
async function granted(links: readonly string[] = [link]): Promise<World> {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
  await world.objects.put(set, billing)
  for (const key of links) await world.objects.put(key, '')
  await work(world)
  await swept(world)
  return world
}

async function work(world: World): Promise<void> {
  await world.look()
  await world.finish(world.slice())
  await world.look()
  await world.finish(world.slice())
}

async function swept(world: World) {
  await world.clock.advance(5 * minuteMs)
  return world.finish(sweep(world.ports, world.configuration))
}

/** Nothing that was sent is delivered. */
async function loseMessages(world: World): Promise<void> {
  await world.clock.advance(1_000)
  for (const queue of ['uploads', 'links', 'permission-sets', 'work-urgent', 'work', 'work-bulk'] as const)
    world.queues.queue(queue).purge()
}

async function tell(world: World, key: string, told: object): Promise<void> {
  await world.objects.put(
    `status/${key}.json`,
    JSON.stringify({ ...(await world.json(`status/${key}.json`)), ...told }),
  )
}

const lanes = (world: World) =>
  (['work-urgent', 'work', 'work-bulk', 'links', 'permission-sets'] as const).flatMap((queue) =>
    world.queues
      .queue(queue)
      .messages()
      .map(() => queue),
  )
const nothing = { inputs: 0, grants: 0, revocations: 0, unfinished: 0 }

describe('a sweep', () => {
  test('finds nothing where all is well, and calls nothing but S3', async () => {
    const world = await granted()
    const ports = new Set<string>()
    const watched = intercept(world.ports, ({ port, proceed }) => {
      ports.add(port)
      return proceed()
    })
    await world.clock.advance(5 * minuteMs)
    expect(await world.finish(sweep(watched, world.configuration))).toMatchObject(nothing)
    expect([...ports].filter((port) => !['clock', 'randomness', 'log'].includes(port))).toEqual(['objects'])
    expect(lanes(world)).toEqual([])
  })

  test('reads no object that did not change, and no body of a link again', async () => {
    const world = await granted()
    const dated = 'links_data/account%250000000003%Billing-ps%team-Accountants%GROUP%ssofile'
    await world.objects.put(dated, '{"expiresAt":"2026-03-04T10:00:00Z"}')
    await work(world)
    await swept(world)
    const read: unknown[] = []
    const ports = intercept(world.ports, ({ operation, args, proceed }) => {
      if (operation === 'get') read.push(args[0])
      return proceed()
    })
    await world.clock.advance(10 * minuteMs)
    await world.finish(sweep(ports, world.configuration))
    expect(read.filter((key) => !String(key).startsWith('state/'))).toEqual([
      'control/brake.json',
      'control/ledger.json',
    ])
  })

  test('does nothing where the organization was never read', async () => {
    const world = new World()
    await world.objects.put(link, '')
    expect(await swept(world)).toBeUndefined()
    expect(world.log.lines).toEqual([])
    await world.finish(world.everyFiveMinutes())
    expect(world.log.lines).toContainEqual(expect.objectContaining({ level: 'warn' }))
  })

  test('finds an upload and a deletion that S3 did not report', async () => {
    const world = await granted()
    const other = link.replace('account%233000000002', 'account%250000000003')
    const before = await world.json(`status/${link}.json`)
    await world.objects.put(other, '')
    await world.objects.delete(link)
    await loseMessages(world)
    await world.objects.delete(`status/${other}.json`)
    await tell(world, link, before ?? {})
    expect(await swept(world)).toMatchObject({ inputs: 2, grants: 1, revocations: 1 })
    await work(world)
    expect(await world.namedKeys('assignments/')).toEqual([other.replace('links_data', 'assignments')])
  })

  test('finds a link that has expired by the times that the last sweep read', async () => {
    const world = await granted([])
    await world.objects.put(link, '{"expiresAt":"2026-03-03T11:00:00Z"}')
    await work(world)
    await swept(world)
    await world.clock.advance(60 * minuteMs)
    expect(await swept(world)).toMatchObject({ inputs: 1, revocations: 1 })
  })

  test('finds an account that the stored view has and the ledger has not', async () => {
    const world = await granted([`links_data/root%all%${grant}`])
    await world.objects.delete(entryOf(world))
    expect(await swept(world)).toMatchObject({ ...nothing, grants: 1 })
  })

  test('finds an entry that is neither settled nor scheduled', async () => {
    const world = await granted()
    const key = entryOf(world)
    await world.objects.put(key, JSON.stringify({ ...(await world.json(key)), state: 'failed' }))
    expect(await swept(world)).toMatchObject({ ...nothing, unfinished: 1 })
  })

  test('keeps the index of names and ids complete', async () => {
    const world = await granted()
    const [pair] = await world.keys('state/principals/')
    await world.objects.delete(String(pair))
    await world.objects.delete('state/reconcile.json')
    await swept(world)
    expect(await world.keys('state/principals/')).toEqual([pair])
  })
})

test('a sweep leaves the present name of an id, whatever former one its entry has', async () => {
  const world = await granted()
  const key = entryOf(world)
  const { type, principalId: id } = assignmentOf(assignmentKey.parse(key.slice('assignments/'.length)))
  await new PrincipalNames(world.objects).note({ type, id, name: principalName.parse('team-Bookkeepers') })
  await world.clock.advance(minuteMs)
  await world.objects.put(key, JSON.stringify(await world.json(key)))
  await swept(world)
  expect((await NameIndex.read(world.objects)).namesOf(type, id)).toEqual(['team-Bookkeepers'])
})

describe('a link that waits for its group', () => {
  const late = 'links_data/account%233000000002%Billing-ps%team-Late%GROUP%ssofile'

  async function waiting(): Promise<World> {
    const world = await granted()
    await world.objects.put(late, '')
    await work(world)
    return world
  }

  test('is evaluated once more after it began to wait, and then rests until the reconcile', async () => {
    const world = await waiting()
    expect(await swept(world)).toMatchObject({ ...nothing, grants: 1 })
    await work(world)
    expect(await swept(world)).toMatchObject(nothing)
    await world.identityStore.createGroup({ displayName: 'team-Late' })
    expect(await swept(world)).toMatchObject(nothing)
    await world.finish(world.everyHour())
    await work(world)
    expect(await world.json(`status/${late}.json`)).toMatchObject({ state: 'applied' })
  })

  test('is evaluated again when its permission set was written since', async () => {
    const world = await waiting()
    await swept(world)
    await work(world)
    const key = 'owned_permission_sets/Billing-ps'
    await world.clock.advance(20 * minuteMs)
    await swept(world)
    await world.objects.put(key, JSON.stringify(await world.json(key)))
    expect(await swept(world)).toMatchObject({ ...nothing, grants: 1 })
  })

  test('is looked at where nothing of it is open', async () => {
    const world = await waiting()
    await world.identityStore.createGroup({ displayName: 'team-Late' })
    await world.finish(world.everyHour())
    await work(world)
    const counts = { desired: 1, applied: 0, open: 1, failed: [] }
    await tell(world, late, { state: 'waiting', accounts: counts })
    expect(await swept(world)).toMatchObject({ ...nothing, inputs: 1 })
  })
})

describe('a status that says that work goes on', () => {
  test.each(['applying', 'revoking'])('is looked at where nothing is open: %s', async (state) => {
    const world = await granted()
    await tell(world, link, { state })
    expect(await swept(world)).toMatchObject({ ...nothing, inputs: 1 })
  })

  test('is looked at also where the slice of this minute begins with the sweep, and has no work', async () => {
    const world = await granted()
    await tell(world, link, { state: 'applying' })
    await world.clock.advance(5 * minuteMs)
    const slice = world.slice()
    await world.clock.advance(100)
    expect(await world.keys(leaseRecord.at)).toEqual([leaseRecord.at])
    expect(await world.finish(sweep(world.ports, world.configuration))).toMatchObject({ ...nothing, inputs: 1 })
    await world.finish(slice)
  })

  test('is left to the dispatcher that is at work, and what it is about is not hinted at', async () => {
    const world = await granted([link, `links_data/root%all%Billing-ps%team-Web%GROUP%ssofile`])
    const root = 'links_data/root%all%Billing-ps%team-Web%GROUP%ssofile'
    await world.objects.delete(entryOf(world, name.replace('team-Accountants', 'team-Web')))
    await tell(world, root, { state: 'applying' })
    await world.objects.delete(link)
    await loseMessages(world)
    await tell(world, link, { state: 'revoking', etag: undefined, lastModified: undefined })
    const lease = { v: 1, nonce: 'n', holder: 'somebody', renewedAt: world.clock.now().toISOString() }
    await world.clock.advance(5 * minuteMs)
    await world.objects.put(leaseRecord.at, JSON.stringify(lease))
    expect(await world.finish(sweep(world.ports, world.configuration))).toMatchObject(nothing)
    await world.clock.advance(2 * minuteMs)
    expect(await swept(world)).toMatchObject({ grants: 1, revocations: 1 })
  })
})

test('a sweep revokes nothing by a tag before all tags are read', async () => {
  const world = await granted()
  await world.objects.delete(link)
  await world.objects.put(`links_data/account_tag%team^web%${grant}`, '')
  await loseMessages(world)
  const view = await world.json('state/organization.json')
  const run = async (hasTags: boolean) => {
    await world.objects.put('state/organization.json', JSON.stringify({ ...view, hasTags }))
    return world.finish(sweep(world.ports, world.configuration))
  }
  expect(await run(false)).toMatchObject({ grants: 0, revocations: 0 })
  expect(await run(true)).toMatchObject({ grants: 0, revocations: 1 })
})

test('a blocked permission set is looked at when nothing names it any more', async () => {
  const world = await granted()
  await world.objects.delete(set)
  await work(world)
  expect(await world.json(`status/${set}.json`)).toMatchObject({ state: 'blocked' })
  expect(await swept(world)).toMatchObject(nothing)
  await world.objects.delete(link)
  await world.objects.delete(`status/${link}.json`)
  await world.objects.delete(entryOf(world))
  await loseMessages(world)
  expect(await swept(world)).toMatchObject({ ...nothing, inputs: 1 })
})

test('a sweep hints under a pause as well', async () => {
  const world = await granted()
  await world.objects.put('control/pause.json', '{"v":1}')
  await world.objects.delete(link)
  await loseMessages(world)
  await world.clock.advance(5 * minuteMs)
  await world.finish(world.everyFiveMinutes())
  const told = world.log.lines.find(({ message }) => message === 'swept')
  expect(told?.fields).toMatchObject({ revocations: 1 })
})
