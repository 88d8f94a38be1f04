import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { ObjectChange } from '../../../shared/memory/s3/object-change.ts'
import { isHindered } from '../at-rest.ts'
import type { Call } from '../chaos.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import type { Truth } from './truth.ts'
import { type Fail, promises } from './violation.ts'
import type { Wishes } from './wishes.ts'

/** Gives the only judge of this class in a life, so that judges can ask each other. */
export type FindJudge = <One extends Judge>(type: new (watched: Watched) => One) => One

/** The facts for judging promises: the world, the owners of access, the wishes of the files, and the other judges. */
export type Watched = {
  readonly world: SimulatedWorld
  readonly truth: Truth
  readonly wishes: Wishes
  readonly fail: Fail
  readonly judge: FindJudge
}

/** A change of the bucket, and the process that made it. `isByOperator`: by an operator's command, in ssofile's name. */
export type Seen = ObjectChange & { readonly by: string; readonly isRemoved: boolean; readonly isByOperator: boolean }
/** `isReconciled`: ssofile has also looked for changes by others. `isReadable`: every object can be read. */
export type AtRest = { readonly isReconciled: boolean; readonly isReadable: boolean }

/** Judges one or more promises. */
export abstract class Judge {
  protected readonly world: SimulatedWorld
  protected readonly truth: Truth
  protected readonly wishes: Wishes
  protected readonly judge: FindJudge
  readonly #fail: Fail

  constructor({ world, truth, wishes, fail, judge }: Watched) {
    this.world = world
    this.truth = truth
    this.wishes = wishes
    this.judge = judge
    this.#fail = fail
  }

  /** An object was written or deleted, and not only spoiled. */
  noteChange(_change: Seen): void {}

  /** A call of the product is about to take effect. */
  noteCall(_call: Call, _args: readonly unknown[]): void {}

  /** Somebody, maybe the product, has changed the directory. */
  noteDirectoryChange(_change: IdentityStoreChange): void {}

  /** An operator has released a list of the brake. `items`: besides links and access. */
  noteReleasedItems(_items: readonly string[]): void {}

  /** After the faults, at rest. */
  checkAtRest(_how: AtRest): void {}

  /** The main promise of this judge. */
  protected abstract readonly promise: keyof typeof promises

  protected fail(message: string, promise = this.promise): void {
    this.#fail(promises[promise], message)
  }

  protected get nowMs(): number {
    return this.world.clock.monotonicMs()
  }
}

/** Readings of links count for this long if nothing is frozen (PROMISES.md, 3). */
export const believedMs = 30_000
/** One listing of Identity Center may serve many evaluations, each of a few calls. */
const listedMs = 90_000
/** For refused calls, frozen processes and redeliveries. */
export const hinderedMs = 6 * 60_000

/** After this time every look has seen a fact: adds the lag of listings, and delays by faults. */
export function seenAfterMs(world: SimulatedWorld): number {
  return listedMs + (world.settings.readLagMs ?? 0) + (isHindered(world) ? hinderedMs : 0)
}
