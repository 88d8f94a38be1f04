import { describe, expect, test } from '@jest/globals'
import { assignmentKey, parseAssignmentKey } from '../../../shared/domain/assignment.ts'
import type { Plan } from '../../../shared/domain/plan.ts'
import type { Status } from '../../../shared/domain/status.ts'
import { readCheckpoint, writeCheckpoint } from '../../../shared/reconcile/checkpoint.ts'
import { checkAttention, findOvertaken, findUntold } from '../../../shared/reconcile/find-untold.ts'
import { listHeads } from '../../../shared/reconcile/list-heads.ts'
import { World } from '../../world.ts'

const ten = '2026-03-03T10:00:00.000Z'
const linkOf = (principal: string) => `links_data/root%all%Billing-ps%${principal}%GROUP%ssofile`
const link = linkOf('team')
const set = 'permission_sets/Billing-ps.json'
const nothing = { stale: [], unsettled: [], missing: [], spoiled: [] }
const everything = { since: new Date(0), entries: [], inputs: [] }

/** A status of the file as it is, and, where the state wants attention, its index. */
async function tell(world: World, key: string, told: Partial<Status>): Promise<void> {
  const { etag = 'gone' } = (await world.objects.head(key)) ?? {}
  const status = { input: key, state: 'applied', etag, lastModified: ten, updatedAt: ten, ...told }
  await world.objects.put(`status/${key}.json`, JSON.stringify(status))
}

type Knowledge = Partial<Parameters<typeof findUntold>[0]>

async function find(world: World, known: Knowledge = {}) {
  const { objects } = world
  const [links, sets, statuses] = [
    await listHeads(objects, 'links_data/'),
    await listHeads(objects, 'permission_sets/'),
    await listHeads(objects, 'status/'),
  ]
  const files = new Map([...links, ...sets])
  const { indexed } = await checkAttention(objects)
  return findUntold({ objects, files, statuses, expired: [], last: everything, indexed, ...known })
}

describe('an input is to be told anew', () => {
  test('where it has no status, and not where it has that of the file as it is', async () => {
    const world = new World()
    await world.objects.put(link, '')
    await world.objects.put(set, '{}')
    await world.objects.put('links_data/', '')
    expect(await find(world)).toEqual({ ...nothing, stale: [link, set] })
    await tell(world, link, {})
    await tell(world, set, {})
    expect(await find(world)).toEqual(nothing)
  })

  test('where its status is older than its file, or of another file of the same second', async () => {
    const world = new World()
    await world.objects.put(link, '')
    await tell(world, link, {})
    await world.clock.advance(1_000)
    await world.objects.put(link, '')
    expect(await find(world)).toEqual({ ...nothing, stale: [link] })
    await tell(world, link, { etag: 'another' })
    expect(await find(world)).toEqual({ ...nothing, stale: [link] })
  })

  test.each(['applying', 'revoking'] as const)('where its status says %s, which is looked at again', async (state) => {
    const world = new World()
    await world.objects.put(link, '')
    await tell(world, link, { state })
    expect(await find(world)).toEqual({ ...nothing, stale: [link], unsettled: [link] })
  })

  test('where it has expired and does not say so', async () => {
    const world = new World()
    await world.objects.put(link, '')
    await tell(world, link, {})
    expect(await find(world, { expired: [link] })).toEqual({ ...nothing, stale: [link] })
    await tell(world, link, { state: 'expired' })
    expect(await find(world, { expired: [link] })).toEqual(nothing)
  })

  test('where its file is gone; a status whose key says only a hash is left alone', async () => {
    const world = new World()
    await tell(world, link, {})
    await world.objects.put('status/too-long/0a1b.json', '{}')
    expect(await find(world)).toEqual({ ...nothing, stale: [link] })
  })

  test('not where nobody can read its status, which the next reconcile looks at again', async () => {
    const world = new World()
    await world.objects.put(link, '')
    await world.objects.put(`status/${link}.json`, '{oops')
    await world.objects.put(`attention/waiting/${link}`, '')
    expect(await find(world)).toEqual({ ...nothing, unsettled: [link], spoiled: [`status/${link}.json`] })
    await world.objects.delete(link)
    expect(await find(world)).toEqual({ ...nothing, spoiled: [`status/${link}.json`] })
  })

  test('where attention is wanted and the index does not say so, only there', async () => {
    const world = new World()
    await world.objects.put(link, '')
    await tell(world, link, { state: 'waiting' })
    expect(await find(world)).toEqual({ ...nothing, missing: [link] })
    await world.objects.put(`attention/failed/${link}`, '')
    expect(await find(world)).toEqual({ ...nothing, missing: [link] })
    await world.objects.put(`attention/waiting/${link}`, '')
    expect(await find(world)).toEqual(nothing)
  })

  test('in the order of keys', async () => {
    const world = new World()
    const keys = ['c', 'a', 'b'].map(linkOf)
    for (const key of keys) await tell(world, key, { state: 'applying' })
    expect((await find(world)).stale).toEqual(keys.toSorted())
    for (const key of keys) await world.objects.put(key, '')
    for (const key of keys) await tell(world, key, { state: 'applying' })
    let delayMs = 300
    const objects = new Proxy(world.objects, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        if (name !== 'get') return member.bind(target)
        return async (key: string) => {
          delayMs -= 100
          await world.clock.sleep(delayMs)
          return target.get(key)
        }
      },
    })
    expect(await world.finish(find(world, { objects }))).toMatchObject({
      stale: keys.toSorted(),
      unsettled: keys.toSorted(),
    })
  })
})

