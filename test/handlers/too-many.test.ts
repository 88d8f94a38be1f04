import { describe, expect, test } from '@jest/globals'
import { configuration } from '../../shared/domain/deployment/configuration.ts'
import { quote } from '../../shared/domain/statuses/complaint.ts'
import { reconcile, sweep } from '../../shared/reconcile/differences/reconcile.ts'
import { acme, World } from '../world.ts'

const most = 5
const ofTeam = 'too-many/folder team'
const told = 'status/links_data/team/'
const indexed = 'attention/rejected/links_data/team/'
const bad = (index: number) => `links_data/team/bad ${String(index).padStart(2, '0')}`
const valid = 'links_data/team/account%233000000002%Missing-ps%team-Accountants%GROUP%ssofile'

async function open(): Promise<World> {
  const { limits } = configuration.parse({ limits: { notValidFiles: most } })
  const world = new World({
    organization: { ...acme(), assignments: [] },
    configuration: { folders: ['team'], limits },
  }).start()
  await world.finish(reconcile(world.ports, world.configuration))
  return world
}

async function flood(world: World, count: number, from = 0): Promise<void> {
  for (let index = from; index < count; index++) await world.objects.put(bad(index), '')
  await looked(world)
}

async function looked(world: World): Promise<void> {
  await world.until(async () => isIdle(world), 'a look at all that changed')
}

function isIdle({ queues }: World): boolean {
  return (['uploads', 'links', 'permission-sets', 'people', 'urgent'] as const).every(
    (queue) => queues.queue(queue).messages().length === 0,
  )
}

async function swept(world: World) {
  await world.clock.advance(11 * 60_000)
  const report = await world.finish(sweep(world.ports, world.configuration))
  await looked(world)
  return report
}

test('as many files that are not valid as may be have a status each', async () => {
  const world = await open()
  await flood(world, most)
  expect(await world.keys(told)).toHaveLength(most)
  expect(await world.keys(indexed)).toHaveLength(most)
  expect(await world.keys('status/too-many/')).toEqual([])
})

test('beyond the limit files that are not valid have one status together, which a sweep counts', async () => {
  const world = await open()
  // Those that are looked at at the same moment may be a few too many.
  await flood(world, most)
  await flood(world, 40, most)
  expect(await world.keys(told)).toHaveLength(most)
  expect(await world.keys(indexed)).toHaveLength(most)
  expect(await world.json(`status/${ofTeam}.json`)).toMatchObject({ input: ofTeam, state: 'rejected' })
  expect(await world.keys('attention/rejected/too-many/')).toEqual([`attention/rejected/${ofTeam}`])
  expect(await swept(world)).toMatchObject({ inputs: 0 })
  const { reason, remedy } = (await world.json(`status/${ofTeam}.json`)) ?? {}
  expect(reason).toBe(
    "received more than 5 files that are not valid in the folder 'team'; 5 have a status each, 35 more have none, such as 'links_data/team/bad 05', 'links_data/team/bad 06', 'links_data/team/bad 07', expected few",
  )
  expect(remedy).toBe('correct or delete them; ssofile validate s3://<bucket> shows all faults')
})

test('another folder has its own limit', async () => {
  const world = await open()
  await flood(world, 2 * most)
  await world.objects.put('links_data/bad', '')
  await world.objects.put('links_data/undeclared/bad', '')
  await looked(world)
  expect(await world.json('status/links_data/bad.json')).toMatchObject({ state: 'rejected' })
  expect(await world.json('status/links_data/undeclared/bad.json')).toMatchObject({ state: 'rejected' })
})

test('a valid file among too many others has its own status, also when no notification told of it', async () => {
  const world = await open()
  await flood(world, 2 * most)
  await world.objects.put(valid, '{"expiresAt":"tomorrow"}')
  await looked(world)
  expect(await world.json(`status/${valid}.json`)).toBeUndefined()
  await swept(world)
  await world.objects.put(valid, '')
  await world.clock.advance(1_000)
  for (const queue of ['uploads', 'links'] as const) world.queues.queue(queue).purge()
  await swept(world)
  await world.until(
    async () => (await world.json(`status/${valid}.json`))?.state === 'waiting',
    'a status of the link that became valid',
  )
})

test('a file that was looked at by nobody and is valid is found by a reconcile', async () => {
  const world = await open()
  await flood(world, 2 * most)
  await world.objects.put(valid, '')
  await world.clock.advance(1_000)
  for (const queue of ['uploads', 'links'] as const) world.queues.queue(queue).purge()
  await world.clock.advance(60 * 60_000)
  await world.finish(reconcile(world.ports, world.configuration))
  await world.until(
    async () => (await world.json(`status/${valid}.json`))?.state === 'waiting',
    'a status of the link that nobody had looked at',
  )
})

