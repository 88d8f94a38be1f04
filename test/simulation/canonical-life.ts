import type { Action } from './action.ts'
import { done } from './scenario-steps.ts'
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
