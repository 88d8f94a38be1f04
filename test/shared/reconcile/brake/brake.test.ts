import { describe, expect, test } from '@jest/globals'
import { type BrakeList, emptyBrake } from '../../../../shared/domain/brake.ts'
import { renderComplaint } from '../../../../shared/domain/complaint.ts'
import { type Configuration, configuration } from '../../../../shared/domain/configuration.ts'
import { type OrganizationFile, parseOrganizationFile } from '../../../../shared/memory/organization-file.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/brake/brake-file.ts'
import { sendInputs } from '../../../../shared/reconcile/records/inputs.ts'
import { dyingPorts, intercept } from '../../../intercept.ts'
import { World, type WorldOptions } from '../../../world.ts'
import { holding } from './holding.ts'

const accounts = Array.from({ length: 10 }, (_, index) => `20000000000${index}`)
const set = {
  name: 'permission_sets/ReadOnly-ps.json',
  body: '{"permissionSetName":"ReadOnly-ps","description":"reads"}',
}
const groupsOf = (count: number) => Array.from({ length: count }, (_, index) => `team ${index}`)
const linkOf = (group: string, index = 0) =>
  `links_data/account%${accounts[index % accounts.length]}%ReadOnly-ps%${group}%GROUP%ssofile`
const linksOf = (groups: readonly string[]) => groups.map(linkOf)
const ofOu = (group: string) => `links_data/ou_id%ou-tiny-movedout%ReadOnly-ps%${group}%GROUP%ssofile`
const alarm = 'the brake holds revocations; look with: ssofile brake'

function organization(groups: readonly string[]): OrganizationFile {
  const account = (id: string) => ({ id, name: `account-${id}`, email: `aws+${id}@tiny.example`, tags: {} })
  const parsed = parseOrganizationFile('organization.json', {
    managementAccountId: '100000000000',
    root: {
      id: 'r-tiny',
      accounts: ['100000000000', ...accounts.slice(1)].map(account),
      organizationalUnits: [
        { id: 'ou-tiny-movedout', name: 'Moved', accounts: accounts.slice(0, 1).map(account), organizationalUnits: [] },
      ],
    },
    groups,
    users: [],
  })
  if (!parsed.ok) throw new Error(renderComplaint(parsed.complaint))
  return parsed.value
}

type Limits = Partial<Configuration['brake']['own']>

/** These links are in force; slices are run by hand. */
async function open(
  groups: readonly string[],
  links: readonly string[],
  { own = {}, indirect = {}, wrap }: { own?: Limits; indirect?: Limits; wrap?: WorldOptions['wrap'] } = {},
): Promise<World> {
  const world = new World({
    organization: organization(groups),
    configuration: configuration.parse({ brake: { own, indirect }, folders: ['team-a'] }),
    ...(wrap === undefined ? {} : { wrap }),
  }).start({ dispatcher: false })
  await world.objects.put(set.name, set.body)
  await world.look()
  await world.finish(world.slice())
  for (const link of links) await world.objects.put(link, '')
  await world.look()
  await world.finish(world.slice())
  return world
}

async function settled(world: World): Promise<void> {
  await world.look()
  await world.finish(world.slice())
  await world.clock.advance(1_000)
}

/** With what was throttled, and is tried again within a minute. */
async function settledLater(world: World): Promise<void> {
  for (let minute = 0; minute < 3; minute++) {
    await world.clock.advance(61_000)
    await settled(world)
  }
}

async function remove(world: World, links: readonly string[]): Promise<void> {
  for (const link of links) await world.objects.delete(link)
  await settled(world)
}

async function listsOf(world: World): Promise<readonly BrakeList[]> {
  return (await brakeFile(world.objects).read())?.value.lists ?? []
}

async function digestIn(world: World): Promise<string> {
  const [list] = await listsOf(world)
  return list ? digestOf(list) : 'nothing is held'
}

async function held(world: World): Promise<readonly string[]> {
  return (await listsOf(world)).flatMap((list) => list.held)
}

