import { expect, test } from '@jest/globals'
import { leasePortions, slowPortions } from '../../../../handlers/cli/take-over/under-lease.ts'
import { readSparingly } from '../../../../shared/modules/access/listed-access.ts'
import type { Counted } from '../../../../shared/ports/progress.ts'
import { Lease } from '../../../../shared/reconcile/dispatcher/lease.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

test('long work is done in portions, in which the rate holds and between which the dispatcher may have the lease', async () => {
  const world = new World()
  const done: number[] = []
  const told: (readonly [string, Counted?])[] = []
  const items = Array.from({ length: 1_000 }, (_, index) => index)
  const work = leasePortions(world.ports, 'import', (...step) => told.push(step))(
    items,
    'items',
    async (item, ssoAdmin) => {
      await ssoAdmin.listPermissionSets()
      done.push(item)
    },
  )
  let free = 0
  let isOver = false
  void work.then(() => {
    isOver = true
  })
  const startedMs = world.clock.monotonicMs()
  while (!isOver) {
    await world.clock.advance(500)
    if (!(await Lease.isHeld(world.objects))) free++
  }
  expect(done.toSorted((a, b) => a - b)).toEqual(items)
  expect(free).toBeGreaterThan(10)
  expect(world.clock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(50_000)
  expect(told.at(-1)).toEqual(['items', { done: 1_000, of: 1_000 }])
})

test('whoever takes the lease leaves room for the calls of those who only looked just before', async () => {
  const calledMs: number[] = []
  const world = new World({
    wrap: (ports) =>
      intercept(ports, ({ port, proceed }) => {
        if (port === 'ssoAdmin') calledMs.push(world.clock.monotonicMs())
        return proceed()
      }),
  })
  const look = readSparingly(world.ports).ssoAdmin
  const work = leasePortions(world.ports, 'import', () => {})
  const all = async () => {
    await Promise.all(Array.from({ length: 12 }, () => look.listPermissionSets()))
    await work([1, 2, 3], 'items', async (_, ssoAdmin) => {
      for (let calls = 0; calls < 20; calls++) await ssoAdmin.listPermissionSets()
    })
  }
  await world.finish(all())
  expect(calledMs).toHaveLength(72)
  const inSecondFrom = (ms: number) => calledMs.filter((one) => one >= ms && one < ms + 1_000).length
  expect(Math.max(...calledMs.map(inSecondFrom))).toBe(20)
})

test.each([
  ['leaves calls to the dispatcher where there is one', true, 12],
  ['has the whole rate where there is none', false, 20],
])('whoever only looks %s', async (_, hasDispatcher, perSecond) => {
  const world = new World()
  const calls = 10 * perSecond
  const look = slowPortions(world.ports, () => {}, hasDispatcher)
  const startedMs = world.clock.monotonicMs()
  await world.finish(
    look(Array.from({ length: calls }), 'items', async (_, ssoAdmin) => void (await ssoAdmin.listPermissionSets())),
  )
  expect((world.clock.monotonicMs() - startedMs) / 1_000).toBeCloseTo(9, 0)
})

test('a failure ends the work after what is under way, and the lease is free then', async () => {
  const world = new World()
  let underWay = 0
  const work = leasePortions(world.ports, 'import', () => {})([1, 2, 3, 4], 'items', async (item) => {
    underWay++
    await world.clock.sleep(item * 1_000)
    underWay--
    if (item === 2) throw new Error('S3 is away')
  })
  await expect(world.finish(work)).rejects.toThrow('S3 is away')
  expect([underWay, await Lease.isHeld(world.objects)]).toEqual([0, false])
})
