import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import { describeTarget, nameOf } from './assignment-names.ts'
import type { RecordedAccess } from './recorded-access.ts'
import { promises } from './violation.ts'
import type { Watched } from './watched.ts'

/**
 * Promise 2: no access without a record. The ledger entry is written before the call that creates access, and says so for
 * as long as the access is there or may still come.
 */
export class RecordPromise {
  readonly #watched: Watched

  constructor(watched: Watched) {
    this.#watched = watched
  }

  /** After each step. */
  checkAll(): void {
    const { world, access } = this.#watched
    const recorded = access.recordedNames()
    for (const target of world.ssoAdmin.assignments()) {
      const name = nameOf(target)
      if (access.ownerOf(name)?.of === 'ours' && !recorded.has(name))
        this.#fail(`${describeTarget(target, world)} is there, made by ssofile, and no ledger entry says so`)
    }
  }

  checkCreation(target: AssignmentTarget, keys: readonly string[]): void {
    // By the name that its principal had when it was evaluated.
    if (keys.length === 0)
      this.#fail(
        `CreateAccountAssignment of ${describeTarget(target, this.#watched.world)} without a ledger entry written before`,
      )
  }

  /** An entry that had recorded this says no more of it: nothing of it may be there, or be coming. */
  checkForgotten(before: readonly RecordedAccess[]): void {
    for (const { name } of before) this.#checkForgotten(name)
  }

  #checkForgotten(removed: string): void {
    const { world, access } = this.#watched
    // A renamed principal's entry moves to its new name.
    if (access.find(removed).length > 0) return
    access.settle()
    access.noteForgotten(removed)
    for (const target of world.ssoAdmin.assignments().filter((one) => nameOf(one) === removed)) {
      if (access.ownerOf(nameOf(target))?.of === 'ours')
        this.#fail(`the ledger entry of ${describeTarget(target, world)} is removed while the access is there`)
    }
    for (const { target } of world.ssoAdmin.outstandingRequests()) {
      if (nameOf(target) === removed && access.isBeingCreated(target))
        this.#fail(`the ledger entry of ${describeTarget(target, world)} is removed while its creation is in progress`)
    }
  }

  #fail(message: string): void {
    this.#watched.fail(promises.record, message)
  }
}