async function release(world: World, digest: string): Promise<string> {
  return (await releaseList(world.objects, digest, 'me')).outcome
}

async function releaseAll(world: World): Promise<void> {
  for (const list of await listsOf(world)) expect(await release(world, digestOf(list))).toBe('released')
  // The first slice hints at what was released, maybe after it has looked for hints.
  for (let slice = 0; slice < 2; slice++) await settled(world)
}

const granted = (world: World) => world.ssoAdmin.assignments().length
const deletions = (world: World) => world.calls.filter((call) => call === 'DeleteAccountAssignment').length
const alarms = (world: World) => world.log.lines.filter(({ message }) => message === alarm)

describe('links that are deleted', () => {
  const groups = groupsOf(300)

  test('three hundred at once take the access of thirty; the rest is held, told, and released by its digest', async () => {
    const world = await open(groups, linksOf(groups))
    expect(granted(world)).toBe(300)
    await remove(world, linksOf(groups))
    await settledLater(world)
    expect(granted(world)).toBe(270)
    expect(await held(world)).toHaveLength(270)
    expect(await world.keys('attention/held/')).toHaveLength(270)
    const file = await world.json('control/brake.json')
    expect(file?.lists).toEqual([
      expect.objectContaining({ rule: 'own', figure: 300, limit: 30, base: 300, digest: await digestIn(world) }),
    ])
    const [first = ''] = await held(world)
    expect(await world.json(`status/links_data/${first}.json`)).toMatchObject({
      state: 'held',
      reason:
        'held by the brake: more than 30 of the 300 links directly under links_data/ were withdrawn within 15 minutes; its access in 1 account stays until an operator decides',
      remedy: expect.stringContaining('with: ssofile brake'),
    })
    expect(new Set(alarms(world).map(({ level }) => level))).toEqual(new Set(['error']))
    await releaseAll(world)
    await settledLater(world)
    expect({
      granted: granted(world),
      ledger: await world.keys('assignments/'),
      attention: await world.keys('attention/'),
    }).toEqual({
      granted: 0,
      ledger: [],
      attention: [],
    })
  }, 60_000)

  test('a root link over all accounts, deleted alone, is not held', async () => {
    const root = 'links_data/root%all%ReadOnly-ps%team 0%GROUP%ssofile'
    const world = await open(groupsOf(1), [root], { own: { count: 1, percent: 0 } })
    expect(granted(world)).toBe(accounts.length)
    await remove(world, [root])
    expect({ granted: granted(world), held: await held(world) }).toEqual({ granted: 0, held: [] })
  })

  test('a flood that takes longer than a window does not outlast it', async () => {
    const world = await open(groupsOf(8), linksOf(groupsOf(8)), { own: { count: 2, percent: 0 } })
    for (const link of linksOf(groupsOf(8))) await world.objects.delete(link)
    await world.look()
    // Somebody else has all but two of the hints, for seventeen minutes.
    const late: string[] = []
    while (late.length < 6) {
      const messages = await world.queues.receive('work-urgent', { most: 1, waitSeconds: 0 })
      for (const { receiptHandle } of messages) {
        await world.queues.changeVisibility('work-urgent', receiptHandle, 17 * 60)
        late.push(receiptHandle)
      }
    }
    await world.finish(world.slice())
    expect(granted(world)).toBe(6)
    await world.clock.advance(17 * 60_000)
    await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 6, held: 6 })
  })

  test('what is held is granted again, without a call, when its link comes back', async () => {
    const world = await open(groupsOf(4), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groupsOf(4)))
    const [first = '', ...others] = await held(world)
    const calls = world.calls.filter((call) => /^(Create|Delete)/.test(call)).length
    await world.objects.put(`links_data/${first}`, '')
    await settled(world)
    expect(await world.json(`assignments/${first}`)).toMatchObject({ state: 'granted' })
    expect((await world.json(`status/links_data/${first}.json`))?.state).toBe('applied')
    expect(await held(world)).toEqual(others)
    expect(world.calls.filter((call) => /^(Create|Delete)/.test(call))).toHaveLength(calls)
  })

  test('what is held rests: a reconcile hints at none of it, and grants go on', async () => {
    const world = await open(groupsOf(5), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groupsOf(4)))
    const before = await held(world)
    await world.objects.put(linkOf('team 4', 4), '')
    await settled(world)
    await world.finish(world.everyHour())
    expect(world.log.lines.findLast(({ message }) => message === 'reconciled')?.fields).toMatchObject({
      inputs: 0,
      revocations: 0,
      unfinished: 0,
    })
    expect(granted(world)).toBe(3)
    expect(await held(world)).toEqual(before)
  })

  test('a held link that is looked at again stays held in its status', async () => {
    const world = await open(groupsOf(4), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groupsOf(4)))
    const inputs = (await held(world)).map((key) => `links_data/${key}`)
    await sendInputs(world.ports, inputs, 'again', world.configuration)
    await world.look()
    for (const input of inputs) expect(await world.json(`status/${input}.json`)).toMatchObject({ state: 'held' })
  })

  test('a held access that someone else took away leaves the list, and the ledger five minutes after AWS refused its deletion', async () => {
    const world = await open(groupsOf(4), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groupsOf(4)))
    for (const target of world.ssoAdmin.assignments()) await world.ssoAdmin.deleteAccountAssignment(target)
    await world.clock.advance(60_000)
    await releaseAll(world)
    await world.clock.advance(10 * 60_000)
    await settledLater(world)
    expect({ ledger: await world.keys('assignments/'), attention: await world.keys('attention/') }).toEqual({
      ledger: [],
      attention: [],
    })
    // Two by the product, two by someone else, and one for each of those that AWS refused.
    expect(deletions(world)).toBe(2 + 2 + 2)
  })

  test('a key whose access is not held any more leaves the list at a reconcile, if whoever changed it died', async () => {
    const world = await open(groupsOf(1), linksOf(groupsOf(1)))
    const [key = ''] = (await world.keys('assignments/')).map((found) => found.slice('assignments/'.length))
    await world.finish(world.everyHour())
    await world.clock.advance(3_600_000)
    const file = holding(key)
    await brakeFile(world.objects).write(file, (await world.objects.head('control/brake.json'))?.etag)
    await world.finish(world.everyHour())
    await settled(world)
    expect(await held(world)).toEqual([])
    expect(granted(world)).toBe(1)
  })

  test('a link that is gone is told so when another took over what was held of it, if whoever changed it died', async () => {
    const links = [0, 1, 2].map((index) => linkOf('team 0', index))
    const world = await open(groupsOf(1), links, { own: { count: 1, percent: 0 } })
    await remove(world, links)
    const [first = '', other = ''] = await held(world)
    const root = `links_data/ou_id%r-tiny%${first.split('%').slice(2).join('%')}`
    expect(await world.json(`status/links_data/${first}.json`)).toMatchObject({ state: 'held' })
    await world.objects.put(root, '')
    await world.look()
    const dying = dyingPorts(world.ports, {
      at: ({ operation, args }) => operation === 'put' && args[0] === `assignments/${first}`,
      when: 'after',
    })
    void world.slice({}, dying.ports)
    await world.clock.advance(8_000)
    expect(dying.isDead()).toBe(true)
    await world.objects.delete(root)
    await world.look()
    await settledLater(world)
    await world.finish(world.everyHour())
    await settled(world)
    expect(await world.json(`status/links_data/${first}.json`)).toBeUndefined()
    for (const key of [root, `links_data/${other}`])
      expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'held' })
  })

  test('a link that is gone is told so when another link keeps what was held of it, also at the second attempt', async () => {
    let written: string | undefined
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ operation, args, proceed }) => {
        const answer = await proceed()
        const [key, body] = args
        const isGranted = typeof body === 'string' && body.includes('"granted"')
        if (operation !== 'put' || written === undefined || key !== written || !isGranted) return answer
        written = undefined
        throw new ServiceError('s3', 'InternalError', 'no')
      })
    const links = [0, 1].map((index) => linkOf('team 0', index))
    const world = await open(groupsOf(1), links, { own: { count: 1, percent: 0 }, wrap })
    await remove(world, links)
    const [first = ''] = await held(world)
    await world.objects.put(`links_data/ou_id%r-tiny%${first.split('%').slice(2).join('%')}`, '')
    await world.look()
    written = `assignments/${first}`
    await world.finish(world.slice())
    expect(written).toBeUndefined()
    expect(await world.json(`assignments/${first}`)).toMatchObject({ state: 'granted' })
    expect(await world.json(`status/links_data/${first}.json`)).toBeUndefined()
  })

  test('a list that is lost is judged anew', async () => {
    const world = await open(groupsOf(4), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groupsOf(4)))
    await world.objects.delete('control/brake.json')
    await world.finish(world.everyHour())
    await settled(world)
    expect({ granted: granted(world), held: await held(world), attention: await world.keys('attention/') }).toEqual({
      granted: 0,
      held: [],
      attention: [],
    })
  })

  test('a revocation that AWS refused for longer than a window is the same one, and counts once', async () => {
    let isRefusing = true
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ operation, proceed }) => {
        if (isRefusing && operation === 'deleteAccountAssignment')
          throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
        return proceed()
      })
    const groups = groupsOf(4)
    const world = await open(groups, linksOf(groups), { own: { count: 2, percent: 0 }, wrap })
    await remove(world, linksOf(groups).slice(0, 2))
    await world.clock.advance(16 * 60_000)
    isRefusing = false
    // The next window is full before the retries of the first two come.
    for (const link of linksOf(groups).slice(2)) await world.objects.delete(link)
    for (let minute = 0; minute < 10; minute++) {
      await world.clock.advance(60_000)
      await settled(world)
    }
    expect({ granted: granted(world), held: await held(world) }).toEqual({ granted: 0, held: [] })
  })

  test('expired links count as deleted ones', async () => {
    const world = await open(groupsOf(4), [], { own: { count: 2, percent: 0 } })
    const expiresAt = new Date(world.clock.now().getTime() + 120_000).toISOString()
    for (const link of linksOf(groupsOf(4))) await world.objects.put(link, JSON.stringify({ expiresAt }))
    await settled(world)
    expect(granted(world)).toBe(4)
    await world.clock.advance(120_000)
    await world.finish(world.everyHour())
    await settled(world)
    expect(granted(world)).toBe(2)
    const [first = ''] = await held(world)
    expect((await world.json(`status/links_data/${first}.json`))?.state).toBe('held')
  })

  test('links overwritten by invalid ones count as deleted ones', async () => {
    const world = await open(groupsOf(4), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    for (const link of linksOf(groupsOf(4))) await world.objects.put(link, '{"expiresAt":"soon"}')
    await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 2, held: 2 })
    expect((await brakeFile(world.objects).read())?.value.lists.map(({ rule }) => rule)).toEqual(['own'])
  })
})

