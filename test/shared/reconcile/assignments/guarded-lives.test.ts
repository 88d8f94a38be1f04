import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { GuardedLife, groups, lifeLinks, type Step, users } from './guarded-life.ts'

const links = fc.uniqueArray(fc.nat({ max: lifeLinks.length - 1 }), { minLength: 1, maxLength: 3 })
const group = fc.nat({ max: groups.length - 1 })
const user = fc.nat({ max: users.length - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('upload' as const), links }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('delete' as const), links }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('govern' as const), policy: fc.constantFrom(0, 1, 2, 2, 3, 4, 4, 4, 5) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('join' as const, 'leave' as const), group, user }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('work' as const),
      diesAt: fc.oneof(fc.nat({ max: 150 }), fc.constant(100_000)),
    }),
  },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ do: 'wait' }, { do: 'sweep' }, { do: 'release' }) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'ask' }, { do: 'ask' }, { do: 'finish' }) },
)
/** Everybody pays, ana approves too, and all of it is settled: what follows meets. */
const beginning: readonly Step[] = [
  ...groups.map((_, index): Step => ({ do: 'join', group: index, user: index === 2 ? 2 : index })),
  { do: 'join', group: 1, user: 0 },
  { do: 'wait' },
]
/** Ben pays for a while, and somebody has to pay for good. */
const lent: readonly Step[] = [
  { do: 'ask' },
  { do: 'work', diesAt: 100_000 },
  { do: 'govern', policy: 2 },
  { do: 'wait' },
]

test('whatever policies, links and memberships do: nothing refused is granted, nothing is revoked by a policy, somebody is left', async () => {
  const seen = { granted: 0, refused: 0, held: 0 }
  await fc.assert(
    fc.asyncProperty(
      links,
      fc.boolean(),
      fc.array(step, { minLength: 12, maxLength: 25 }),
      async (before, isLent, drawn) => {
        const life = new GuardedLife()
        const first = [
          { do: 'upload', links: before },
          { do: 'work', diesAt: 100_000 },
        ] as const
        const steps = [...first, ...(isLent ? lent : []), ...drawn]
        for (const one of [...beginning, ...steps]) await life.perform(one)
        await life.rest()
        expect(life.violations).toEqual([])
        seen.granted += life.granted
        seen.refused += life.refused
        seen.held += life.held
      },
    ),
    { numRuns: Number(process.env.GUARDED_LIVES ?? 6), seed: 7 },
  )
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0)
}, 600_000)
