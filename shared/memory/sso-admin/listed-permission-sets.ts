import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetArn, PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Randomness } from '../../ports/randomness.ts'
import type { Principal } from '../../ports/sso-admin.ts'
import {
  type ProvisionedPermissionSet,
  type ProvisionedPermissionSets,
  principalKey,
  provisionedKey,
} from './provisioned-permission-sets.ts'

/** How long listings lag behind a write: a constant, or drawn for each write. */
export type ReadLagMs = number | { readonly most: number }

/** Old values that listings show until an instant, in milliseconds. */
type Old<V> = { readonly was: V; readonly untilMs: number }

/** The old values of one permission set in one account that listings still show. */
type Lag = {
  readonly accountId: AccountId
  readonly permissionSetArn: PermissionSetArn
  /** When listings show its last write. */
  readonly untilMs: number
  readonly versions: readonly Old<number | undefined>[]
  readonly assignments: readonly { readonly principal: Principal; readonly old: readonly Old<boolean>[] }[]
}

type SetInAccount = Pick<ProvisionedPermissionSet, 'accountId' | 'permissionSetArn'>

/**
 * Listings: the truth, except that they lag behind the service's own writes. Each assignment and each version takes the same course as in
 * truth, only later; none ever goes back. (botocore, sso-admin, ConflictException: "Occurs when a conflict with a previous successful write
 * is detected. This generally occurs when the previous write did not have time to propagate to the host serving the current request.") A
 * restart loses the lag.
 */
export class ListedPermissionSets {
  readonly #truth: ProvisionedPermissionSets
  readonly #lagMs: () => number
  readonly #clock: Clock
  readonly #lags = new Map<string, Lag>()

  constructor(
    truth: ProvisionedPermissionSets,
    options: { readonly clock: Clock; readonly randomness: Randomness; readonly readLagMs?: ReadLagMs | undefined },
  ) {
    const { clock, randomness } = options
    this.#truth = truth
    this.#clock = clock
    this.#lagMs = () => {
      const { readLagMs = 0 } = options
      return typeof readLagMs === 'number' ? readLagMs : Math.floor(readLagMs.most * randomness.fraction())
    }
  }

  /**
   * Keeps the old values for listings. Call it before a write that takes effect at `at`. A write without a principal changes only the
   * version.
   */
  lagBehind({ accountId, permissionSetArn }: SetInAccount, at: Date, principal?: Principal): void {
    const lagMs = this.#lagMs()
    if (lagMs <= 0) return
    const key = provisionedKey(accountId, permissionSetArn)
    const before = this.#lags.get(key)
    const there = this.#truth.get(accountId, permissionSetArn)
    // Not before an earlier write to the same role, so that no value goes back.
    const untilMs = Math.max(before?.untilMs ?? 0, at.getTime() + lagMs)
    const assignments = before?.assignments ?? []
    this.#lags.set(key, {
      accountId,
      permissionSetArn,
      untilMs,
      versions: [...(before?.versions ?? []), { was: there?.version, untilMs }],
      assignments:
        principal === undefined
          ? assignments
          : withOld(assignments, principal, { was: isIn(there, principal), untilMs }),
    })
  }

  /** An account that left takes its assignments with it. */
  forgetAccount(accountId: AccountId): void {
    for (const [key, lag] of this.#lags) if (lag.accountId === accountId) this.#lags.delete(key)
  }

  get(accountId: AccountId, permissionSetArn: PermissionSetArn): ProvisionedPermissionSet | undefined {
    const there = this.#truth.get(accountId, permissionSetArn)
    const lag = this.#lags.get(provisionedKey(accountId, permissionSetArn))
    return lag === undefined ? there : this.#show(lag, there)
  }

  inAccount(accountId: AccountId): readonly ProvisionedPermissionSet[] {
    return [...this.#withLagging(this.#truth.inAccount(accountId), (lag) => lag.accountId === accountId)]
  }

  /** Those after this key, and perhaps others before it. */
  ofPermissionSet(arn: PermissionSetArn, after?: string): Iterable<ProvisionedPermissionSet> {
    return this.#withLagging(this.#truth.ofPermissionSet(arn, after), (lag) => lag.permissionSetArn === arn)
  }

  /** Those after this key, and perhaps others before it. */
  ofPrincipal(principalId: PrincipalId, after?: string): Iterable<ProvisionedPermissionSet> {
    return this.#withLagging(this.#truth.ofPrincipal(principalId, after), ({ assignments }) =>
      assignments.some(({ principal }) => principal.principalId === principalId),
    )
  }

  /** Ascending by account and permission set. */
  #withLagging(
    there: Iterable<ProvisionedPermissionSet>,
    isAsked: (lag: Lag) => boolean,
  ): Iterable<ProvisionedPermissionSet> {
    this.#forgetListed()
    if (this.#lags.size === 0) return there
    const places = new Map<string, SetInAccount>()
    for (const place of [...there, ...[...this.#lags.values()].filter(isAsked)])
      places.set(provisionedKey(place.accountId, place.permissionSetArn), place)
    return [...places]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { accountId, permissionSetArn }]) => this.get(accountId, permissionSetArn) ?? [])
  }

  #show(lag: Lag, there: ProvisionedPermissionSet | undefined): ProvisionedPermissionSet | undefined {
    const nowMs = this.#clock.now().getTime()
    const lagging = lag.assignments.map(({ principal, old }) => ({
      principal,
      isListed: shown(old, nowMs, isIn(there, principal)),
    }))
    const others = (there?.principals ?? []).filter((one) => !lagging.some(({ principal }) => isSame(principal, one)))
    const principals = [...others, ...lagging.filter(({ isListed }) => isListed).map(({ principal }) => principal)]
    if (principals.length === 0) return undefined
    return {
      accountId: lag.accountId,
      permissionSetArn: lag.permissionSetArn,
      // No listing contains the role.
      roleSuffix: there?.roleSuffix ?? '',
      roleMadeAt: there?.roleMadeAt ?? new Date(0),
      version: shown(lag.versions, nowMs, there?.version) ?? there?.version ?? 0,
      principals: principals.sort((a, b) => (principalKey(a) < principalKey(b) ? -1 : 1)),
    }
  }

  #forgetListed(): void {
    const nowMs = this.#clock.now().getTime()
    for (const [key, { untilMs }] of this.#lags) if (untilMs <= nowMs) this.#lags.delete(key)
  }
}

function withOld(assignments: Lag['assignments'], principal: Principal, old: Old<boolean>): Lag['assignments'] {
  const before = assignments.find((one) => isSame(one.principal, principal))
  const { principalId, principalType } = principal
  return [
    ...assignments.filter((one) => one !== before),
    { principal: { principalId, principalType }, old: [...(before?.old ?? []), old] },
  ]
}

/** The instants ascend: the first future one belongs to the oldest value still shown. */
function shown<V>(old: readonly Old<V>[], nowMs: number, truth: V): V {
  const first = old.find(({ untilMs }) => untilMs > nowMs)
  return first === undefined ? truth : first.was
}

function isIn(there: ProvisionedPermissionSet | undefined, principal: Principal): boolean {
  return there?.principals.some((one) => isSame(one, principal)) === true
}

function isSame(a: Principal, b: Principal): boolean {
  return a.principalId === b.principalId && a.principalType === b.principalType
}