describe('a release', () => {
  const groups = groupsOf(6)
  const braked = async (count: number) => {
    const world = await open(groups, linksOf(groups), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groups).slice(0, count))
    return { world, digest: await digestIn(world) }
  }

  test('of another digest releases nothing', async () => {
    const { world } = await braked(4)
    expect(await release(world, 'deadbeef')).toBe('other-list')
    await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 4, held: 2 })
  })

  test('of a list that has grown since it was shown releases nothing', async () => {
    const { world, digest } = await braked(4)
    await remove(world, linksOf(groups).slice(4, 5))
    expect(await release(world, digest)).toBe('other-list')
    await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 4, held: 3 })
  })

  test('given twice is one, and what is held afterwards stays held', async () => {
    const { world, digest } = await braked(4)
    expect(await release(world, digest)).toBe('released')
    expect(await release(world, digest)).toBe('released-before')
    for (const link of linksOf(groups).slice(4)) await world.objects.delete(link)
    for (let slice = 0; slice < 2; slice++) await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 2, held: 2 })
  })

  test('is over after an hour: what nobody carried out until then is judged anew', async () => {
    const { world, digest } = await braked(6)
    expect(await release(world, digest)).toBe('released')
    await world.clock.advance(60 * 60_000)
    await world.finish(world.everyHour())
    await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 2, held: 2 })
  })

  test('whose hints are lost is carried out by the reconcile', async () => {
    const { world, digest } = await braked(4)
    expect(await release(world, digest)).toBe('released')
    const stored = await brakeFile(world.objects).read()
    const { value = emptyBrake, object } = stored ?? {}
    const releases = value.releases.map((one) => ({ ...one, hinted: true }))
    await brakeFile(world.objects).write({ ...value, releases }, object?.etag)
    await settled(world)
    expect(granted(world)).toBe(4)
    await world.finish(world.everyHour())
    await settled(world)
    expect({ granted: granted(world), attention: await world.keys('attention/') }).toEqual({
      granted: 2,
      attention: [],
    })
  })

  test("is judged by S3's clock, whatever the dispatcher's says", async () => {
    const wrap = (ports: Ports): Ports => ({
      ...ports,
      clock: {
        now: () => new Date(ports.clock.now().getTime() + 2 * 60 * 60_000),
        monotonicMs: () => ports.clock.monotonicMs(),
        sleep: (ms, signal) => ports.clock.sleep(ms, signal),
      },
    })
    const world = await open(groups, linksOf(groups), { own: { count: 2, percent: 0 }, wrap })
    await remove(world, linksOf(groups).slice(0, 4))
    expect(await held(world)).toHaveLength(2)
    await releaseAll(world)
    expect(granted(world)).toBe(2)
  })
})

