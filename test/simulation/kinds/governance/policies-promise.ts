import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { IdentityStoreChange } from '../../../../shared/memory/identity-store/identity-store-records.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import type { Call } from '../../chaos.ts'
import { describeTarget, isTarget, linksOf, nameOf, recordedName, usersNow } from '../../oracle/names.ts'
import { Judge, type Seen, seenAfterMs } from '../../oracle/watched.ts'
import { type Demand, demandOf } from './policy-files.ts'

const prefix = 'policies/'
const isPolicy = (key: string) => key.startsWith(prefix) && !key.slice(prefix.length).includes('/')

/**
 * Policies stop new access and take nothing away: access whose links are all refused is not granted, and nobody gets two permission sets
 * that are kept apart, whichever comes first. `minimums-promise.ts` has the minimums.
 */
export class PoliciesPromise extends Judge {
  protected readonly promise = 'governance'
  /** The demands of all policies together, and since when. */
  #versions: readonly { readonly fromMs: number; readonly demands: readonly Demand[] }[] = []
  /** Access when the first policy came that could refuse it, with the contents of its links. */
  #firm: ReadonlyMap<string, ReadonlyMap<string, string | undefined>> | undefined
  #peopleChangedMs = Number.NEGATIVE_INFINITY

  /** A policy has held revocations in this life, and they go on without a release. */
  get hasKept(): boolean {
    return this.#versions.some(({ demands }) => demands.includes('that keeps a person'))
  }

  override noteChange({ key }: Seen): void {
    if (/^suspended\//.test(key)) this.#peopleChangedMs = this.nowMs
    if (!isPolicy(key)) return
    const demands = this.world
      .keys(prefix)
      .filter(isPolicy)
      .map((one) => demandOf(this.world.textOf(one) ?? ''))
    this.#versions = [...this.#versions, { fromMs: this.nowMs, demands }]
    if (demands.some((one) => one !== 'that keeps a person' && one !== 'that only warns'))
      this.#firm ??= this.#accessNow()
  }

  #accessNow(): ReadonlyMap<string, ReadonlyMap<string, string | undefined>> {
    const granted = [...this.truth.entries].filter(([, { state }]) => state === 'granted')
    const contents = (entry: Readonly<Record<string, unknown>>) =>
      new Map(linksOf(entry).map((link) => [link, this.world.textOf(link)]))
    return new Map(granted.map(([key, entry]) => [recordedName(key, entry), contents(entry)]))
  }

  override noteDirectoryChange(_change: IdentityStoreChange): void {
    this.#peopleChangedMs = this.nowMs
  }

  /** Whether a link that asks for this access has certainly been accepted: no policy could refuse it, or it gave it before. */
  isAccepted(name: string): boolean {
    const links = this.#firm?.get(name)
    if (this.#firm === undefined) return true
    return [...(links ?? [])].some(([link, text]) => text !== undefined && this.world.textOf(link) === text)
  }

  /** Each version of all policies that a look may still use. */
  #seen(): readonly (readonly Demand[])[] {
    const sinceMs = this.nowMs - seenAfterMs(this.world) - 60_000
    const later = this.#versions.filter(({ fromMs }) => fromMs > sinceMs)
    return [this.#versions.findLast(({ fromMs }) => fromMs <= sinceMs), ...later].map((one) => one?.demands ?? [])
  }

  /** Every policy that a look may still use has this demand. */
  isInForce(demand: Demand): boolean {
    return this.#seen().every((demands) => demands.includes(demand))
  }

  override noteCall({ operation, wasHeld }: Call, [target]: readonly unknown[]): void {
    if (!isTarget(target) || wasHeld || this.world.wasDisturbed || this.world.losses.hasAny) return
    if (operation === 'createAccountAssignment') this.#checkCreation(target)
  }

  #checkCreation(target: AssignmentTarget): void {
    const name = nameOf(target)
    const wasGranted = this.truth.entriesOf(name).some(({ grantedAt }) => grantedAt !== undefined)
    // Access that others took away comes back: it is not new.
    if (wasGranted || this.world.ssoAdmin.isAssigned(target)) return
    const links = this.world.keys('links_data/').filter((link) => this.#asksFor(link, name))
    if (links.length > 0 && links.every((link) => this.#seen().every((demands) => this.#isRefused(link, demands))))
      this.fail(`grants ${describeTarget(target, this.world)}, which a policy refuses to each link`)
    const set = this.world.names.permissionSet(target.permissionSetArn)
    const others: Readonly<Record<string, string>> = { 'First-ps': 'Late-ps', 'Late-ps': 'First-ps' }
    const other = this.world.ssoAdmin.permissionSetArnOf(others[set] ?? '')
    if (other === undefined || !this.isInForce('that keeps First and Late apart') || this.#arePeopleNew()) return
    const people = this.#peopleOf(target)
    const both = this.#given(target.accountId, other).find((one) =>
      [...this.#peopleOf(one)].some((id) => people.has(id)),
    )
    if (both) this.fail(`grants ${describeTarget(target, this.world)} beside ${describeTarget(both, this.world)}`)
  }

  #asksFor(link: string, name: string): boolean {
    const asked = this.wishes.now('possibly', { among: (one) => one === link })
    return asked.some((assignment) => this.wishes.targetOf(assignment) === name)
  }

  #isRefused(link: string, demands: readonly Demand[]): boolean {
    if (demands.includes('broken')) return true
    const hasTicket = /"ticket":"T-\d"/.test(this.world.textOf(link) ?? '')
    return demands.includes('that asks for a ticket') && link.includes('%First-ps%') && !hasTicket
  }

  #arePeopleNew(): boolean {
    return this.#peopleChangedMs > this.nowMs - seenAfterMs(this.world) - 60_000
  }

  /** The access of ssofile to this permission set, there or asked for. */
  #given(accountId: string, permissionSetArn: string): readonly AssignmentTarget[] {
    const { ssoAdmin } = this.world
    const coming = ssoAdmin.outstandingRequests().map(({ target }) => target)
    return [...ssoAdmin.assignments(), ...coming].filter((one) => {
      const isHere = one.accountId === accountId && one.permissionSetArn === permissionSetArn
      return isHere && this.truth.isOurs(nameOf(one)) && !this.truth.isRequested(one, 'deletion')
    })
  }

  #peopleOf({ principalType, principalId: id }: AssignmentTarget): ReadonlySet<string> {
    const { identityStore } = this.world
    const users = usersNow(this.world).map(([, user]) => user)
    const group = principalId.parse(id)
    return new Set(
      users.filter((user) => (principalType === 'USER' ? user === id : identityStore.groupIdsOf(user).includes(group))),
    )
  }

  /** After the faults, and before governance takes its policies back. */
  checkStatuses(): void {
    for (const key of this.world.keys(prefix).filter(isPolicy)) {
      const expected = demandOf(this.world.textOf(key) ?? '') === 'broken' ? 'rejected' : 'applied'
      const { state } = this.world.readJson(`status/${key}.json`) ?? {}
      if (state !== expected) this.fail(`${key} is '${String(state)}', expected '${expected}'`, 'status')
    }
  }
}
