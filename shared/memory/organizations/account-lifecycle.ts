import { type AccountId, accountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Randomness } from '../../ports/randomness.ts'
import type { AccountRecord, CreateAccountRecord, Tags, UnstampedChange } from './organization-records.ts'
import type { OrganizationTree } from './organization-tree.ts'
import {
  accountAlreadyClosed,
  constraint,
  createStatusNotFound,
  managementAccountStays,
} from './organizations-refusals.ts'

type AccountLifecycleOptions = {
  readonly tree: OrganizationTree
  readonly requests: Map<string, CreateAccountRecord>
  readonly clock: Clock
  readonly randomness: Randomness
  readonly createAccountMs: number
  readonly closureMs: number
  readonly willChange: (at?: Date) => void
  readonly changed: (change: UnstampedChange, at?: Date) => void
  readonly left: (accountId: AccountId) => void
}

// An account that the organization created cannot leave it sooner; invited ones can. (ConstraintViolationException.)
const waitMs = 4 * 24 * 60 * 60 * 1000

/** A step that an account takes by itself at its time. */
type Step = { readonly dueAt: Date; readonly take: () => void }

// A closed account is listed for 90 days. (Organizations API Reference, "Account", State.)
const closedMs = 90 * 24 * 60 * 60 * 1000

/** The creation, closure and disappearance of accounts, by instants stored as data. */
export class AccountLifecycle {
  readonly #options: AccountLifecycleOptions
  /** Derived: accounts and requests with a step to come. */
  readonly #pending = new Set<string>()

  constructor(options: AccountLifecycleOptions) {
    this.#options = options
    for (const { requestId, state } of options.requests.values()) {
      if (state === 'IN_PROGRESS') this.#pending.add(requestId)
    }
    for (const { id, closure } of options.tree.accounts()) if (closure !== undefined) this.#pending.add(id)
  }

  create({ accountName, email, tags = {} }: { accountName: string; email: string; tags?: Tags }): CreateAccountRecord {
    const { clock, randomness, requests, createAccountMs, changed } = this.#options
    const now = clock.now()
    const request: CreateAccountRecord = {
      requestId: `car-${randomness.id().replaceAll('-', '')}`,
      accountName,
      email,
      tags,
      accountId: this.#freeAccountId(),
      state: 'IN_PROGRESS',
      requestedAt: now,
      dueAt: new Date(now.getTime() + createAccountMs),
    }
    requests.set(request.requestId, request)
    this.#pending.add(request.requestId)
    changed({ event: 'CreateAccount', requestId: request.requestId })
    return request
  }

  createStatus(requestId: string): CreateAccountRecord {
    const request = this.#options.requests.get(requestId)
    if (request === undefined) throw createStatusNotFound()
    return request
  }

  close(id: AccountId): void {
    const { tree, clock, randomness, closureMs, willChange, changed } = this.#options
    const account = tree.account(id)
    if (id === tree.organization.managementAccountId)
      throw constraint('CANNOT_CLOSE_MANAGEMENT_ACCOUNT', 'You cannot close the management account.')
    if (account.state === 'PENDING_CLOSURE' || account.state === 'CLOSED') throw accountAlreadyClosed()
    willChange()
    const requestedAt = clock.now()
    const nextAt = new Date(requestedAt.getTime() + closureMs)
    const requestId = `cac-${randomness.id().replaceAll('-', '')}`
    tree.putAccount({ ...account, state: 'PENDING_CLOSURE', closure: { requestId, requestedAt, nextAt } })
    this.#pending.add(id)
    changed({ event: 'CloseAccount', accountId: id })
  }

  remove(id: AccountId): void {
    this.#departByCall(id)
    this.#options.changed({ event: 'RemoveAccountFromOrganization', accountId: id })
    this.#options.changed({ event: 'AccountDepartedOrganization', accountId: id, departedMethod: 'Removed' })
  }

  /** The account leaves by its own call: its own trail records it, which the organization does not see. */
  leave(id: AccountId): void {
    this.#departByCall(id)
    this.#options.changed({ event: 'AccountDepartedOrganization', accountId: id, departedMethod: 'Left' })
  }

  clean(id: AccountId, at?: Date): void {
    this.#options.tree.account(id)
    this.#depart(id, at)
    this.#options.changed({ event: 'AccountDepartedOrganization', accountId: id, departedMethod: 'Cleaned' }, at)
  }