describe('a link that is back just when its revocation is to be counted', () => {
  /** The link comes back after the links were evaluated, and before the brake is asked. */
  async function flap(isLeft: boolean): Promise<World> {
    const group = 'team 0'
    let isGone = false
    let back = async () => {}
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ port, proceed }) => {
        if (port === 'identityStore' && isGone) {
          isGone = false
          await back()
        }
        return proceed()
      })
    const world = await open([group], [linkOf(group)], { own: { count: 0, percent: 0 }, wrap })
    back = async () => {
      await world.objects.put(linkOf(group), '')
      if (!isLeft) await world.objects.delete(linkOf(group))
    }
    await world.objects.delete(linkOf(group))
    isGone = true
    await settled(world)
    expect(isGone).toBe(false)
    return world
  }

  test('is evaluated again: nothing is counted, and nothing is sent', async () => {
    const world = await flap(true)
    expect({ granted: granted(world), deletions: deletions(world) }).toEqual({ granted: 1, deletions: 0 })
    expect(await world.json('control/brake.json')).toBeUndefined()
  })

  test('and gone again, counts as withdrawn', async () => {
    const world = await flap(false)
    expect((await listsOf(world)).map(({ rule, cause }) => ({ rule, cause }))).toEqual([
      { rule: 'own', cause: 'folder' },
    ])
  })
})