describe('since the last reconcile', () => {
  const since = new Date('2026-03-03T10:00:10.000Z')
  const last = { since, entries: [], inputs: [] }

  test('older statuses are not read, but for those that were not final then and links that have expired', async () => {
    const world = new World()
    await world.objects.put(link, '')
    await tell(world, link, { state: 'applying' })
    expect(await find(world, { last })).toEqual(nothing)
    expect(await find(world, { last: { ...last, inputs: [link] } })).toMatchObject({ stale: [link] })
    expect(await find(world, { last, expired: [link] })).toMatchObject({ stale: [link] })
    await world.clock.advance(10_000)
    await tell(world, link, { state: 'applying' })
    expect(await find(world, { last })).toMatchObject({ stale: [link] })
  })

  test('what it recorded is known, half an hour over; what cannot be understood is nothing', async () => {
    const { objects } = new World()
    expect(await readCheckpoint(objects)).toEqual(everything)
    await writeCheckpoint(objects, ten, { entries: ['e'], inputs: ['i'] })
    expect(await readCheckpoint(objects)).toMatchObject({
      since: new Date('2026-03-03T09:30:00.000Z'),
      entries: ['e'],
      inputs: ['i'],
    })
    await objects.put('state/reconcile.json', '{}')
    expect(await readCheckpoint(objects)).toEqual(everything)
  })
})

describe('what the index of attention says', () => {
  async function index(...told: readonly (readonly [string, string, Partial<Status>?])[]) {
    const world = new World()
    for (const [state, key, status] of told) {
      await world.objects.put(`attention/${state}/${key}`, '')
      if (status) await tell(world, key, status)
    }
    return checkAttention(world.objects)
  }
  const counts = (desired: number) => ({ accounts: { desired, applied: 0, open: desired, failed: [] } })
  const none = { misindexed: [], toLookAt: [], open: [], held: new Set() }

  test('is right or wrong by the status', async () => {
    const all = [linkOf('b'), linkOf('a')]
    const wrong = await index(['failed', all[0] ?? '', { state: 'applied' }], ['waiting', all[1] ?? ''])
    expect(wrong).toEqual({
      ...none,
      misindexed: all.toSorted(),
      indexed: new Set([`attention/waiting/${all[1]}`, `attention/failed/${all[0]}`]),
    })
    expect(await index(['rejected', link, { state: 'rejected' }])).toMatchObject(none)
    expect(await index(['failed', 'too-long/0a1b'])).toMatchObject({
      ...none,
      indexed: new Set(['attention/failed/too-long/0a1b']),
    })
  })

  test('has links looked at that wait for accounts, and tells those that wait for something else, or failed', async () => {
    const [a, b, c, d] = [linkOf('a'), linkOf('b'), linkOf('c'), linkOf('d')]
    const found = await index(
      ['waiting', b, { state: 'waiting', ...counts(0) }],
      ['waiting', a, { state: 'waiting' }],
      ['waiting', d, { state: 'waiting', ...counts(1) }],
      ['failed', c, { state: 'failed', ...counts(0) }],
      ['blocked', link, { state: 'blocked' }],
    )
    expect(found).toMatchObject({ ...none, toLookAt: [a, b], open: [c, d] })
  })

  test.each(['waiting', 'failed', 'blocked'] as const)('has a permission set looked at that is %s', async (state) => {
    expect(await index([state, set, { state }])).toMatchObject({ ...none, toLookAt: [set] })
  })

  test('does not have a permission set looked at that is rejected: only another file changes that', async () => {
    expect(await index(['rejected', set, { state: 'rejected' }])).toMatchObject(none)
  })

  test('has what the brake holds', async () => {
    const found = await index(['held', link, { state: 'held' }], ['held', linkOf('x'), { state: 'applied' }])
    expect(found).toMatchObject({ ...none, held: new Set([link]), misindexed: [linkOf('x')] })
  })
})

test('a status is overtaken where nothing is under way of what its link grants', async () => {
  const world = new World()
  const key = (principal: string) => `account%210000000001%Billing-ps%${principal}%GROUP%ssofile`
  const granted = parseAssignmentKey(key('granting'))
  const plan: Plan = { grants: granted ? [granted] : [], revocations: [] }
  const unsettled = [assignmentKey.parse(key('retried'))]
  const here = `links_data/${key('retried')}`
  const elsewhere = here.replace('210000000001', '210000000002')
  const open = [linkOf('granting'), linkOf('retried'), link, set, here, elsewhere]
  expect(findOvertaken(open, plan, unsettled, world.configuration)).toEqual([link, elsewhere])
})
