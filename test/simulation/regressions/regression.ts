import type { Action } from '../action.ts'
import type { WorldSettings } from '../simulated-world.ts'

/**
 * A life that once broke a promise, as the simulation had shrunk it, or breaks one with a sabotage that drawn lives seldom show:
 * one action a line.
 */
export type Regression = {
  readonly name: string
  readonly settings: WorldSettings
  readonly actions: readonly Action[]
}

export const calm: WorldSettings = { seed: 0, latencyP99Ms: 1200, outstanding: 1, skewMs: 0, mischief: 'any' }