  setState(id: AccountId, state: Account['state']): void {
    this.settle()
    this.#options.willChange()
    const { closure: _over, ...account } = this.#options.tree.account(id)
    this.#pending.delete(id)
    this.#options.tree.putAccount({ ...account, state })
  }

  settle(): void {
    const now = this.#options.clock.now()
    for (let step = this.#nextStep(); step !== undefined && step.dueAt <= now; step = this.#nextStep()) step.take()
  }

  nextDueAt(): Date | undefined {
    return this.#nextStep()?.dueAt
  }

  #nextStep(): Step | undefined {
    let next: Step | undefined
    for (const id of this.#pending) {
      const step = this.#stepOf(id)
      if (step !== undefined && (next === undefined || step.dueAt < next.dueAt)) next = step
    }
    return next
  }

  #stepOf(id: string): Step | undefined {
    const request = this.#options.requests.get(id)
    if (request !== undefined) return { dueAt: request.dueAt, take: () => this.#join(request) }
    const account = this.#options.tree.findAccount(id)
    if (account?.closure === undefined) return undefined
    return { dueAt: account.closure.nextAt, take: () => this.#advanceClosure(account) }
  }

  #join(request: CreateAccountRecord): void {
    const { tree, requests, willChange, changed } = this.#options
    const { requestId, accountName, email, tags, requestedAt, dueAt } = request
    this.#pending.delete(requestId)
    const taken = [...tree.accounts()].some((account) => account.email === email)
    const failureReason = taken ? 'EMAIL_ALREADY_EXISTS' : undefined
    const state = taken ? 'FAILED' : 'SUCCEEDED'
    requests.set(requestId, { ...request, state, failureReason })
    const result = {
      event: 'CreateAccountResult',
      requestId,
      state,
      accountId: request.accountId,
      requestedAt,
    } as const
    if (failureReason !== undefined) {
      changed({ ...result, failureReason }, dueAt)
      return
    }
    willChange(dueAt)
    const account: AccountRecord = {
      id: request.accountId,
      name: accountName,
      email,
      state: 'ACTIVE',
      parentId: tree.organization.rootId,
      joinedMethod: 'CREATED',
      joinedAt: dueAt,
      tags,
    }
    tree.putAccount(account)
    changed(result, dueAt)
    changed({ event: 'AccountJoinedOrganization', accountId: account.id, joinedMethod: 'Created' }, dueAt)
  }

  /** Moves an account from PENDING_CLOSURE to CLOSED, or from CLOSED out of the organization. */
  #advanceClosure(account: AccountRecord): void {
    const { tree, willChange, changed } = this.#options
    const { id, closure, state } = account
    if (closure === undefined) return
    if (state === 'CLOSED') {
      this.clean(id, closure.nextAt)
      return
    }
    willChange(closure.nextAt)
    const nextAt = new Date(closure.nextAt.getTime() + closedMs)
    tree.putAccount({ ...account, state: 'CLOSED', closure: { ...closure, nextAt } })
    const { requestId, requestedAt } = closure
    changed({ event: 'CloseAccountResult', requestId, accountId: id, state: 'SUCCEEDED', requestedAt }, closure.nextAt)
  }

  #departByCall(id: AccountId): void {
    const { tree, clock } = this.#options
    const { joinedMethod, joinedAt } = tree.account(id)
    if (id === tree.organization.managementAccountId) throw managementAccountStays()
    if (joinedMethod === 'CREATED' && clock.now().getTime() - joinedAt.getTime() < waitMs)
      throw constraint('WAIT_PERIOD_ACTIVE', 'You must wait until at least four days after the account was created.')
    this.#depart(id)
  }

  #depart(id: AccountId, at?: Date): void {
    this.#options.willChange(at)
    this.#pending.delete(id)
    this.#options.tree.removeAccount(id)
    this.#options.left(id)
  }

  #freeAccountId(): AccountId {
    const { tree, randomness } = this.#options
    for (;;) {
      // 12 digits, the first not 0.
      const id = accountId.parse(String(100_000_000_000 + Math.floor(randomness.fraction() * 900_000_000_000)))
      if (tree.findAccount(id) === undefined) return id
    }
  }
}
