import { expect, test } from '@jest/globals'
import { configuration } from '../../shared/domain/deployment/configuration.ts'
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
  return (['uploads', 'links', 'permission-sets'] as const).every(
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
