import type { PrincipalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { IdentityStoreChange } from '../../../../shared/memory/identity-store/identity-store-records.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import type { Call } from '../../chaos.ts'
import { isTarget, linksOf, nameOf, usersNow } from '../../oracle/names.ts'
import { Judge, type Seen, seenAfterMs } from '../../oracle/watched.ts'
import { peopleOfRequests } from '../../request-actions.ts'
import { PoliciesPromise } from './policies-promise.ts'

/** A release lasts for an hour. */
const releasedMs = 66 * 60_000
/** A suspension in one of these states has passed the brake. */
const passed = ['revoking', 'partly', 'suspended', 'failed']

/**
 * A minimum holds against every way to leave that goes through ssofile: the last person with a permission set in an account keeps it, unless
 * an operator releases the list. Only standing access from ssofile keeps a person, and only somebody who is not suspended.
 */
export class MinimumsPromise extends Judge {
  protected readonly promise = 'governance'
  readonly #policies = this.judge(PoliciesPromise)
  /** Until ssofile has seen what others took away, it counts people who are gone. */
  #takenByOthersMs = Number.NEGATIVE_INFINITY
  #releasedMs = Number.NEGATIVE_INFINITY
  /** When a call of the product takes somebody out of a group. */
  #takingOutMs = Number.NEGATIVE_INFINITY
  /** The suspensions that have passed, by the name in the key. */
  readonly #passed = new Set<string>()

  override noteReleasedItems(): void {
    this.#releasedMs = this.nowMs
  }

  /** A suspension that passes takes everything from its person. */
  override noteChange({ key }: Seen): void {
    const [, name] = /^status\/suspended\/(.*)\.json$/.exec(key) ?? []
    if (name === undefined) return
    const { state } = this.world.readJson(key) ?? {}
    if (!passed.includes(String(state))) return void this.#passed.delete(name)
    const person = this.world.identityStore.idOf('USER', name)
    if (!this.#passed.has(name) && person !== undefined && !this.#isFree) {
      const had = this.#accountsWith(person)
      this.#passed.add(name)
      for (const account of had) this.#checkLeft(account, `suspends ${name}`)
    }
    this.#passed.add(name)
  }

  override noteCall({ operation, wasHeld }: Call, [target]: readonly unknown[]): void {
    if (operation === 'deleteGroupMembership') this.#takingOutMs = wasHeld ? Number.NaN : this.nowMs
    if (operation !== 'deleteAccountAssignment' || !isTarget(target) || wasHeld || this.#isFree) return
    const isMeant = this.#isStanding(target) && this.#peopleOf(target).length > 0
    const name = this.world.names.principal(target.principalId)
    if (isMeant) this.#checkLeft(target.accountId, `revokes the access of ${name}`, target)
  }

  override noteDirectoryChange(change: IdentityStoreChange): void {
    if (!change.event.startsWith('Delete')) return
    if (change.event !== 'DeleteGroupMembership' || this.#takingOutMs !== this.nowMs) {
      this.#takenByOthersMs = this.nowMs
      return
    }
    const name = this.world.identityStore.nameOf('USER', change.userId)
    if (this.#isFree || name === undefined || this.#isPassed(change.userId)) return
    for (const { accountId, principalId } of this.#standing())
      if (principalId === change.groupId) this.#checkLeft(accountId, `takes ${name} out of a group`)
  }

  get #isFree(): boolean {
    const { wasDisturbed, wasDrifted, losses } = this.world
    const isSeen = this.#takenByOthersMs < this.nowMs - seenAfterMs(this.world) - 60_000
    const isReleased = this.#releasedMs > this.nowMs - releasedMs
    const isUnclear = wasDisturbed || wasDrifted || losses.hasAny || !isSeen
    return isUnclear || isReleased || !this.#policies.isInForce('that keeps a person')
  }

  #checkLeft(account: string, told: string, except?: AssignmentTarget): void {
    const left = this.#standing().filter(
      (one) => one.accountId === account && (!except || nameOf(one) !== nameOf(except)),
    )
    if (left.every((one) => this.#peopleOf(one).length === 0))
      this.fail(`${told}, and a policy keeps the last person with First-ps in ${account}`)
  }

  #accountsWith(person: PrincipalId): ReadonlySet<string> {
    const own = this.#standing().filter((one) => this.#peopleOf(one).includes(person))
    return new Set(own.map(({ accountId }) => accountId))
  }

  /** Access of ssofile to First-ps that is not being revoked. */
  #standing(): readonly AssignmentTarget[] {
    const there = this.world.ssoAdmin.assignments()
    return there.filter((one) => this.#isStanding(one) && !this.truth.isRequested(one, 'deletion'))
  }

  /** Not only temporary. */
  #isStanding(one: AssignmentTarget): boolean {
    const links = this.truth.entriesOf(nameOf(one)).flatMap(linksOf)
    const isOfFirst = one.permissionSetArn === this.world.ssoAdmin.permissionSetArnOf('First-ps')
    return isOfFirst && links.some((link) => !link.includes('/temporary/'))
  }

  /** The people of this access who count. */
  #peopleOf({ principalType, principalId: id }: AssignmentTarget): readonly PrincipalId[] {
    const { identityStore } = this.world
    const others = peopleOfRequests.users.flatMap((name) => identityStore.idOf('USER', name) ?? [])
    const users = [...usersNow(this.world).map(([, user]) => user), ...others]
    const isIn = (user: PrincipalId) => identityStore.groupIdsOf(user).some((group) => group === id)
    return users.filter((user) => (principalType === 'USER' ? user === id : isIn(user)) && !this.#isPassed(user))
  }

  #isPassed(user: PrincipalId): boolean {
    return this.world.names.everNamesOf(user).some((name) => this.#passed.has(name))
  }
}
