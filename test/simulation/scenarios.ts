import * as fc from 'fast-check'
import type { Action } from './action.ts'
import type { CanonicalLife } from './canonical-lives.ts'
import { callGroupNames, faultKinds } from './chaos.ts'
import { scenario, strike, wait } from './scenario-steps.ts'

const drawn = fc.record({
  kind: fc.constantFrom(...faultKinds),
  calls: fc.constantFrom(...callGroupNames),
  process: fc.constantFrom('dispatcher' as const, 'any' as const),
  skip: fc.nat(12),
  times: fc.constantFrom(1, 1, 2, 9),
  isStruck: fc.boolean(),
  // Between two steps: what comes next meets what is under way.
  ms: fc.constantFrom(30, 300, 1_000, 5_000, 20_000, 20_000, 70_000),
})

/**
 * What leads where defects live: a canonical life, faster or slower, struck somewhere, each step left out now and then. Everything
 * in it is an action of its own, so that several mix with each other and with what else happens.
 */
export function lived(lives: readonly CanonicalLife[]): fc.Arbitrary<readonly Action[]> {
  const life = fc.constantFrom(...lives)
  return scenario(fc.tuple(life, drawn), ([{ before = [], actions }, { kind, calls, isStruck, ms, ...how }]) => {
    const paced = (one: Action): Action => (one.do === 'let time pass' && one.ms === 20_000 ? wait(ms) : one)
    const struck = isStruck ? [strike(kind, calls, how)] : []
    return [...before, ...struck, ...actions].map(paced)
  })
}
