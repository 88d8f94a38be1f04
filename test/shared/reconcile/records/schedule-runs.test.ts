import { expect, test } from '@jest/globals'
import { listRuns, recordRun } from '../../../../shared/reconcile/records/schedule-runs.ts'
import { World } from '../../../world.ts'

const minuteMs = 60_000

test('a run is late when two should have followed: a sweep after half an hour, a report after two days', async () => {
  const world = new World()
  const late = async () =>
    (await listRuns(world.objects, world.clock.now())).flatMap(({ name, isLate }) => (isLate ? [name] : []))
  await recordRun(world.objects, 'sweep')
  await recordRun(world.objects, 'report')
  await world.objects.put('state/schedules/other', '')
  expect((await listRuns(world.objects, world.clock.now())).map(({ name }) => name)).toEqual(['report', 'sweep'])
  await world.clock.advance(20 * minuteMs)
  expect(await late()).toEqual([])
  await world.clock.advance(10 * minuteMs)
  expect(await late()).toEqual(['sweep'])
  await recordRun(world.objects, 'sweep')
  await world.clock.advance(48 * 60 * minuteMs)
  expect(await late()).toEqual(['report', 'sweep'])
})
