import type { PrincipalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { hasName } from '../../../shared/domain/text/sorted-names.ts'
import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import { heldLists } from '../brake-actions.ts'
import type { Call } from '../chaos.ts'
import { fileGroup, fileOf, groupFile, groupRule } from '../membership-actions.ts'
import { usersNow } from './names.ts'
import { SuspensionsPromise } from './suspensions.ts'
import { type AtRest, Judge, type Seen } from './watched.ts'

/** A removal that was decided before may still be carried out. Nobody could abort a removal whose call was frozen on its way. */
const decidedMs = 60_000
const heldMs = 10 * 60_000

/**
 * Files and the rule decide the group's members: everybody they ask for is in it, and nobody else of ours. Members that others added stay.
 */
export class MembershipsPromise extends Judge {
  protected readonly promise = 'convergence'
  readonly #suspensions = this.judge(SuspensionsPromise)
  /** Memberships that somebody else made and nobody has removed. */
  readonly #others = new Set<string>()
  /** The ids that the group of the files has, or had. */
  readonly #groups = new Set<PrincipalId>()
  /** Each user's membership in it, made by anybody. */
  readonly #made = new Map<PrincipalId, string>()
  /** The time since when a file or the rule asks for each user, by id. */
  readonly #askedSinceMs = new Map<PrincipalId, number>()
  /** Whether the current call was held on its way. */
  #wasHeld = false
  readonly #usersAtFirst = JSON.stringify(usersNow(this.world))
  /** Somebody has or had another name. A file stays bound to its first user. */
  #isAnyChanged = false

  override noteChange({ key }: Seen): void {
    if (key.startsWith('memberships/') || key.startsWith('rules/')) this.#noteAsked()
  }

  override noteCall({ wasHeld = false }: Call): void {
    this.#wasHeld = wasHeld
  }

  noteOther(membership: string): void {
    this.#others.add(membership)
  }

  /** A file, the rule or an attribute has changed. */
  #noteAsked(): void {
    for (const [name, user] of usersNow(this.world)) {
      if (!this.#isAsked(name, user)) this.#askedSinceMs.delete(user)
      else if (!this.#askedSinceMs.has(user)) this.#askedSinceMs.set(user, this.nowMs)
    }
  }

  #isAsked(name: string, user: PrincipalId): boolean {
    return this.world.objects.model.find(fileOf(name)) !== undefined || this.#isMeant(user)
  }

  /** The rule of this simulation: one department. */
  #isMeant(user: PrincipalId): boolean {
    const { identityStore } = this.world
    const { department } = this.world.readJson(groupRule) ?? {}
    const extensions = identityStore.attributesOf(user).Extensions
    return Array.isArray(department) && JSON.stringify(extensions)?.includes(JSON.stringify(department[0])) === true
  }

  /** Held by the brake: one of two people may go, but not the other soon after. */
  #isHeld(name: string): boolean {
    return heldLists(this.world).some(({ items }) => hasName(items ?? [], `${fileGroup}%${name}`))
  }

  override noteDirectoryChange(change: IdentityStoreChange): void {
    if (JSON.stringify(usersNow(this.world)) !== this.#usersAtFirst) this.#isAnyChanged = true
    this.#noteAsked()
    const { identityStore } = this.world
    if ('groupId' in change && identityStore.nameOf('GROUP', change.groupId) === fileGroup)
      this.#groups.add(change.groupId)
    if (change.event === 'CreateGroupMembership' && this.#groups.has(change.groupId))
      this.#made.set(change.userId, change.membershipId)
    // Others remove people from their own groups.
    if (change.event !== 'DeleteGroupMembership' || !this.#groups.has(change.groupId)) return
    const user = identityStore.nameOf('USER', change.userId)
    if (this.#others.has(change.membershipId))
      this.fail(`takes ${user} out of ${fileGroup}, where somebody else had put the user`, 'foreign')
    const askedSinceMs = this.#askedSinceMs.get(change.userId) ?? Number.POSITIVE_INFINITY
    const windowMs = this.#wasHeld ? heldMs : decidedMs
    if (askedSinceMs >= this.nowMs - windowMs || this.#isAnyChanged) return
    if (!this.#suspensions.isOrWasSuspended(change.userId, decidedMs))
      this.fail(`takes ${user} out of ${fileGroup}, although a file or the rule asks for it`, 'foreign')
  }

  override checkAtRest({ isReconciled, isReadable }: AtRest): void {
    if (!isReconciled || !isReadable) return
    const { identityStore, objects } = this.world
    const group = identityStore.idOf('GROUP', fileGroup)
    if (group === undefined) {
      if (objects.model.find(groupFile) !== undefined) this.fail(`${fileGroup} is not there`)
      return
    }
    for (const [name, user] of usersNow(this.world)) this.#checkUser(group, user, name)
  }

  #checkUser(group: PrincipalId, user: PrincipalId, name: string): void {
    const { identityStore, objects } = this.world
    const isOwned = objects.model.find(`owned_memberships/${group}%${user}`) !== undefined
    const isMember = identityStore.groupIdsOf(user).includes(group)
    const isAsked = this.#isAsked(name, user)
    const isSuspended = this.#suspensions.isSuspended(user)
    if (isOwned && isSuspended) this.fail(`${name} is in ${fileGroup}, and is suspended`, 'suspended')
    if (isOwned && !isAsked && !this.#isHeld(name))
      this.fail(`${name} is in ${fileGroup}, and neither a file nor the rule asks for it`)
    if (isMember && !isOwned && !this.#others.has(this.#made.get(user) ?? ''))
      this.fail(`${name} is in ${fileGroup} by ssofile, and the ledger does not say so`, 'record')
    if (isOwned && !isMember) this.fail(`${name} is in ${fileGroup} by the ledger only`, 'record')
    const isGroupOurs = objects.model.find(groupFile) !== undefined
    if (isAsked && isGroupOurs && !isSuspended && !isMember && !this.#isAnyChanged)
      this.fail(`${name} is not in ${fileGroup}, and a file or the rule asks for it`)
  }
}