test('when some are deleted others get a status in their place, and at last the one together goes', async () => {
  const world = await open()
  await flood(world, most)
  await flood(world, 3 * most, most)
  for (let index = 0; index < 2; index++) await world.objects.delete(bad(index))
  await looked(world)
  await swept(world)
  expect(await world.keys(told)).toHaveLength(most)
  for (let index = 2; index < 2 * most + 2; index++) await world.objects.delete(bad(index))
  await looked(world)
  await swept(world)
  await swept(world)
  expect(await world.keys('status/too-many/')).toEqual([])
  expect(await world.keys('attention/rejected/too-many/')).toEqual([])
  expect((await world.keys(told)).length).toBe(most - 2)
})

describe.each([
  ['memberships', 'memberships/nothing ', '', 'memberships of no folder'],
  ['memberships of a folder', 'memberships/team/nothing ', '', 'memberships of folder team'],
  ['groups', 'groups/Bad', '{', 'groups'],
  ['people', 'people/bad', '{', 'people'],
  ['suspensions', 'suspended/\u0001nobody', '', 'suspended'],
  ['reviews', 'reviews/bad', '{', 'reviews'],
  ['rules', 'rules/bad', '{', 'rules'],
])('files of %s that are not valid', (_, beginning, body, place) => {
  const key = (index: number) => `${beginning}${String(index).padStart(2, '0')}${body === '{' ? '.json' : ''}`
  const [prefix = ''] = beginning.split('/')
  const crowd = `status/too-many/${place}.json`

  async function fill(): Promise<World> {
    const world = await open()
    for (let index = 0; index < most; index++) await world.objects.put(key(index), body)
    await looked(world)
    await world.clock.advance(2_000)
    for (let index = most; index < 3 * most; index++) await world.objects.put(key(index), body)
    await looked(world)
    await world.clock.advance(2_000)
    return world
  }

  async function sweptAll(world: World): Promise<void> {
    await world.clock.advance(11 * 60_000)
    await world.finish(world.everyFiveMinutes())
    await looked(world)
    await world.clock.advance(2_000)
  }

  test('have as many statuses as may be, and one together, which sweeps keep', async () => {
    const world = await fill()
    expect(await world.keys(`status/${prefix}/`)).toHaveLength(most)
    for (let sweeps = 0; sweeps < 2; sweeps++) {
      await sweptAll(world)
      expect(await world.keys(`status/${prefix}/`)).toHaveLength(most)
      expect((await world.json(crowd))?.reason).toContain(`${2 * most} more have none, such as '${quote(key(most))}'`)
    }
  })

  test('get a status in the place of others that are deleted, and at last the one together goes', async () => {
    const world = await fill()
    for (let index = 0; index < 2; index++) await world.objects.delete(key(index))
    await looked(world)
    await sweptAll(world)
    expect(await world.keys(`status/${prefix}/`)).toHaveLength(most)
    for (let index = 2; index < 2 * most + 2; index++) await world.objects.delete(key(index))
    await looked(world)
    for (let sweeps = 0; sweeps < 2; sweeps++) await sweptAll(world)
    expect(await world.keys('status/too-many/')).toEqual([])
    expect((await world.keys(`status/${prefix}/`)).length).toBe(most - 2)
  })
})

test('a group that became valid among too many others has its own status, also when no notification told of it', async () => {
  const world = await open()
  for (let index = 0; index < 2 * most; index++) {
    await world.objects.put(`groups/Bad${index}.json`, '{')
    await looked(world)
    await world.clock.advance(1_000)
  }
  await world.objects.put('groups/Bad9.json', JSON.stringify({ owner: 'tom' }))
  await world.clock.advance(1)
  for (const queue of ['uploads', 'people'] as const) world.queues.queue(queue).purge()
  await world.clock.advance(11 * 60_000)
  await world.finish(world.everyFiveMinutes())
  await world.until(
    async () => (await world.json('status/groups/Bad9.json.json')) !== undefined,
    'a status of the group that became valid',
  )
})

test('files of permission sets that are not valid have a limit of their own', async () => {
  const world = await open()
  const put = (index: number) => world.objects.put(`permission_sets/Bad${index}-ps.json`, '{')
  for (let index = 0; index < most; index++) await put(index)
  await looked(world)
  for (let index = most; index < 3 * most; index++) await put(index)
  await looked(world)
  expect(await world.keys('status/permission_sets/')).toHaveLength(most)
  expect(await world.json('status/too-many/permission_sets.json')).toMatchObject({ state: 'rejected' })
  await swept(world)
  expect(await swept(world)).toMatchObject({ inputs: 0 })
})
