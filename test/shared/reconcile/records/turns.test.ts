import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Turn } from '../../../../shared/reconcile/records/turns.ts'
import { World } from '../../../world.ts'

/** The parts that one run comes to, if each takes a millisecond and its time is over after `mostMs`. */
async function run({ ports }: World, names: readonly string[], mostMs: number) {
  let nowMs = 0
  const clock = { ...ports.clock, monotonicMs: () => nowMs }
  const log = { ...ports.log, warn: () => {} }
  const turn = await Turn.begin(
    { objects: ports.objects, clock, log },
    'test',
    names.map((name) => ({ name })),
  )
  const seen: string[] = []
  for await (const { name } of turn.walk(mostMs)) {
    seen.push(name)
    nowMs++
  }
  return { seen, left: turn.left.map(({ name }) => name) }
}

test('each part has its turn, however short the runs are, and none comes twice before', async () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(names, fc.integer({ min: -1, max: 5 }), async (drawn, mostMs) => {
      const [world, sorted] = [new World(), drawn.toSorted((a, b) => (a < b ? -1 : 1))]
      const perRun = Math.max(1, mostMs)
      const seen: string[] = []
      while (seen.length < sorted.length) {
        const { seen: now, left } = await run(world, sorted, mostMs)
        expect(now.length).toBe(Math.min(perRun, sorted.length))
        expect([...now, ...left].sort()).toEqual(drawn.toSorted())
        seen.push(...now)
      }
      expect(new Set(seen.slice(0, sorted.length))).toEqual(new Set(sorted))
    }),
  )
})

test('the next run begins after the part where the last one stopped, even if that part is gone', async () => {
  const world = new World()
  expect(await run(world, ['a', 'b', 'd'], 2)).toEqual({ seen: ['a', 'b'], left: ['d'] })
  expect(await run(world, ['a', 'c', 'd'], 2)).toEqual({ seen: ['c', 'd'], left: ['a'] })
  expect(await run(world, ['a', 'c', 'd'], 9)).toEqual({ seen: ['a', 'c', 'd'], left: [] })
})

test('a record that cannot be read begins with the first part', async () => {
  const world = new World()
  await run(world, ['a', 'b'], 1)
  await world.objects.put('state/turns/test.json', '{')
  expect((await run(world, ['a', 'b'], 1)).seen).toEqual(['a'])
})