test('a group that is renamed loses access of one folder, while an account that was moved has that of another held', async () => {
  const groups = groupsOf(4)
  const world = await open(groups, groups.map(ofOu), { indirect: { count: 2, percent: 0 } })
  await world.organizations.moveAccount('200000000000' as never, 'ou-tiny-movedout', 'r-tiny')
  await world.finish(world.everyHour())
  await settled(world)
  expect((await listsOf(world)).map(({ cause, name }) => ({ cause, name }))).toEqual([
    { cause: 'account', name: '200000000000' },
  ])
  const link = linkOf('team 0', 1).replace('links_data/', 'links_data/team-a/')
  await world.objects.put(link, '')
  await settled(world)
  const before = granted(world)
  const id = world.identityStore.idOf('GROUP', 'team 0')
  if (id === undefined) throw new Error('the group is not there')
  await world.identityStore.updateGroup(id, [{ path: 'displayName', value: 'team late' }])
  await world.finish(world.everyHour())
  await settled(world)
  expect(granted(world)).toBe(before - 1)
  expect(await listsOf(world)).toHaveLength(1)
})

describe('revocations that nobody asked for', () => {
  const groups = groupsOf(4)

  test('are held beyond their limit, and told to the links that are still there', async () => {
    const world = await open(groups, groups.map(ofOu), { indirect: { count: 2, percent: 0 } })
    expect(granted(world)).toBe(4)
    await world.organizations.moveAccount('200000000000' as never, 'ou-tiny-movedout', 'r-tiny')
    await world.finish(world.everyHour())
    await settled(world)
    expect(granted(world)).toBe(2)
    expect((await brakeFile(world.objects).read())?.value.lists.map(({ rule }) => rule)).toEqual(['indirect'])
    const [first = ''] = await held(world)
    const link = first.replace('account%200000000000', 'ou_id%ou-tiny-movedout')
    expect(await world.json(`status/links_data/${link}.json`)).toMatchObject({ state: 'held' })
    await releaseAll(world)
    expect(granted(world)).toBe(0)
    expect((await world.json(`status/links_data/${link}.json`))?.state).toBe('applied')
    expect(await world.keys('attention/')).toEqual([])
  })
})

