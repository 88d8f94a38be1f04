import type { PrincipalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import { fileGroup, fileOf, groupFile, groupRule } from '../membership-actions.ts'
import { userNames } from '../small-world.ts'
import type { SuspensionsPromise } from './suspensions.ts'
import { promises } from './violation.ts'
import type { Watched } from './watched.ts'

/** A removal that was decided before is carried out. */
const decidedMs = 60_000

/** What files and the rule put into a group is there, and nothing else of ours; what others put there stays. */
export class MembershipsPromise {
  readonly #watched: Watched
  readonly #suspensions: SuspensionsPromise
  /** Memberships that somebody else made, and nobody has removed. */
  readonly #others = new Set<string>()
  /** The ids that the group of the files has, or had. */
  readonly #groups = new Set<PrincipalId>()
  /** The membership of each user in it, whoever made it. */
  readonly #made = new Map<PrincipalId, string>()
  readonly #fileSinceMs = new Map<string, number>()
  /** Whom the rule means, by id. */
  readonly #meantSinceMs = new Map<string, number>()
  #isAttributeChange = false
  /** Somebody has, or had, another name: a file is bound to whom it was first applied to. */
  #isAnyChanged = false

  constructor(watched: Watched, suspensions: SuspensionsPromise) {
    this.#watched = watched
    this.#suspensions = suspensions
  }

  noteOther(membership: string): void {
    this.#others.add(membership)
  }

  async whileAttributesChange(change: () => Promise<void>): Promise<void> {
    this.#isAttributeChange = true
    await change().finally(() => {
      this.#isAttributeChange = false
    })
    this.noteMeant()
  }

  /** The rule or an attribute is another one: whom the rule means since when. */
  noteMeant(): void {
    const { clock, identityStore } = this.#watched.world
    for (const name of userNames) {
      const user = identityStore.idOf('USER', name)
      if (user === undefined) continue
      if (!this.#isMeant(user)) this.#meantSinceMs.delete(user)
      else if (!this.#meantSinceMs.has(user)) this.#meantSinceMs.set(user, clock.monotonicMs())
    }
  }

  /** The rule as it is written here: one department. */
  #isMeant(user: PrincipalId): boolean {
    const { identityStore } = this.#watched.world
    const { department } = this.#watched.world.readJson(groupRule) ?? {}
    const extensions = identityStore.attributesOf(user).Extensions
    return Array.isArray(department) && JSON.stringify(extensions)?.includes(JSON.stringify(department[0])) === true
  }

  /** By the brake: one of two may go, and not the other soon after. */
  #isHeld(name: string): boolean {
    return JSON.stringify(this.#watched.world.readJson('control/brake.json')?.lists ?? []).includes(
      `"${fileGroup}%${name}"`,
    )
  }

  noteFile(key: string): void {
    const { clock, objects } = this.#watched.world
    if (objects.model.find(key) === undefined) this.#fileSinceMs.delete(key)
    else if (!this.#fileSinceMs.has(key)) this.#fileSinceMs.set(key, clock.monotonicMs())
  }

  noteChange(change: IdentityStoreChange): void {
    if (change.event.endsWith('User') && !this.#isAttributeChange) this.#isAnyChanged = true
    const { identityStore, clock } = this.#watched.world
    if ('groupId' in change && identityStore.nameOf('GROUP', change.groupId) === fileGroup)
      this.#groups.add(change.groupId)
    if (change.event === 'CreateGroupMembership' && this.#groups.has(change.groupId))
      this.#made.set(change.userId, change.membershipId)
    // Others take people out of groups of theirs.
    if (change.event !== 'DeleteGroupMembership' || !this.#groups.has(change.groupId)) return
    const user = identityStore.nameOf('USER', change.userId)
    if (this.#others.has(change.membershipId))
      this.#watched.fail(promises.foreign, `takes ${user} out of ${fileGroup}, where somebody else had put the user`)
    const since = [user && this.#fileSinceMs.get(fileOf(user)), this.#meantSinceMs.get(change.userId)]
    const isAsked = since.some((ms) => typeof ms === 'number' && ms < clock.monotonicMs() - decidedMs)
    if (!isAsked || this.#isAnyChanged) return
    if (!this.#suspensions.isOrWasSuspended(change.userId, decidedMs))
      this.#watched.fail(promises.foreign, `takes ${user} out of ${fileGroup}, although a file or the rule asks for it`)
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
    const isAsked = objects.model.find(fileOf(name)) !== undefined || this.#isMeant(user)
    const isSuspended = this.#suspensions.isSuspended(user)
    if (isOwned && isSuspended) this.#watched.fail(promises.suspended, `${name} is in ${fileGroup}, and is suspended`)
    if (isOwned && !isAsked && !this.#isHeld(name))
      this.#watched.fail(
        promises.convergence,
        `${name} is in ${fileGroup}, and neither a file nor the rule asks for it`,
      )
    if (isMember && !isOwned && !this.#others.has(this.#made.get(user) ?? ''))
      this.#watched.fail(promises.record, `${name} is in ${fileGroup} by ssofile, and the ledger does not say so`)
    if (isOwned && !isMember) this.#watched.fail(promises.record, `${name} is in ${fileGroup} by the ledger only`)
    const isGroupOurs = objects.model.find(groupFile) !== undefined
    if (isAsked && isGroupOurs && !isSuspended && !isMember && !this.#isAnyChanged)
      this.#watched.fail(promises.convergence, `${name} is not in ${fileGroup}, and a file or the rule asks for it`)
  }
}
