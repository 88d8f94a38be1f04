import type { PrincipalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import { PoliciesPromise } from '../kinds/governance/policies-promise.ts'
import { describeTarget, nameOf, usersNow } from './names.ts'
import { type AtRest, Judge, type Seen, seenAfterMs } from './watched.ts'

const reconciledMs = 2 * 60 * 60_000

/** ssofile looks each hour at a suspension at rest. */
const lookedAtMs = 65 * 60_000

const prefix = 'suspended/'
const meantPrefix = 'state/suspended/'

/**
 * Promise 12: while a file under `suspended/` names a person, the user gets nothing, and access that ssofile gave goes (within a minute:
 * `suspend.test.ts`). The file means the user with this name now, and the user it meant at ssofile's first look, even after a rename.
 */
export class SuspensionsPromise extends Judge {
  protected readonly promise = 'suspended'
  readonly #policies = this.judge(PoliciesPromise)
  /** When somebody last put each user into each group, by both ids. */
  readonly #joinedMs = new Map<string, number>()
  /** By user id: the time since when ssofile must know of the suspension. */
  readonly #since = new Map<string, number>()
  /** By user id: the names of the files that meant the user at a look. */
  readonly #meant = new Map<string, ReadonlySet<string>>()
  readonly #changedMs = new Map<string, number>()
  /** Since when each file is there, by the name in it. */
  readonly #fileSinceMs = new Map<string, number>()
  #namesKnownMs = Number.NEGATIVE_INFINITY

  /** Whether a file suspends this user now. */
  isSuspended(id: string): boolean {
    return this.listNames(id).length > 0
  }

  /** The names of the files that suspend this user now. */
  listNames(id: string): readonly string[] {
    const present = usersNow(this.world).flatMap(([name, user]) => (user === id ? [name] : []))
    const names = new Set([...present, ...(this.#meant.get(id) ?? [])])
    return [...names].filter((name) => this.world.objects.model.find(prefix + name) !== undefined)
  }

  /** Whether a file suspends the user, or did within `marginMs`: earlier decisions are still carried out. */
  isOrWasSuspended(id: string, marginMs: number): boolean {
    const changedMs = this.#changedMs.get(id) ?? Number.NEGATIVE_INFINITY
    return this.isSuspended(id) || changedMs > this.nowMs - marginMs
  }

  /** Whoever has this name has been suspended since well before this time, as every look knew then, and still is. */
  isBarred(name: string, atMs: number): boolean {
    const sinceMs = this.#fileSinceMs.get(name)
    return sinceMs !== undefined && sinceMs < atMs - seenAfterMs(this.world) - 60_000
  }

  override noteChange({ key, isRemoved, caller }: Seen): void {
    if (key.startsWith(prefix)) {
      const name = key.slice(prefix.length)
      if (isRemoved) this.#fileSinceMs.delete(name)
      else if (!this.#fileSinceMs.has(name)) this.#fileSinceMs.set(name, this.nowMs)
    }
    if (!key.startsWith(prefix) && !key.startsWith(meantPrefix)) return
    if (key.startsWith(meantPrefix)) this.#noteMeant(key, isRemoved, caller.accessKeyId)
    for (const [, id] of usersNow(this.world)) {
      const is = this.isSuspended(id)
      if (is === this.#since.has(id)) continue
      this.#changedMs.set(id, this.nowMs)
      if (!is) this.#since.delete(id)
      else this.#since.set(id, Math.max(this.nowMs, this.#namesKnownMs))
    }
  }

  /** A note that somebody else deletes is lost, and the file goes on to mean its user. */
  #noteMeant(key: string, isRemoved: boolean, by: string): void {
    const [, id = '', name = ''] = /^([^%]*)%(.*)$/s.exec(key.slice(meantPrefix.length)) ?? []
    const names = new Set(this.#meant.get(id))
    if (!isRemoved) names.add(name)
    else if (by === 'ssofile') names.delete(name)
    this.#meant.set(id, names)
  }

  override noteDirectoryChange(change: IdentityStoreChange): void {
    if (change.event === 'CreateGroupMembership') this.#joinedMs.set(`${change.groupId} ${change.userId}`, this.nowMs)
  }

  /** Somebody may have a new name. ssofile knows it once a reconcile has read the directory. */
  noteNames(): void {
    this.#namesKnownMs = this.nowMs + reconciledMs
    for (const id of [...this.#since.keys()])
      if (this.isSuspended(id)) this.#since.set(id, this.#namesKnownMs)
      else this.#since.delete(id)
  }

  /** `windowMs`: an evaluation may use its readings for this long. */
  checkCreation(target: AssignmentTarget, windowMs: number): void {
    const sinceMs = this.#since.get(target.principalId)
    if (target.principalType === 'USER' && sinceMs !== undefined && sinceMs <= this.nowMs - windowMs)
      this.fail(`gives ${describeTarget(target, this.world)}, who was suspended throughout its evaluation`)
  }

  override checkAtRest({ isReconciled, isReadable }: AtRest): void {
    if (!isReconciled || !isReadable) return
    for (const target of this.world.ssoAdmin.assignments()) {
      const isLeft = !this.truth.isOurs(nameOf(target)) || this.truth.isStuck(target.accountId)
      const names = target.principalType === 'USER' ? this.listNames(target.principalId) : []
      const isHeld =
        this.truth.isLeft(target) && (this.#policies.hasKept || names.some((name) => this.#isTold(name, 'held')))
      if (!isLeft && !isHeld && names.length > 0)
        this.fail(`${describeTarget(target, this.world)} is there, and its user is suspended`)
    }
    this.#checkTold()
  }

  /** A status that says `suspended` is true: nothing of others' is left, as an hourly look finds. */
  #checkTold(): void {
    for (const [, id] of usersNow(this.world)) {
      const throughGroup = this.world.ssoAdmin.assignments().find((target) => this.#has(id, target))
      const name = this.listNames(id).find((one) => this.#isTold(one, 'suspended'))
      if (throughGroup && name !== undefined)
        this.fail(
          `the status of ${name} is 'suspended', and ${describeTarget(throughGroup, this.world)} is left`,
          'status',
        )
    }
  }

  /** The user has had this access through a group for longer than an hour. */
  #has(user: PrincipalId, target: AssignmentTarget): boolean {
    const joinedMs = this.#joinedMs.get(`${target.principalId} ${user}`) ?? Number.POSITIVE_INFINITY
    const sinceMs = Math.max(joinedMs, this.truth.ownerOf(nameOf(target))?.sinceMs ?? Number.POSITIVE_INFINITY)
    const isIn = this.world.identityStore.groupIdsOf(user).some((group) => group === target.principalId)
    return isIn && sinceMs < this.nowMs - lookedAtMs - seenAfterMs(this.world)
  }

  #isTold(name: string, state: string): boolean {
    return this.world.readJson(`status/${prefix}${name}.json`)?.state === state
  }
}
