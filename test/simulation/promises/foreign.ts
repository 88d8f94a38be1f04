import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { Call } from '../chaos.ts'
import { assignmentOfKey, describeTarget, nameOf } from './assignment-names.ts'
import type { PrincipalWatch } from './principals.ts'
import { promises } from './violation.ts'
import type { Watched } from './watched.ts'

/** So long what was found is believed: a link may have come, or access have been taken away by hand. */
const believedMostMs = 30_000

/**
 * Promise 3: nothing foreign is revoked, and nothing desired. What others gave is neither taken away nor taken for ours;
 * access goes only where no link granted it throughout the evaluation.
 */
export class ForeignPromise {
  readonly #watched: Watched
  readonly #principals: PrincipalWatch
  /** When somebody took it away by hand, last. */
  readonly #takenMs = new Map<string, number>()

  constructor(watched: Watched, principals: PrincipalWatch) {
    this.#watched = watched
    this.#principals = principals
  }

  noteTaken(target: AssignmentTarget): void {
    this.#takenMs.set(nameOf(target), this.#watched.world.clock.monotonicMs())
  }

  checkCreation(process: string, target: AssignmentTarget, keys: readonly string[]): void {
    const { world, access, evaluations } = this.#watched
    const owner = access.ownerOf(nameOf(target))
    const isOlder = owner?.of === 'foreign' && owner.sinceMs < evaluations.lookedMs(process, keys)
    if (isOlder && world.ssoAdmin.isAssigned(target))
      this.#fail(`${describeTarget(target, world)} existed before its evaluation and is taken for ours`)
  }

  checkDeletion(process: string, target: AssignmentTarget, keys: readonly string[], { wasHeld }: Call): void {
    const { world, access, desires, evaluations } = this.#watched
    const name = nameOf(target)
    const told = `revokes ${describeTarget(target, world)}`
    if (access.ownerOf(name)?.of === 'foreign') this.#fail(`${told}, which ssofile did not make`)
    const beganMs = evaluations.beganMs(process, keys, target.accountId)
    const orphan = this.#isKept(target, keys, beganMs) && this.#principals.complainAboutOrphan(target, world.skewMs)
    if (orphan) this.#fail(`${told}, ${orphan}`)
    const sinceMs = desires.sinceMs(name)
    // However long an evaluation takes, what was found is not believed for ever: a dispatcher that stood still could not look.
    const untilMs = wasHeld ? beganMs : Math.max(beganMs, world.clock.monotonicMs() - believedMostMs)
    if (sinceMs !== undefined && sinceMs <= untilMs)
      this.#fail(`${told}, which a link granted throughout its evaluation`)
  }

  /**
   * A link has asked for it throughout by the last name of its principal, under which the entry has it, and nobody else who
   * has that name by now has it instead.
   */
  #isKept(target: AssignmentTarget, keys: readonly string[], beganMs: number): boolean {
    const { world, desires } = this.#watched
    const lastName = world.names.principal(target.principalId)
    const { principalId, ...rest } = target
    const heir = world.identityStore.idOf(rest.principalType, lastName)
    if (heir !== undefined && heir !== principalId && world.ssoAdmin.isAssigned({ ...rest, principalId: heir }))
      return false
    return keys.some((key) => {
      const isAsked = (desires.askedSinceMs(assignmentOfKey(key, world)) ?? Number.POSITIVE_INFINITY) <= beganMs
      return isAsked && world.readJson(key)?.principal === lastName
    })
  }

  #fail(message: string): void {
    this.#watched.fail(promises.foreign, message)
  }
}
