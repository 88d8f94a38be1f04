import type { PrincipalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import { userNames } from '../directory-actions.ts'
import { fileGroup, fileOf, groupFile } from '../membership-actions.ts'
import type { SuspensionsPromise } from './suspensions.ts'
import { promises } from './violation.ts'
import type { Watched } from './watched.ts'

/** A removal that was decided before is carried out. */
const decidedMs = 60_000

/** What files put into a group is there, and nothing else of ours; what others put there stays. */
export class MembershipsPromise {
  readonly #watched: Watched
  readonly #suspensions: SuspensionsPromise
  /** Memberships that somebody else made, and nobody has removed. */
  readonly #others = new Set<string>()
  readonly #fileSinceMs = new Map<string, number>()
  /** Somebody has, or had, another name: a file is bound to whom it was first applied to. */
  #isAnyChanged = false

  constructor(watched: Watched, suspensions: SuspensionsPromise) {
    this.#watched = watched
    this.#suspensions = suspensions
  }

  noteOther(membership: string): void {
    this.#others.add(membership)
  }

  noteFile(key: string): void {
    const { clock, objects } = this.#watched.world
    if (objects.model.find(key) === undefined) this.#fileSinceMs.delete(key)
    else if (!this.#fileSinceMs.has(key)) this.#fileSinceMs.set(key, clock.monotonicMs())
  }

  noteChange(change: IdentityStoreChange): void {
    if (change.event.endsWith('User')) this.#isAnyChanged = true
    if (change.event !== 'DeleteGroupMembership') return
    const { identityStore, clock } = this.#watched.world
    const user = identityStore.nameOf('USER', change.userId)
    if (this.#others.has(change.membershipId))
      this.#watched.fail(promises.foreign, `takes ${user} out of ${fileGroup}, where somebody else had put the user`)
    const sinceMs = user === undefined ? undefined : this.#fileSinceMs.get(fileOf(user))
    const isAsked = sinceMs !== undefined && sinceMs < clock.monotonicMs() - decidedMs
    if (!isAsked || this.#isAnyChanged) return
    if (!this.#suspensions.isOrWasSuspended(change.userId, decidedMs))
      this.#watched.fail(promises.foreign, `takes ${user} out of ${fileGroup}, although a file asks for it`)
  }

  checkAtRest(): void {
    const { identityStore, objects } = this.#watched.world
    const group = identityStore.idOf('GROUP', fileGroup)
    if (group === undefined) {
      if (objects.model.find(groupFile) !== undefined)
        this.#watched.fail(promises.convergence, `${fileGroup} is not there`)
      return
    }
    for (const name of userNames) {
      const user = identityStore.idOf('USER', name)
      if (user !== undefined) this.#checkUser(group, user, name)
    }
  }

  #checkUser(group: PrincipalId, user: PrincipalId, name: string): void {
    const { identityStore, objects } = this.#watched.world
    const isOwned = objects.model.find(`owned_memberships/${group}%${user}`) !== undefined
    const isMember = identityStore.groupIdsOf(user).includes(group)
    const isAsked = objects.model.find(fileOf(name)) !== undefined
    const isSuspended = this.#suspensions.isSuspended(user)
    if (isOwned && isSuspended) this.#watched.fail(promises.suspended, `${name} is in ${fileGroup}, and is suspended`)
    if (isOwned && !isAsked)
      this.#watched.fail(promises.convergence, `${name} is in ${fileGroup}, and no file asks for it`)
    if (isOwned && !isMember) this.#watched.fail(promises.record, `${name} is in ${fileGroup} by the ledger only`)
    const isGroupOurs = objects.model.find(groupFile) !== undefined
    if (isAsked && isGroupOurs && !isSuspended && !isMember && !this.#isAnyChanged)
      this.#watched.fail(promises.convergence, `${name} is not in ${fileGroup}, and a file asks for it`)
  }
}