test('access of which one link was deleted while another is there, and covers it no more, is indirect', async () => {
  const group = 'team 0'
  const world = await open([group], [linkOf(group), ofOu(group)], { indirect: { count: 0, percent: 0 } })
  await world.organizations.moveAccount('200000000000' as never, 'ou-tiny-movedout', 'r-tiny')
  await world.objects.delete(linkOf(group))
  await world.finish(world.everyHour())
  await settled(world)
  expect(granted(world)).toBe(1)
  expect((await brakeFile(world.objects).read())?.value.lists.map(({ rule }) => rule)).toEqual(['indirect'])
})

describe('a brake that cannot be read', () => {
  test.each([
    ['unreadable', undefined],
    ['not of its schema', '{"v":2}'],
  ])('(%s) revokes nothing, and grants go on', async (_what, body) => {
    let isFailing = false
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ port, args, proceed }) => {
        if (isFailing && body === undefined && port === 'objects' && args[0] === 'control/brake.json')
          throw new ServiceError('s3', 'InternalError', 'no')
        return proceed()
      })
    const world = await open(groupsOf(2), linksOf(groupsOf(1)), { wrap })
    isFailing = true
    if (body !== undefined) await world.objects.put('control/brake.json', body)
    await world.objects.put(linkOf('team 1', 1), '')
    await remove(world, [linkOf('team 0')])
    expect(granted(world)).toBe(2)
    expect(world.log.lines.some(({ message }) => message === 'the brake cannot be read; nothing is revoked')).toBe(true)
    isFailing = false
    await world.objects.delete('control/brake.json')
    await world.clock.advance(120_000)
    await settled(world)
    expect(granted(world)).toBe(1)
  })
})

describe('a dispatcher that dies', () => {
  test.each(['before', 'after'] as const)(
    'at any call, %s it takes effect, neither revokes more than the brake allows nor forgets what is held',
    async (when) => {
      const groups = groupsOf(4)
      for (let atCall = 0; atCall < 300; atCall += 4) {
        const world = await open(groups, linksOf(groups), { own: { count: 2, percent: 0 } })
        for (const link of linksOf(groups)) await world.objects.delete(link)
        await world.look()
        const dying = dyingPorts(world.ports, { at: (_, number) => number === atCall, when })
        void world.slice({}, dying.ports)
        await world.clock.advance(8_000)
        for (let round = 0; round < 6; round++) {
          await world.clock.advance(65_000)
          if (round === 3) await world.finish(world.everyHour())
          await world.look()
          await world.finish(world.slice(), 1_000)
        }
        expect({ atCall, granted: granted(world), held: (await held(world)).length }).toEqual({
          atCall,
          granted: 2,
          held: 2,
        })
        expect(await world.keys('attention/')).toHaveLength(2)
        expect((await world.keys('status/links_data/')).length).toBe(2)
        if (!dying.isDead()) return
      }
    },
    120_000,
  )
})
