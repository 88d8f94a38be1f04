import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Turn } from '../../../../shared/reconcile/records/turns.ts'
import { World } from '../../../world.ts'

/** The parts that one run begins, if each takes a millisecond and it begins none after `mostMs`. */
async function run({ ports }: World, names: readonly string[], mostMs: number, work = async (_name: string) => {}) {
  let nowMs = 0
  const clock = { ...ports.clock, monotonicMs: () => nowMs }
  const parts = names.map((name) => ({ name }))
  const turn = await Turn.begin(
    { objects: ports.objects, clock, log: { ...ports.log, warn: () => {}, error: () => {} } },
    'test',
    parts,
  )
  const seen: string[] = []
  const left = await turn.each(mostMs, async ({ name }) => {
    seen.push(name)
    nowMs++
    await work(name)
  })
  return { seen, left: left.map(({ name }) => name) }
}

test('each part has its turn, however short the runs are, and none comes twice before', async () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(names, fc.integer({ min: -1, max: 5 }), async (drawn, mostMs) => {
      const [world, sorted] = [new World(), drawn.toSorted((a, b) => (a < b ? -1 : 1))]
      const seen: string[] = []
      while (seen.length < sorted.length) {
        const { seen: now, left } = await run(world, sorted, mostMs)
        expect(now.length).toBe(Math.min(Math.max(1, mostMs), sorted.length))
        expect([...now, ...left].sort()).toEqual(drawn.toSorted())
        seen.push(...now)
      }
      expect(new Set(seen.slice(0, sorted.length))).toEqual(new Set(sorted))
    }),
  )
})

test('the next run begins after the last part, even if that part is gone', async () => {
  const world = new World()
  expect(await run(world, ['a', 'b', 'd'], 2)).toEqual({ seen: ['a', 'b'], left: ['d'] })
  expect(await run(world, ['a', 'c', 'd'], 2)).toEqual({ seen: ['c', 'd'], left: ['a'] })
  expect(await run(world, ['a', 'c', 'd'], 9)).toEqual({ seen: ['a', 'c', 'd'], left: [] })
})

test('a part that fails stops no other part, and its error is thrown at the end', async () => {
  const world = new World()
  const seen: string[] = []
  const fails = async (name: string) => {
    seen.push(name)
    if (name === 'b') throw new Error('b cannot be read')
  }
  await expect(run(world, ['a', 'b', 'c'], 9, fails)).rejects.toThrow('b cannot be read')
  expect(seen).toEqual(['a', 'b', 'c'])
})

test('a part in which the process ends takes nobody else’s turn', async () => {
  const world = new World()
  const ends = (name: string) => (name === 'b' ? new Promise<void>(() => {}) : Promise.resolve())
  void run(world, ['a', 'b', 'c'], 9, ends)
  await world.clock.advance(1)
  expect((await run(world, ['a', 'b', 'c'], 1)).seen).toEqual(['c'])
})

test('a record that cannot be read begins with the first part', async () => {
  const world = new World()
  await run(world, ['a', 'b'], 1)
  await world.objects.put('state/turns/test.json', '{')
  expect((await run(world, ['a', 'b'], 1)).seen).toEqual(['a'])
})
