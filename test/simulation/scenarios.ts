import * as fc from 'fast-check'
import type { Action } from './action.ts'
import type { CanonicalLife } from './canonical-life.ts'
import { callGroupNames, faultKinds } from './chaos.ts'
import { done, strike, wait } from './scenario-steps.ts'

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
  // What remains of the steps is what a failure shrinks to.
  const kept = fc.array(fc.nat(19), { minLength: 16, maxLength: 16 })
  return fc
    .tuple(fc.constantFrom(...lives), drawn, kept)
    .map(([{ before = [], actions }, { kind, calls, isStruck, ms, ...how }, isKept]) => {
      const struck = isStruck ? [strike(kind, calls, how)] : []
      const begun = before.length > 0 ? [...before, done] : []
      const steps = [...begun, ...struck, ...actions]
      return steps.map((step) => (step === done ? wait(ms) : step)).filter((_, step) => isKept[step] !== 0)
    })
}
