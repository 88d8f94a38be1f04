import type { SimulatedWorld } from '../simulated-world.ts'
import type { Access } from './access.ts'
import type { Desires } from './desires.ts'
import type { Evaluations } from './evaluations.ts'
import type { Fail } from './violation.ts'

/** What the promises are judged by. */
export type Watched = {
  readonly world: SimulatedWorld
  readonly access: Access
  readonly desires: Desires
  readonly evaluations: Evaluations
  readonly fail: Fail
}
