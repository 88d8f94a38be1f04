import * as fc from 'fast-check'
import type { Action } from './action.ts'
import { callGroupNames, faultKinds } from './chaos.ts'
import { done, strike, wait } from './scenario-steps.ts'
import type { WorldSettings } from './simulated-world.ts'

/** One thing that users, operators or AWS do, and what there is before it. Faults strike calls of `actions` only. */
export type CanonicalLife = {
  readonly name: string
  readonly settings?: Partial<WorldSettings>
  readonly before?: readonly Action[]
  readonly actions: readonly Action[]
}

/** One step, or several. */
export type Steps = Action | readonly Steps[]
/** What is there before has come about when the first action begins. After the last one time passes. */
type Life = { readonly settings?: Partial<WorldSettings>; readonly before?: Steps; readonly actions: Steps }
/** By what they are called. Where there is nothing before, the actions are enough. */
export type Lives = Readonly<Record<string, Life | Steps>>

export function listLives(lives: Lives): readonly CanonicalLife[] {
  return Object.entries(lives).map(([name, life]) => {
    const { settings = {}, before = [], actions } = 'actions' in life ? life : { actions: life }
    const steps = flatten(actions)
    const isOver = steps.at(-1)?.do === 'let time pass'
    return { name, settings, before: flatten(before), actions: isOver ? steps : [...steps, done] }
  })
}

function flatten(steps: Steps): readonly Action[] {
  return 'do' in steps ? [steps] : steps.flatMap(flatten)
}

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
