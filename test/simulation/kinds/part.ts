import type { kinds } from '../../../shared/domain/inputs/kinds.ts'
import type { Doing } from '../doing.ts'
import type { Judge, Watched } from '../oracle/watched.ts'
import type { Defects } from '../sabotages.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import type { Lives } from '../steps.ts'
import type { WorldSettings } from '../world-settings.ts'

/** One name in the table of kinds. */
export type KindName = keyof typeof kinds

/** `undefined`: the world does not have this file's subject now, such as a user, so nobody can write the file. */
type Key = string | ((world: SimulatedWorld) => string | undefined)
/** `at`: an instant in so many milliseconds, in the form that people write. */
type Body = string | ((at: (ms: number) => string, world: SimulatedWorld, key: string) => string)

/** The files that lives write. There are few, so that they meet. */
export type KindFiles<Name extends string = string, Valid extends string = string, Invalid extends string = string> = {
  readonly keys: Readonly<Record<Name, Key>>
  /** Contents that ssofile accepts. Some begin or end while the life goes on. */
  readonly valid: Readonly<Record<Valid, Body>>
  /** Contents that ssofile must reject. Empty only if the name says everything. */
  readonly invalid: Readonly<Record<Invalid, Body>>
}

export type JudgeType = new (watched: Watched) => Judge

/** A kind of input in the simulation: its files, and the judge of what they ask for. */
export type LivedKind = { readonly files: KindFiles; readonly oracle: JudgeType }

/** One or a few kinds that share an oracle: everything that the simulation knows about them. */
export type Part = {
  readonly kinds: Partial<Readonly<Record<KindName, LivedKind>>>
  /** Further judges. */
  readonly oracles?: readonly JudgeType[]
  /** What else people do to these kinds, such as a renaming in the directory. Writing files needs no action of its own. */
  readonly actions?: Readonly<Record<string, Doing<never>>>
  /** Settings of all its lives. */
  readonly settings?: Partial<WorldSettings>
  /** Lives that lead to where its defects are. A part with lives is also a profile. */
  readonly lives?: Lives
  /** Lives of days, which are played without a fault. */
  readonly longLives?: Lives
  readonly sabotages?: Defects
}
