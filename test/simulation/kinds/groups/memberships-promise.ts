import type { PrincipalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { hasName } from '../../../../shared/domain/text/sorted-names.ts'
import type { IdentityStoreChange } from '../../../../shared/memory/identity-store/identity-store-records.ts'
import { heldLists } from '../../brake-actions.ts'
import type { Call } from '../../chaos.ts'
import { phaseOf } from '../../desired.ts'
import { usersNow } from '../../oracle/names.ts'
import { SuspensionsPromise } from '../../oracle/suspensions.ts'
import { type AtRest, Judge, type Seen, seenAfterMs } from '../../oracle/watched.ts'
import { readProfile } from '../people/read-profile.ts'
import { fileGroups, graceDaysOf, isMeantBy } from './group-files.ts'

/** A removal that was decided before may still be carried out. Nobody could abort a removal whose call was frozen on its way. */
const decidedMs = 60_000
const heldMs = 10 * 60_000
const groupsOfFiles: readonly string[] = fileGroups

/**
 * Files and rules decide the members of groups: everybody they ask for is in, and nobody else of ours. A file asks for the user whom it
 * named first. Members that others added stay, and nobody leaves whom a file or a rule asks for.
 */
export class MembershipsPromise extends Judge {
  protected readonly promise = 'convergence'
  readonly #suspensions = this.judge(SuspensionsPromise)
  /** Memberships that somebody else made and nobody has removed. */
  readonly #others = new Set<string>()
  /** Memberships that somebody else removed. */
  readonly #taken = new Set<string>()
  /** The name in files of each group, by id, that has or had such a name. */
  readonly #groups = new Map(
    fileGroups.flatMap((name) => {
      const id = this.world.identityStore.idOf('GROUP', name)
      return id === undefined ? [] : [[id, name as string] as const]
    }),
  )
  /** The last membership of a user in a group, made by anybody: by both ids. */
  readonly #made = new Map<string, string>()
  /** Since when a file or a rule certainly asks for a user, by the group's name and the user's id. */
  readonly #askedSinceMs = new Map<string, number>()
  /** Whom the rule matches, and until when it keeps those whom it matched, by the group's name and the user's id. */
  readonly #matched = new Set<string>()
  readonly #keptUntilMs = new Map<string, number>()
  /** The users who had the name in a file while it was there, by key. */
  readonly #bearers = new Map<string, Set<PrincipalId>>()
  /** When somebody last changed each group, such as its name. */
  readonly #renamedMs = new Map<PrincipalId, number>()
  /** When a call of the product last put somebody into a group. */
  #joiningMs = 0
  /** Whether the current call was held on its way. */
  #wasHeld = false

  override noteChange({ key }: Seen): void {
    if (/^(memberships|rules|groups)\//.test(key)) this.#noteAsked()
  }

  override noteCall({ wasHeld = false, operation }: Call): void {
    this.#wasHeld = wasHeld
    if (operation === 'createGroupMembership') this.#joiningMs = this.nowMs
  }

  noteOther(membership: string): void {
    this.#others.add(membership)
  }

  /** Somebody else removes this membership now. */
  noteTaken(membership: string): void {
    this.#others.delete(membership)
    this.#taken.add(membership)
  }

  /** A file, a rule, a name or an attribute has changed. */
  #noteAsked(): void {
    const users = usersNow(this.world)
    for (const key of this.world.keys('memberships/')) {
      const bearer = users.find(([name]) => key.endsWith(`%${name}%ssofile`))?.[1]
      if (bearer) this.#bearers.set(key, new Set([...(this.#bearers.get(key) ?? []), bearer]))
    }
    for (const group of fileGroups)
      for (const [name, user] of users) {
        const asked = `${group} ${user}`
        this.#noteGrace(asked, group, user)
        if (!this.#isAsked(group, name, user, 'certainly')) this.#askedSinceMs.delete(asked)
        else if (!this.#askedSinceMs.has(asked)) this.#askedSinceMs.set(asked, this.nowMs)
      }
  }

  /** A rule without grace, or none, ends the time to hand over. */
  #noteGrace(asked: string, group: string, user: PrincipalId): void {
    const text = this.world.textOf(`rules/${group}.json`)
    const isMatched = isMeantBy(text, readProfile(this.world.identityStore.attributesOf(user)))
    const graceMs = graceDaysOf(text) * 24 * 60 * 60_000
    if (this.#matched.has(asked) && isMatched === false) this.#keptUntilMs.set(asked, this.nowMs + graceMs)
    if (isMatched === true) this.#matched.add(asked)
    if (isMatched === false) this.#matched.delete(asked)
    if (isMatched === true || graceMs === 0) this.#keptUntilMs.delete(asked)
    const untilMs = this.#keptUntilMs.get(asked)
    // Fewer days count at once.
    if (untilMs !== undefined) this.#keptUntilMs.set(asked, Math.min(untilMs, this.nowMs + graceMs))
  }

  /** `marginMs`: how much longer or shorter the time to hand over may be. */
  #isKept(asked: string, marginMs: number): boolean {
    return (this.#keptUntilMs.get(asked) ?? Number.NEGATIVE_INFINITY) + marginMs > this.nowMs
  }

  /** `certainly`: no file could be bound to another user of the name. `possibly`: also a rule that is not valid. */
  #isAsked(group: string, name: string, user: PrincipalId, how: 'certainly' | 'possibly'): boolean {
    const keys = ['', 'folder-a/'].map((folder) => `memberships/${folder}${group}%${name}%ssofile`)
    const isAsking = (key: string) => {
      const body = this.world.textOf(key)
      if (body === undefined || phaseOf(body, this.world.clock.now()) !== 'in force') return false
      return how === 'possibly' || [...(this.#bearers.get(key) ?? [])].every((bearer) => bearer === user)
    }
    const profile = readProfile(this.world.identityStore.attributesOf(user))
    const isMeant = isMeantBy(this.world.textOf(`rules/${group}.json`), profile)
    return keys.some(isAsking) || isMeant === true || (isMeant === 'nobody knows' && how === 'possibly')
  }

  /** Held by the brake: one of two people may go, but not the other soon after. */
  #isHeld(group: string, name: string): boolean {
    return heldLists(this.world).some(({ items }) => hasName(items ?? [], `${group}%${name}`))
  }

  override noteDirectoryChange(change: IdentityStoreChange): void {
    const { identityStore } = this.world
    if ('groupId' in change) {
      const name = identityStore.nameOf('GROUP', change.groupId)
      if (name !== undefined && groupsOfFiles.includes(name)) this.#groups.set(change.groupId, name)
      if (change.event === 'UpdateGroup') this.#renamedMs.set(change.groupId, this.nowMs)
    }
    this.#noteAsked()
    if (change.event !== 'CreateGroupMembership' && change.event !== 'DeleteGroupMembership') return
    const group = this.#groups.get(change.groupId)
    if (group === undefined) return
    if (change.event === 'CreateGroupMembership') this.#checkJoin(change.groupId, group)
    if (change.event === 'CreateGroupMembership')
      this.#made.set(`${change.groupId} ${change.userId}`, change.membershipId)
    else if (!this.#taken.has(change.membershipId)) this.#checkRemoval(group, change)
  }

  /** ssofile puts people only into the group that has the name in their files. */
  #checkJoin(id: PrincipalId, group: string): void {
    const isKnown = (this.#renamedMs.get(id) ?? 0) <= this.nowMs - seenAfterMs(this.world)
    if (this.#joiningMs === this.nowMs && isKnown && this.world.identityStore.nameOf('GROUP', id) !== group)
      this.fail(`puts somebody into a group that is not ${group} any more, by the files of ${group}`, 'foreign')
  }

  #checkRemoval(group: string, { userId, membershipId }: { readonly userId: PrincipalId; membershipId: string }): void {
    const user = this.world.identityStore.nameOf('USER', userId)
    if (this.#others.has(membershipId))
      this.fail(`takes ${user} out of ${group}, where somebody else had put the user`, 'foreign')
    const askedSinceMs = this.#askedSinceMs.get(`${group} ${userId}`) ?? Number.POSITIVE_INFINITY
    const windowMs = this.#wasHeld ? heldMs : decidedMs
    const isAsked = user !== undefined && this.#isAsked(group, user, userId, 'certainly')
    const isBarred = this.#suspensions.isOrWasSuspended(userId, decidedMs) || this.#wasHeld
    if (!isAsked && !isBarred && this.#isKept(`${group} ${userId}`, -2 * 60 * 60_000))
      this.fail(`takes ${user} out of ${group}, and the rule leaves the user time to hand over`, 'foreign')
    if (!isAsked || askedSinceMs >= this.nowMs - windowMs) return
    if (!this.#suspensions.isOrWasSuspended(userId, decidedMs))
      this.fail(`takes ${user} out of ${group}, although a file or the rule asks for it`, 'foreign')
  }

  override checkAtRest({ isReconciled, isReadable }: AtRest): void {
    if (!isReconciled || !isReadable) return
    const { identityStore } = this.world
    // A group that is gone has no members.
    for (const [id, group] of this.#groups)
      if (identityStore.nameOf('GROUP', id) !== undefined)
        for (const [name, user] of usersNow(this.world)) this.#checkUser(id, group, user, name)
  }

  #checkUser(id: PrincipalId, group: string, user: PrincipalId, name: string): void {
    const { identityStore, objects } = this.world
    const isOwned = objects.model.find(`owned_memberships/${id}%${user}`) !== undefined
    const isMember = identityStore.groupIdsOf(user).includes(id)
    const isSuspended = this.#suspensions.isSuspended(user)
    if (isOwned && isSuspended) this.fail(`${name} is in ${group}, and is suspended`, 'suspended')
    const { keptUntil = '' } = this.world.readJson(`owned_memberships/${id}%${user}`) ?? {}
    const leftMs = Date.parse(String(keptUntil)) - this.world.clock.now().getTime() - 2 * 60 * 60_000
    if (leftMs > 0 && !this.#isKept(`${group} ${user}`, -leftMs))
      this.fail(`${name} stays in ${group} until ${keptUntil}, and the rule leaves less time to hand over`)
    const isLeft = this.#isHeld(group, name) || this.#isKept(`${group} ${user}`, 2 * 60 * 60_000)
    if (isOwned && !this.#isAsked(group, name, user, 'possibly') && !isLeft)
      this.fail(`${name} is in ${group}, and neither a file nor the rule asks for it`)
    const isByOthers = this.#others.has(this.#made.get(`${id} ${user}`) ?? '')
    if (isMember && isOwned === isByOthers)
      this.fail(`${name} is in ${group} by ${isOwned ? 'others' : 'ssofile'}, and the ledger says otherwise`, 'record')
    if (isOwned && !isMember) this.fail(`${name} is in ${group} by the ledger only`, 'record')
    const isAsked = this.#isAsked(group, name, user, 'certainly')
    if (isAsked && !isSuspended && !isMember && this.#isOurs(id, group))
      this.fail(`${name} is not in ${group}, and a file or the rule asks for it`)
  }

  /** The file of the group is valid, and no other group ever had its name. */
  #isOurs(id: PrincipalId, group: string): boolean {
    const text = this.world.textOf(`groups/${group}.json`)
    const isOnly = [...this.#groups].every(([other, name]) => other === id || name !== group)
    const isValid = text === '' || /^\{ "description": "\w+" \}$/.test(text ?? '')
    return isValid && isOnly && this.world.identityStore.nameOf('GROUP', id) === group
  }
}
