import { type AccountId, accountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { AccountTags, TaggedAccount } from '../../ports/account-tags.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Organizations } from '../../ports/organizations.ts'
import type { Page } from '../../ports/page.ts'
import type { Randomness } from '../../ports/randomness.ts'
import { CallGate, type CallObserver } from '../call-gate.ts'
import { type PageRequest, pageOf } from '../page-of.ts'
import { memoryTables, type OpenTable } from '../table.ts'
import { AccountLifecycle } from './account-lifecycle.ts'
import { checkTags } from './check-tags.ts'
import { Handshakes } from './handshakes.ts'
import type {
  AccountDetails,
  AccountRecord,
  CreateAccountRecord,
  HandshakeRecord,
  InvitedParty,
  OrganizationalUnitRecord,
  OrganizationRecord,
  OrganizationsChange,
  Tags,
  UnstampedChange,
} from './organization-records.ts'
import { depthMost, OrganizationTree } from './organization-tree.ts'
import { organizationsLimiters } from './organizations-rates.ts'
import {
  accountNotFound,
  alreadyThere,
  childNotFound,
  constraint,
  destinationParentNotFound,
  duplicateUnit,
  invalidInput,
  notInUse,
  parentNotFound,
  sourceParentNotFound,
  taggingTooFast,
  tooManyRequests,
  unitNotEmpty,
} from './organizations-refusals.ts'

export type MemoryOrganizationsOptions = CallObserver & {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly openTable?: OpenTable
  readonly onChange?: (change: OrganizationsChange) => void
  /** How long CreateAccount takes; default one second (AWS takes minutes). */
  readonly createAccountMs?: number
  /** How long an account stays PENDING_CLOSURE; default one minute. */
  readonly closureMs?: number
  /** The delay of the bulk answer about tags; default 0. AWS only calls that answer eventually consistent. */
  readonly bulkTagsLagMs?: number
}

/** Messages of the model to another model that depends on it. */
export type OrganizationsObserver = {
  /** Before every change, with its instant: requests due at that instant are judged by the organization before the change. */
  readonly beforeChange: (at: Date) => void
  /** The account has left the organization. */
  readonly accountLeft: (accountId: AccountId) => void
}

export type ChildType = 'ACCOUNT' | 'ORGANIZATIONAL_UNIT'
export type Parent = { readonly id: string; readonly type: 'ROOT' | 'ORGANIZATIONAL_UNIT' }

const pageMost = 20
/** Resource Groups Tagging API Reference, "GetResources", ResourcesPerPage. */
export const taggedMost = 100
const unitsMost = 2000
const rootName = 'Root'

/**
 * An honest model of AWS Organizations: token buckets per operation, 20 a page, accounts that are created and closed
 * over time. Listings are ascending by id. Methods have the names of AWS's operations; those at the end are the
 * model's own and count as no call. Throws ServiceError with AWS's codes.
 */
export class MemoryOrganizations implements Organizations {
  readonly #options: MemoryOrganizationsOptions
  readonly #tree: OrganizationTree
  readonly #lifecycle: AccountLifecycle
  readonly #handshakes: Handshakes
  readonly #gate: CallGate
  readonly #observers: OrganizationsObserver[] = []
  /** Accounts whose State and Paths are left out of answers. */
  readonly #withheld: Map<string, true>
  /** Tags as before the last change, for the bulk answer that lags behind; without tags: there was no row. */
  readonly #tagsBefore: Map<string, { readonly tags: Tags | undefined; readonly until: Date }>

  constructor(options: MemoryOrganizationsOptions) {
    const openTable = options.openTable ?? memoryTables
    this.#options = options
    this.#tree = new OrganizationTree(openTable)
    this.#withheld = openTable('organizations/withheld')
    this.#tagsBefore = openTable('organizations/tags-before')
    this.#lifecycle = new AccountLifecycle({
      tree: this.#tree,
      requests: openTable('organizations/create-account-requests'),
      clock: options.clock,
      randomness: options.randomness,
      createAccountMs: options.createAccountMs ?? 1000,
      closureMs: options.closureMs ?? 60_000,
      willChange: (at) => this.#willChange(at),
      changed: (change, at) => this.#changed(change, at),
      left: (id) => this.#left(id),
    })
    this.#handshakes = new Handshakes({
      tree: this.#tree,
      handshakes: openTable('organizations/handshakes'),
      clock: options.clock,
      randomness: options.randomness,
      willChange: () => this.#willChange(),
      changed: (change) => this.#changed(change),
    })
    this.#gate = new CallGate({
      ...options,
      limiterFor: organizationsLimiters(),
      tooFast: (operation) => (operation === 'GetResources' ? taggingTooFast() : tooManyRequests()),
    })
  }

  // The port.

  /** Counts as no call: it never changes, so an adapter asks for it once. */
  async managementAccountId(): Promise<AccountId> {
    return this.#tree.organization.managementAccountId
  }

  async listAccounts(nextToken?: string, most: number = pageMost): Promise<Page<Account>> {
    this.#enter('ListAccounts')
    return this.#read(this.#tree.accountIds, { nextToken, most }, (id) => this.#describe(id))
  }

  async describeAccount(id: AccountId): Promise<Account | undefined> {
    this.#enter('DescribeAccount')
    return this.#tree.findAccount(id) === undefined ? undefined : this.#describe(id)
  }

  /** DescribeAccount as AWS answers it: AccountNotFoundException if the account does not exist. */
  async describeExistingAccount(id: AccountId): Promise<Account> {
    const account = await this.describeAccount(id)
    if (account === undefined) throw accountNotFound()
    return account
  }

  async listTags(id: AccountId): Promise<Tags> {
    return this.listTagsForResource(id)
  }

  /** The other port: GetResources for `organizations:account`, by a caller in the management account. */
  readonly accountTags: AccountTags = {
    list: async (_, nextToken) => this.listTaggedAccounts({ nextToken, most: taggedMost }),
  }

  listTaggedAccounts(page: PageRequest): Page<TaggedAccount> {
    this.#enter('GetResources')
    const rows = this.#read(this.#tree.accountIds, page, (id) => ({
      id: accountId.parse(id),
      tags: this.#tagsInBulk(id),
    }))
    return { ...rows, items: rows.items.flatMap(({ id, tags }) => (tags === undefined ? [] : [{ id, tags }])) }
  }

  /** For the root it counts as no call: an adapter remembers the root, which never changes. */
  async parentName(id: string): Promise<string | undefined> {
    if (id.startsWith('r-')) return this.#tree.organization.rootId === id ? rootName : undefined
    this.#enter('DescribeOrganizationalUnit')
    return this.#tree.findUnit(id)?.name
  }

  // The rest of what the wire serves: reads.

  async describeOrganization(): Promise<OrganizationRecord> {
    this.#enter('DescribeOrganization')
    return this.#tree.organization
  }

  async listRoots(): Promise<{ readonly id: string; readonly arn: string; readonly name: string }> {
    this.#enter('ListRoots')
    const { rootId } = this.#tree.organization
    return { id: rootId, arn: this.#tree.arn('root', rootId), name: rootName }
  }

  async describeOrganizationalUnit(id: string): Promise<OrganizationalUnitRecord> {
    this.#enter('DescribeOrganizationalUnit')
    return this.#tree.unit(id)
  }

  async listOrganizationalUnitsForParent(parentId: string, page: PageRequest): Promise<Page<OrganizationalUnitRecord>> {
    this.#enter('ListOrganizationalUnitsForParent')
    return this.#read(this.#childrenOf(parentId, 'ORGANIZATIONAL_UNIT'), page, (id) => this.#tree.unit(id))
  }

  async listAccountsForParent(parentId: string, page: PageRequest): Promise<Page<Account>> {
    this.#enter('ListAccountsForParent')
    return this.#read(this.#childrenOf(parentId, 'ACCOUNT'), page, (id) => this.#describe(id))
  }

  async listChildren(parentId: string, type: ChildType, page: PageRequest): Promise<Page<string>> {
    this.#enter('ListChildren')
    return this.#read(this.#childrenOf(parentId, type), page, (id) => id)
  }

  /** AWS lists one parent: there is exactly one. */
  async listParents(childId: string): Promise<Parent> {
    this.#enter('ListParents')
    const child = this.#tree.findAccount(childId) ?? this.#tree.findUnit(childId)
    if (child === undefined) throw childNotFound()
    return { id: child.parentId, type: child.parentId.startsWith('r-') ? 'ROOT' : 'ORGANIZATIONAL_UNIT' }
  }

  async listTagsForResource(resourceId: string): Promise<Tags> {
    this.#enter('ListTagsForResource')
    return this.#tree.tags(resourceId)
  }

  async describeCreateAccountStatus(requestId: string): Promise<CreateAccountRecord> {
    this.#enter('DescribeCreateAccountStatus')
    return this.#lifecycle.createStatus(requestId)
  }

  // Changes.

  async createAccount(account: { accountName: string; email: string; tags?: Tags }): Promise<CreateAccountRecord> {
    this.#enter('CreateAccount')
    checkTags(Object.keys(account.tags ?? {}), account.tags ?? {})
    return this.#lifecycle.create(account)
  }

  async closeAccount(id: AccountId): Promise<void> {
    this.#enter('CloseAccount')
    this.#lifecycle.close(id)
  }

  async removeAccountFromOrganization(id: AccountId): Promise<void> {
    this.#enter('RemoveAccountFromOrganization')
    this.#lifecycle.remove(id)
  }

  /** `tags`: the tags of the account when it becomes a member. */
  async inviteAccountToOrganization(party: InvitedParty, tags: Tags = {}): Promise<HandshakeRecord> {
    this.#enter('InviteAccountToOrganization')
    checkTags(Object.keys(tags), tags)
    return this.#handshakes.invite(party, tags)
  }

  /** Called by the invited account. */
  async acceptHandshake(id: string, caller: AccountId): Promise<HandshakeRecord> {
    this.#enter('AcceptHandshake')
    return this.#handshakes.accept(id, caller)
  }

  /** Called by the account that leaves. */
  async leaveOrganization(caller: AccountId): Promise<void> {
    this.#enter('LeaveOrganization')
    this.#lifecycle.leave(caller)
  }

  async moveAccount(id: AccountId, sourceParentId: string, destinationParentId: string): Promise<void> {
    this.#enter('MoveAccount')
    const account = this.#tree.account(id)
    if (account.parentId !== sourceParentId) throw sourceParentNotFound()
    if (!this.#tree.isParent(destinationParentId)) throw destinationParentNotFound()
    if (sourceParentId === destinationParentId) throw alreadyThere()
    this.#willChange()
    this.#tree.putAccount({ ...account, parentId: destinationParentId })
    this.#changed({ event: 'MoveAccount', accountId: id, sourceParentId, destinationParentId })
  }

  async createOrganizationalUnit(parentId: string, name: string, tags: Tags = {}): Promise<OrganizationalUnitRecord> {
    this.#enter('CreateOrganizationalUnit')
    if (!this.#tree.isParent(parentId)) throw parentNotFound()
    this.#refuseDuplicateUnit(parentId, name)
    if (this.#tree.unitCount >= unitsMost) throw constraint('OU_NUMBER_LIMIT_EXCEEDED', 'You have too many OUs.')
    // The way down to the parent includes the root, which is no level of its own.
    if (this.#tree.parentsDownTo(parentId).length > depthMost)
      throw constraint('OU_DEPTH_LIMIT_EXCEEDED', 'You attempted to create an OU that is too many levels deep.')
    checkTags(Object.keys(tags), tags)
    const digits = this.#options.randomness.id().replaceAll('-', '').slice(0, 8)
    const id = `ou-${this.#tree.organization.rootId.slice(2)}-${digits}`
    const unit = { id, name, parentId, tags }
    this.#tree.putUnit(unit)
    const organizationalUnit = { id, arn: this.#tree.arn('ou', id), name }
    this.#changed({ event: 'CreateOrganizationalUnit', parentId, organizationalUnit })
    return unit
  }

  async updateOrganizationalUnit(id: string, name: string): Promise<OrganizationalUnitRecord> {
    this.#enter('UpdateOrganizationalUnit')
    const unit = { ...this.#tree.unit(id), name }
    this.#refuseDuplicateUnit(unit.parentId, name, id)
    this.#tree.putUnit(unit)
    this.#changed({ event: 'UpdateOrganizationalUnit', organizationalUnitId: id, name })
    return unit
  }

  async deleteOrganizationalUnit(id: string): Promise<void> {
    this.#enter('DeleteOrganizationalUnit')
    this.#tree.unit(id)
    if (this.#tree.unitsOf(id).length + this.#tree.accountsOf(id).length > 0) throw unitNotEmpty()
    this.#tree.removeUnit(id)
    this.#changed({ event: 'DeleteOrganizationalUnit', organizationalUnitId: id })
  }

  async tagResource(resourceId: string, tags: Tags): Promise<void> {
    this.#enter('TagResource')
    const after = { ...this.#tree.tags(resourceId), ...tags }
    checkTags(Object.keys(tags), after)
    this.#tagsWillChange(resourceId)
    const resourceArn = this.#tree.putTags(resourceId, after)
    this.#changed({ event: 'TagResource', resourceId, resourceArn, changedTagKeys: Object.keys(tags), tags: after })
  }

  async untagResource(resourceId: string, keys: readonly string[]): Promise<void> {
    this.#enter('UntagResource')
    const before = Object.entries(this.#tree.tags(resourceId))
    const tags = Object.fromEntries(before.filter(([key]) => !keys.includes(key)))
    checkTags(keys, tags)
    this.#tagsWillChange(resourceId)
    const resourceArn = this.#tree.putTags(resourceId, tags)
    this.#changed({ event: 'UntagResource', resourceId, resourceArn, changedTagKeys: [...keys], tags })
  }

  // The methods below are the model's own.

  get isFounded(): boolean {
    return this.#tree.isFounded
  }

  /** Starts the organization with its root; units and accounts come next. */
  found(organization: OrganizationRecord): void {
    this.#tree.found(organization)
  }

  /** Adds an organizational unit without a call or a change event, as from an organization file. */
  addUnit(unit: OrganizationalUnitRecord): void {
    this.#tree.putUnit(unit)
  }

  /** Adds an account without a call or a change event, as from an organization file. */
  addAccount(account: AccountRecord): void {
    this.#willChange()
    this.#tree.putAccount(account)
  }

  /** From now on answers leave out State and Paths of the account: neither is a required member. */
  withholdPlace(id: AccountId): void {
    this.#withheld.set(id, true)
  }

  tellPlace(id: AccountId): void {
    this.#withheld.delete(id)
  }

  /** As of the last `settle`. `undefined`: not in the organization. */
  accountState(id: AccountId): Account['state'] | undefined {
    return this.#tree.findAccount(id)?.state
  }

  /** All accounts with their places, without tags; ascending by id. */
  accountsNow(): readonly Account[] {
    this.settle()
    return this.#tree.accountIds.map((id) => this.#tree.describe(id))
  }

  hasParent(id: string): boolean {
    return this.#tree.isParent(id)
  }

  tagsNow(resourceId: string): Tags {
    return this.#tree.tags(resourceId)
  }

  accountDetails(id: AccountId): AccountDetails {
    return this.#tree.details(id)
  }

  organizationalUnitDetails(id: string): { readonly arn: string; readonly path: string } {
    const path = `${[this.#tree.organization.id, ...this.#tree.parentsDownTo(id)].join('/')}/`
    return { arn: this.#tree.arn('ou', id), path }
  }

  get managementAccountIdNow(): AccountId {
    return this.#tree.organization.managementAccountId
  }

  get organizationId(): string {
    return this.#tree.organization.id
  }

  /** Renames the account: a call of Account Management, so Organizations sends no event of it. */
  renameAccount(id: AccountId, name: string): void {
    this.settle()
    this.#willChange()
    this.#tree.putAccount({ ...this.#tree.account(id), name })
  }

  /** AWS Support or Billing suspends an account, without an event. */
  suspendAccount(id: AccountId): void {
    this.#lifecycle.setState(id, 'SUSPENDED')
  }

  /** Makes a suspended, closing or closed account active again, without an event. */
  reinstateAccount(id: AccountId): void {
    this.#lifecycle.setState(id, 'ACTIVE')
  }

  /** Deletes a closed account for good, as AWS does after 90 days. */
  goneAccount(id: AccountId): void {
    this.settle()
    this.#lifecycle.clean(id)
  }

  observe(observer: OrganizationsObserver): void {
    this.#observers.push(observer)
  }

  /** Carries out due steps: accounts being created, closed or deleted. */
  settle(): void {
    this.#lifecycle.settle()
  }

  /** When the next request completes; `undefined`: none is in progress. */
  nextDueAt(): Date | undefined {
    return this.#lifecycle.nextDueAt()
  }

  #enter(operation: string): void {
    this.#gate.enter(operation)
    this.settle()
    if (!this.#tree.isFounded) throw notInUse()
  }

  /** An account that lost its last tag keeps a row: AWS also returns what was tagged before. */
  #tagsInBulk(id: string): Tags | undefined {
    const before = this.#tagsBefore.get(id)
    if (before !== undefined && this.#options.clock.now() < before.until) return before.tags
    const tags = this.#tree.tags(id)
    return before === undefined && Object.keys(tags).length === 0 ? undefined : tags
  }

  #tagsWillChange(resourceId: string): void {
    const until = new Date(this.#options.clock.now().getTime() + (this.#options.bulkTagsLagMs ?? 0))
    const tags = this.#tree.findAccount(resourceId) && this.#tagsInBulk(resourceId)
    this.#tagsBefore.set(resourceId, { tags, until })
  }

  #childrenOf(parentId: string, type: ChildType): readonly string[] {
    if (!this.#tree.isParent(parentId)) throw parentNotFound()
    return type === 'ACCOUNT' ? this.#tree.accountsOf(parentId) : this.#tree.unitsOf(parentId)
  }

  #refuseDuplicateUnit(parentId: string, name: string, self?: string): void {
    const siblings = this.#tree.unitsOf(parentId).filter((id) => id !== self)
    if (siblings.some((id) => this.#tree.unit(id).name === name)) throw duplicateUnit()
  }

  /** The account in Organizations' form. */
  #describe(id: string): Account {
    const account = this.#tree.describe(id)
    return this.#withheld.has(id) ? { ...account, state: 'UNPLACED', parents: [] } : account
  }

  #read<T>(ids: readonly string[], request: PageRequest, read: (id: string) => T): Page<T> {
    const page = pageOf(ids, request)
    if (page === undefined) throw invalidInput('INVALID_NEXT_TOKEN', "The provided NextToken isn't valid.")
    return { items: page.items.map(read), nextToken: page.nextToken }
  }

  #willChange(at: Date = this.#options.clock.now()): void {
    for (const { beforeChange } of this.#observers) beforeChange(at)
  }

  #left(id: AccountId): void {
    for (const { accountLeft } of this.#observers) accountLeft(accountId.parse(id))
  }

  #changed(change: UnstampedChange, at: Date = this.#options.clock.now()): void {
    this.#options.onChange?.({ ...change, at })
  }
}
