import { describe, expect, test } from '@jest/globals'
import { configuration } from '../../shared/domain/deployment/configuration.ts'
import type { Kind } from '../../shared/domain/inputs/kind.ts'
import { allKinds } from '../../shared/domain/inputs/kinds.ts'
import { requestsMost } from '../../shared/reconcile/records/crowds.ts'
import { StatusStore } from '../../shared/reconcile/records/status-store.ts'
import { sweepCrowds } from '../../shared/reconcile/records/sweep-crowds.ts'
import { World } from '../world.ts'

const most = 4
const person = '5f3c7f0a-1111-4222-8333-000000000001'

/** Neither its name nor its body is valid. `owner`: the folder of one uploader, if only that one may write there. */
function badKey({ at, writers, document }: Kind, index: number, owner = person): string {
  const folder = writers === 'oneself' || writers === 'accountOwners' ? `${owner}/` : ''
  return `${at}${folder}bad ${String(index).padStart(2, '0')}${document ? '.json' : ''}`
}

async function open(): Promise<World> {
  const { limits } = configuration.parse({ limits: { notValidFiles: most } })
  const world = new World({ configuration: { limits, hygieneRole: 'ssofile-hygiene' } }).start()
  await world.finish(world.everyHour())
  return world
}

async function looked(world: World): Promise<void> {
  await world.clock.advance(61_000)
  await world.finish(world.everyMinute())
  await world.finish(world.everyMinuteOfLinks())
  await world.finish(world.everyFiveMinutes())
  await world.finish(world.runSchedule('retire'))
  await world.clock.advance(20_000)
}

const manyFiles = allKinds().filter(({ at }) => at.endsWith('/'))

describe.each(manyFiles.map((kind) => [kind.at, kind] as const))('files that are not valid under %s', (at, kind) => {
  const limit = kind.writers === 'oneself' ? requestsMost : most

  test('have as many statuses of their own as may be, and the others share one, until some are deleted', async () => {
    const world = await open()
    const put = (index: number) => world.objects.put(badKey(kind, index), '{')
    for (let index = 0; index < limit; index++) await put(index)
    await looked(world)
    for (let index = limit; index < limit + 6; index++) await put(index)
    await looked(world)
    await looked(world)
    expect(await world.keys(`status/${at}`)).toHaveLength(limit)
    expect(await world.keys(`attention/rejected/${at}`)).toHaveLength(limit)
    expect(await world.keys('status/too-many/')).toHaveLength(1)
    for (let index = 0; index < 6; index++) await world.objects.delete(badKey(kind, index))
    for (let round = 0; round < 3; round++) await looked(world)
    expect(await world.keys(`status/${at}`)).toHaveLength(limit)
    expect(await world.keys('status/too-many/')).toEqual([])
  })
})

test('the faulty files of one account owner take no status from those of another', async () => {
  const world = await open()
  const retirement = manyFiles.find(({ writers }) => writers === 'accountOwners')
  if (retirement === undefined) throw new Error('no kind has account owners')
  for (let index = 0; index < 2 * most; index++) {
    await world.objects.put(badKey(retirement, index, 'team-a'), '')
    // Those that are looked at at the same moment may be a few too many.
    if (index + 1 === most) await looked(world)
  }
  await looked(world)
  await world.objects.put(badKey(retirement, 0, 'team-b'), '')
  await looked(world)
  expect(await world.keys(`status/${retirement.at}team-b/`)).toHaveLength(1)
  expect(await world.keys(`status/${retirement.at}team-a/`)).toHaveLength(most)
})

test('a limit that was lowered since gives no further file a status, and the shared status counts all others', async () => {
  const world = await open()
  const group = manyFiles.find(({ at }) => at === 'groups/')
  if (group === undefined) throw new Error('there is no kind of groups')
  const keys = Array.from({ length: most + 3 }, (_, index) => badKey(group, index))
  for (const key of keys.slice(0, most)) await world.objects.put(key, '{')
  await looked(world)
  for (const key of keys.slice(most)) await world.objects.put(key, '{')
  await looked(world)
  const { objects, clock } = world
  const { limits } = configuration.parse({ limits: { notValidFiles: most - 2 } })
  const lowered = { folders: [], limits }
  const statuses = new StatusStore(objects, clock)
  const sources = { objects, statuses, configuration: lowered, now: clock.now(), places: ['groups/'] }
  expect(await sweepCrowds(keys.slice(most), sources)).toEqual([])
  expect(await statuses.read('too-many/groups')).toMatchObject({
    reason: expect.stringContaining("3 more have none, such as 'groups/bad 04.json'"),
  })
})
