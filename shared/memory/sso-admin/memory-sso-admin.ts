import type { Attribute, AttributeConfiguration as Configured } from '../../domain/attributes/attributes-file.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type {
  CustomerManagedPolicy,
  PermissionSetFile,
  PermissionsBoundary,
  Tag,
} from '../../domain/permission-sets/permission-set-file.ts'
import {
  type PermissionSetArn,
  type PrincipalId,
  permissionSetArn,
} from '../../domain/principals/identity-center-ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Page } from '../../ports/page.ts'
import type { Randomness } from '../../ports/randomness.ts'
import { ServiceError } from '../../ports/service-error.ts'
import type {
  Application,
  AssignmentRequest,
  AssignmentTarget,
  NewPermissionSet,
  PermissionSetAttributes,
  Principal,
  Provisioning,
  ProvisioningStatus,
  RequestKind,
  RequestState,
  RequestSummary,
  SsoAdmin,
  WriteOptions,
} from '../../ports/sso-admin.ts'
import { CallGate, type CallObserver } from '../call-gate.ts'
import type { MemoryIdentityStore } from '../identity-store/memory-identity-store.ts'
import type { MemoryOrganizations } from '../organizations/memory-organizations.ts'
import { startOf } from '../page-of.ts'
import { memoryTables, type OpenTable } from '../table.ts'
import { Applications } from './applications.ts'
import type { RequestOrder, RequestRecord } from './asynchronous-requests.ts'
import { AttributeConfiguration } from './attribute-configuration.ts'
import { drawLatencyMs } from './draw-latency.ts'
import type { ReadLagMs } from './listed-permission-sets.ts'
import type { PermissionSetDefinitions } from './permission-set-definitions.ts'
import {
  type PermissionSetDefinition,
  type PermissionSetUpdate,
  refuseReservedKeys,
} from './permission-set-definitions.ts'
import { newRole, principalKey, type ReservedRole } from './provisioned-permission-sets.ts'
import { RollingSecond } from './rolling-second.ts'
import {
  answerToProvision,
  answerToRequest,
  copyTarget,
  describeProvisioning,
  describeRequest,
  readPage,
  summarize,
  targetKey,
} from './sso-admin-answers.ts'
import type { AssignmentRequestRecord, ProvisioningRecord } from './sso-admin-records.ts'
import { conflictingOperation, permissionSetsAreOff, rateExceeded, tooManyRequests } from './sso-admin-refusals.ts'
import { type PrincipalListing, type SsoAdminCaller, SsoAdminRules } from './sso-admin-rules.ts'
import { type GonePrincipalDeletion, SsoAdminState } from './sso-admin-state.ts'

export type MemorySsoAdminOptions = CallObserver & {
  /** Learns of every accepted request. */
  readonly onRequest?: ((request: AssignmentRequestRecord | ProvisioningRecord) => void) | undefined
  readonly clock: Clock
  readonly randomness: Randomness
  readonly openTable?: OpenTable
  /** The source of assignable principals. */
  readonly identityStore: MemoryIdentityStore
  /** The source of assignable accounts. */
  readonly organizations: MemoryOrganizations
  /** Median of an assignment or provisioning request; default 300. */
  readonly latencyMs?: number
  /** Its 99th percentile; default four times the median. */
  readonly latencyP99Ms?: number
  /** How far listings of assignments and provisioned accounts lag behind completed requests; default 0. */
  readonly readLagMs?: ReadLagMs | undefined
  /** How long finished requests are remembered; default 24 hours (AWS does not document it). */
  readonly retentionMs?: number
  /** The order of listed requests (AWS does not document it). Default `newest-first`. */
  readonly requestOrder?: RequestOrder | undefined
  /** The maximum of requests on a page. Default: as requested, 100 at most. */
  readonly requestPageMost?: number | undefined
  /** The caller, always or at this moment. A delegated administrator is refused for the management account. Default `management`. */
  readonly caller?: SsoAdminCaller | (() => SsoAdminCaller)
  /** The account also has an instance of its own, which ListInstances lists first. Default: only the organization's. */
  readonly accountInstanceOf?: AccountId | undefined
  /** Whether the instance has permission sets now. Default: always. */
  readonly hasPermissionSets?: (() => boolean) | undefined
  /** Whether a delegated administrator may call ListAccountAssignmentsForPrincipal (unverified). Default `refused`. */
  readonly principalListing?: PrincipalListing
  /** Default `succeeds`. */
  readonly gonePrincipalDeletion?: GonePrincipalDeletion
}

const instanceId = 'ssoins-7223a1b2c3d4e5f6'
const accountInstance = { id: 'ssoins-7223ffffffffffff', identityStoreId: 'd-9067ffffff' }
const pageMost = 100
/** A page of ListAccountAssignmentsForPrincipal is short by this many rows, so that no caller relies on full pages. */
const shortBy = 3
// Source of these figures: IAM Identity Center User Guide, "Quotas and limits in IAM Identity Center".
const callsPerSecond = 20
const outstandingMost = 15
const provisioningsMost = 3
const allProvisionedAccountsMost = 3500
// Field reports: changes of one permission set in quick succession get ConflictException. AWS documents no duration.
const changeLeastMs = 200
const changeMostMs = 500

/**
 * An honest model of the SSO Admin API of one instance: 20 calls in any rolling second over all operations, 15 outstanding assignment
 * requests, one per account. Asynchronous requests complete when they are due, by the state at that time. Methods have the names of AWS's
 * operations if the port does not name them; those at the end are the model's own and count as no call. Throws ServiceError with AWS's
 * codes and texts.
 */
export class MemorySsoAdmin implements SsoAdmin {
  readonly instanceArn = `arn:aws:sso:::instance/${instanceId}`
  readonly identityStoreId: string
  readonly #options: MemorySsoAdminOptions
  readonly #state: SsoAdminState
  readonly #rules: SsoAdminRules
  readonly #gate: CallGate
  readonly #instances: Map<string, { readonly createdAt: Date }>
  readonly #attributes: AttributeConfiguration
  /** What others do with applications. The product only reads them. */
  readonly applications: Applications
  /** By permission set: the end of its last change. */
  readonly #changingUntilMs = new Map<PermissionSetArn, number>()

  constructor(options: MemorySsoAdminOptions) {
    const openTable = options.openTable ?? memoryTables
    this.#options = options
    this.identityStoreId = options.identityStore.identityStoreId
    this.#state = new SsoAdminState({
      clock: options.clock,
      randomness: options.randomness,
      openTable,
      identityStore: options.identityStore,
      organizations: options.organizations,
      gonePrincipalDeletion: options.gonePrincipalDeletion ?? 'succeeds',
      readLagMs: options.readLagMs,
      retentionMs: options.retentionMs ?? 24 * 60 * 60 * 1000,
      requestOrder: options.requestOrder ?? 'newest-first',
    })
    const { caller = 'management' } = options
    this.#rules = new SsoAdminRules(this.#state, options.organizations, {
      caller: typeof caller === 'string' ? () => caller : caller,
      principalListing: options.principalListing ?? 'refused',
    })
    const limiter = new RollingSecond(callsPerSecond)
    this.#gate = new CallGate({ ...options, limiterFor: () => limiter, tooFast: rateExceeded })
    this.#attributes = new AttributeConfiguration(openTable('sso-admin/attributes'))
    this.applications = new Applications(openTable('sso-admin/applications'), this)
    this.#instances = openTable('sso-admin/instances')
    if (!this.#instances.has(this.instanceArn))
      this.#instances.set(this.instanceArn, { createdAt: options.clock.now() })
  }

  // The instance.

  /** Counts as no call: an adapter asks ListInstances once. */
  async instance(): Promise<{ readonly instanceArn: string; readonly identityStoreId: string }> {
    return { instanceArn: this.instanceArn, identityStoreId: this.identityStoreId }
  }

  async listInstances(): Promise<readonly InstanceDescription[]> {
    this.#enter('ListInstances')
    const own = this.#describeAccountInstance()
    return own === undefined ? [this.#describeInstance()] : [own, this.#describeInstance()]
  }

  /** `undefined`: no instance has this ARN. */
  async describeInstance(instanceArn = this.instanceArn): Promise<InstanceDescription | undefined> {
    this.#enter('DescribeInstance')
    return [this.#describeInstance(), this.#describeAccountInstance()].find((one) => one?.instanceArn === instanceArn)
  }

  async getPermissionSetsEnabled(): Promise<boolean> {
    const described = await this.describeInstance()
    return described?.permissionSetsEnabled !== false
  }

  // Attributes for access control.

  async describeAttributes(): Promise<Configured | undefined> {
    this.#enter('DescribeInstanceAccessControlAttributeConfiguration')
    return this.#attributes.describe(this.#options.clock.now())
  }

  async createAttributes(attributes: readonly Attribute[]): Promise<void> {
    this.#enter('CreateInstanceAccessControlAttributeConfiguration')
    this.#attributes.create(attributes, this.#newRequest().dueAt)
  }

  async updateAttributes(attributes: readonly Attribute[]): Promise<void> {
    this.#enter('UpdateInstanceAccessControlAttributeConfiguration')
    const { createdAt: now, dueAt } = this.#newRequest()
    this.#attributes.update(attributes, { now, dueAt })
  }

  /** The product never calls it. */
  async deleteAttributes(): Promise<void> {
    this.#enter('DeleteInstanceAccessControlAttributeConfiguration')
    this.#attributes.delete()
  }

  async listApplications(nextToken?: string, most?: number): Promise<Page<Application>> {
    this.#enter('ListApplications')
    return this.applications.list(nextToken, most)
  }

  async getApplicationScope(arn: string, scope: string): Promise<boolean> {
    this.#enter('GetApplicationAccessScope')
    return this.applications.hasScope(arn, scope)
  }

  // Account assignments.

  /** Provisions the permission set, as it is defined when the request completes, and assigns it. */
  async createAccountAssignment(target: AssignmentTarget, options?: WriteOptions): Promise<AssignmentRequest> {
    this.#enter('CreateAccountAssignment', options)
    this.#rules.checkTarget('CreateAccountAssignment', target)
    this.#rules.checkAssignmentQuotas(target)
    return this.#startRequest('creation', target, 'CreateAccountAssignment')
  }

  async deleteAccountAssignment(target: AssignmentTarget, options?: WriteOptions): Promise<AssignmentRequest> {
    this.#enter('DeleteAccountAssignment', options)
    this.#rules.checkTarget('DeleteAccountAssignment', target)
    return this.#startRequest('deletion', target, 'DeleteAccountAssignment')
  }

  async describeAssignmentRequest(kind: RequestKind, requestId: string): Promise<AssignmentRequest | undefined> {
    this.#enter(
      kind === 'creation' ? 'DescribeAccountAssignmentCreationStatus' : 'DescribeAccountAssignmentDeletionStatus',
    )
    const record = this.#state.assignmentRequests.get(requestId)
    return record?.kind === kind ? describeRequest(record) : undefined
  }

  async listAssignmentRequests(
    kind: RequestKind,
    state: RequestState | undefined,
    nextToken?: string,
    most: number = pageMost,
  ): Promise<Page<RequestSummary>> {
    this.#enter(kind === 'creation' ? 'ListAccountAssignmentCreationStatus' : 'ListAccountAssignmentDeletionStatus')
    const { requestPageMost = most } = this.#options
    const page = { nextToken, most: Math.min(most, requestPageMost) }
    return summarize(this.#state.assignmentRequests.list(kind, state, page))
  }

  async listAccountAssignments(
    id: AccountId,
    arn: PermissionSetArn,
    nextToken?: string,
    most: number = pageMost,
  ): Promise<Page<Principal>> {
    this.#enter('ListAccountAssignments')
    this.#state.definitions.get(arn)
    const principals = this.#state.listed.get(id, arn)?.principals ?? []
    return readPage(principals, principalKey, { nextToken, most })
  }

  /**
   * For a USER the answer includes the rows of the user's groups, which have PrincipalType GROUP. A page has fewer rows than requested
   * although more follow.
   */
  async listAccountAssignmentsForPrincipal(
    { principalId, principalType }: Principal,
    nextToken?: string,
    {
      accountId,
      most = pageMost,
    }: { readonly accountId?: AccountId | undefined; readonly most?: number | undefined } = {},
  ): Promise<Page<AssignmentTarget>> {
    this.#enter('ListAccountAssignmentsForPrincipal')
    this.#rules.refusePrincipalListing()
    const groupIds = principalType === 'USER' ? this.#options.identityStore.groupIdsOf(principalId) : []
    const wanted = new Set([`${principalId} ${principalType}`, ...groupIds.map((id) => `${id} GROUP`)])
    const page = { nextToken, most: Math.max(1, most - shortBy) }
    const last = startOf(nextToken) ?? ''
    const isNext = (row: AssignmentTarget) =>
      wanted.has(principalKey(row)) && (accountId ?? row.accountId) === row.accountId && targetKey(row) > last
    const after = [accountId ?? '', last.split(' ')[0]].sort().at(-1)
    const found = [principalId, ...groupIds]
      .flatMap((id) => [
        ...this.#rowsOf(id, after)
          .filter(isNext)
          .take(page.most + 1),
      ])
      .sort((a, b) => (targetKey(a) < targetKey(b) ? -1 : 1))
    return readPage(found, targetKey, page)
  }

  // Permission sets.

  async listPermissionSets(nextToken?: string, most: number = pageMost): Promise<Page<PermissionSetArn>> {
    this.#enter('ListPermissionSets')
    return readPage(this.#state.definitions.arns(), (arn) => arn, { nextToken, most })
  }

  async describePermissionSet(arn: PermissionSetArn): Promise<PermissionSetAttributes | undefined> {
    this.#enter('DescribePermissionSet')
    const definition = this.#state.definitions.find(arn)
    if (definition === undefined) return undefined
    const { name, description, sessionDuration, relayState, createdAt } = definition
    return { arn, name, sessionDuration, createdAt, description, relayState }
  }

  async createPermissionSet(permissionSet: NewPermissionSet, options?: WriteOptions): Promise<PermissionSetArn> {
    this.#enter('CreatePermissionSet', options)
    if (!this.#describeInstance().permissionSetsEnabled) throw permissionSetsAreOff()
    refuseReservedKeys(permissionSet.tags.map(({ Key }) => Key))
    const digits = this.#options.randomness.id().replaceAll('-', '').slice(0, 16)
    return this.addPermissionSet(permissionSet, digits)
  }

  async updatePermissionSet(arn: PermissionSetArn, update: PermissionSetUpdate): Promise<void> {
    this.#changeDefinition('UpdatePermissionSet', arn, (all) => all.update(arn, update))
  }

  /** Refused while it is provisioned anywhere or a request names it, including deletions in progress. */
  async deletePermissionSet(arn: PermissionSetArn): Promise<void> {
    this.#enterDefinitionWrite('DeletePermissionSet', arn)
    this.#rules.refuseInUse(arn)
    this.#state.definitions.delete(arn)
  }

  // Policies. They change the definition only: accounts follow with ProvisionPermissionSet.

  async listManagedPolicies(arn: PermissionSetArn, nextToken?: string, most: number = pageMost): Promise<Page<string>> {
    this.#enter('ListManagedPoliciesInPermissionSet')
    return readPage(this.#state.definitions.get(arn).managedPolicyArns, (policy) => policy, { nextToken, most })
  }

  async attachManagedPolicy(arn: PermissionSetArn, policyArn: string): Promise<void> {
    this.#changeDefinition('AttachManagedPolicyToPermissionSet', arn, (all) => all.attachManagedPolicy(arn, policyArn))
  }

  async detachManagedPolicy(arn: PermissionSetArn, policyArn: string): Promise<void> {
    this.#changeDefinition('DetachManagedPolicyFromPermissionSet', arn, (all) =>
      all.detachManagedPolicy(arn, policyArn),
    )
  }

  async listCustomerManagedPolicies(
    arn: PermissionSetArn,
    nextToken?: string,
    most: number = pageMost,
  ): Promise<Page<CustomerManagedPolicy>> {
    this.#enter('ListCustomerManagedPolicyReferencesInPermissionSet')
    return readPage(this.#state.definitions.get(arn).customerManagedPolicies, ({ Name }) => Name, { nextToken, most })
  }

  async attachCustomerManagedPolicy(arn: PermissionSetArn, policy: CustomerManagedPolicy): Promise<void> {
    this.#changeDefinition('AttachCustomerManagedPolicyReferenceToPermissionSet', arn, (all) =>
      all.attachCustomerManagedPolicy(arn, policy),
    )
  }

  async detachCustomerManagedPolicy(arn: PermissionSetArn, policy: CustomerManagedPolicy): Promise<void> {
    this.#changeDefinition('DetachCustomerManagedPolicyReferenceFromPermissionSet', arn, (all) =>
      all.detachCustomerManagedPolicy(arn, policy),
    )
  }

  async getInlinePolicy(arn: PermissionSetArn): Promise<string | undefined> {
    this.#enter('GetInlinePolicyForPermissionSet')
    return this.#state.definitions.get(arn).inlinePolicy
  }

  async putInlinePolicy(arn: PermissionSetArn, policy: string): Promise<void> {
    this.#changeDefinition('PutInlinePolicyToPermissionSet', arn, (all) => all.putInlinePolicy(arn, policy))
  }

  async deleteInlinePolicy(arn: PermissionSetArn): Promise<void> {
    this.#changeDefinition('DeleteInlinePolicyFromPermissionSet', arn, (all) => all.deleteInlinePolicy(arn))
  }

  async getPermissionsBoundary(arn: PermissionSetArn): Promise<PermissionsBoundary | undefined> {
    this.#enter('GetPermissionsBoundaryForPermissionSet')
    return this.#state.definitions.get(arn).permissionsBoundary
  }

  async putPermissionsBoundary(arn: PermissionSetArn, boundary: PermissionsBoundary): Promise<void> {
    this.#changeDefinition('PutPermissionsBoundaryToPermissionSet', arn, (all) =>
      all.putPermissionsBoundary(arn, boundary),
    )
  }

  async deletePermissionsBoundary(arn: PermissionSetArn): Promise<void> {
    this.#changeDefinition('DeletePermissionsBoundaryFromPermissionSet', arn, (all) =>
      all.deletePermissionsBoundary(arn),
    )
  }

  // Tags.

  async listTagsForResource(arn: PermissionSetArn, nextToken?: string, most: number = pageMost): Promise<Page<Tag>> {
    this.#enter('ListTagsForResource')
    const tags = this.#state.definitions.get(arn).tags.toSorted((a, b) => (a.Key < b.Key ? -1 : 1))
    return readPage(tags, ({ Key }) => Key, { nextToken, most })
  }

  async tagResource(arn: PermissionSetArn, tags: readonly Tag[]): Promise<void> {
    this.#enter('TagResource')
    this.#state.definitions.tag(arn, tags)
  }

  async untagResource(arn: PermissionSetArn, keys: readonly string[]): Promise<void> {
    this.#enter('UntagResource')
    this.#state.definitions.untag(arn, keys)
  }

  // Provisioning.

  /** Provisions the permission set to one account or, without an account, to all that have it now (3,500 at most). */
  async provisionPermissionSet(arn: PermissionSetArn, id?: AccountId): Promise<Provisioning> {
    const operation = 'ProvisionPermissionSet'
    this.#enterDefinitionWrite(operation, arn)
    const { provisionings, provisioned } = this.#state
    this.#rules.refuseBusyProvisioning(arn, id)
    if (provisionings.inProgress().length >= provisioningsMost) throw this.#gate.throttled(operation, tooManyRequests())
    const everywhere = () => [...provisioned.ofPermissionSet(arn)].map((one) => one.accountId)
    const record: ProvisioningRecord = {
      ...this.#newRequest(),
      kind: 'provisioning',
      permissionSetArn: arn,
      ...(id === undefined
        ? { accountIds: everywhere().slice(0, allProvisionedAccountsMost) }
        : { accountId: id, accountIds: [id] }),
    }
    provisionings.add(record)
    this.#options.onRequest?.(record)
    return answerToProvision(record)
  }

  /** `undefined`: the service does not know the request (any more). */
  async describeProvisioning(requestId: string): Promise<Provisioning | undefined> {
    this.#enter('DescribePermissionSetProvisioningStatus')
    const record = this.#state.provisionings.get(requestId)
    return record && describeProvisioning(record)
  }

  async listProvisionings(
    state: RequestState | undefined,
    nextToken?: string,
    most: number = pageMost,
  ): Promise<Page<RequestSummary>> {
    this.#enter('ListPermissionSetProvisioningStatus')
    return summarize(this.#state.provisionings.list('provisioning', state, { nextToken, most }))
  }

  async listAccountsForProvisionedPermissionSet(
    arn: PermissionSetArn,
    status?: ProvisioningStatus,
    nextToken?: string,
    most: number = pageMost,
  ): Promise<Page<AccountId>> {
    this.#enter('ListAccountsForProvisionedPermissionSet')
    this.#state.definitions.get(arn)
    const accounts = Iterator.from(this.#state.listed.ofPermissionSet(arn, startOf(nextToken)))
      .filter((one) => this.#hasStatus(one, status))
      .map((one) => one.accountId)
    return readPage(accounts, (id) => id, { nextToken, most })
  }

  async listPermissionSetsProvisionedToAccount(
    id: AccountId,
    status?: ProvisioningStatus,
    nextToken?: string,
    most: number = pageMost,
  ): Promise<Page<PermissionSetArn>> {
    this.#enter('ListPermissionSetsProvisionedToAccount')
    const arns = this.#state.listed
      .inAccount(id)
      .filter((one) => this.#hasStatus(one, status))
      .map((one) => one.permissionSetArn)
    return readPage(arns, (arn) => arn, { nextToken, most })
  }

  // The methods below are the model's own.

  /** Every present assignment, in no particular order. */
  assignments(): readonly AssignmentTarget[] {
    this.#state.settle()
    return [...this.#state.provisioned.all()].flatMap(({ accountId: id, permissionSetArn: arn, principals }) =>
      principals.map((principal) => ({ accountId: id, permissionSetArn: arn, ...principal })),
    )
  }

  isAssigned(target: AssignmentTarget): boolean {
    this.#state.settle()
    return this.#state.provisioned.holds(target)
  }

  /** Requests in progress, which count against the 15. */
  outstandingRequests(): readonly AssignmentRequest[] {
    this.#state.settle()
    return this.#state.assignmentRequests.inProgress().map(describeRequest)
  }

  /** `undefined`: no such request, or forgotten by now. */
  assignmentRequestState(requestId: string): RequestState | undefined {
    this.#state.settle()
    return this.#state.assignmentRequests.get(requestId)?.state
  }

  /** The account that the instance lives in. */
  get ownerAccountId(): AccountId {
    return this.#options.organizations.managementAccountIdNow
  }

  permissionSetCreatedAt(arn: PermissionSetArn): Date {
    return this.#state.definitions.get(arn).createdAt
  }

  permissionSetArnOf(name: string): PermissionSetArn | undefined {
    return this.#state.definitions.idOf(name)
  }

  /** The present definition; `undefined`: no permission set has this name. */
  definitionNow(name: string): PermissionSetDefinition | undefined {
    const arn = this.#state.definitions.idOf(name)
    return arn && this.#state.definitions.find(arn)
  }

  /** The accounts with an older version than the present definition. */
  staleAccountsNow(arn: PermissionSetArn): readonly AccountId[] {
    this.#state.settle()
    return [...this.#state.provisioned.ofPermissionSet(arn)]
      .filter((one) => this.#hasStatus(one, 'LATEST_PERMISSION_SET_NOT_PROVISIONED'))
      .map((one) => one.accountId)
  }

  /** The number that counts against the three. */
  provisioningsInProgress(): number {
    this.#state.settle()
    return this.#state.provisionings.inProgress().length
  }

  /** The role of a permission set in an account; `undefined`: not provisioned there. */
  roleName(id: AccountId, arn: PermissionSetArn): string | undefined {
    this.#state.settle()
    const provisioned = this.#state.provisioned.get(id, arn)
    if (provisioned === undefined) return undefined
    return `AWSReservedSSO_${this.#state.definitions.get(arn).name}_${provisioned.roleSuffix}`
  }

  /** The inline policy of the role in an account at the last provisioning. */
  provisionedInlinePolicy(id: AccountId, arn: PermissionSetArn): string | undefined {
    this.#state.settle()
    return this.#state.provisioned.get(id, arn)?.inlinePolicy
  }

  /** The roles of permission sets in an account, ascending by name. */
  rolesIn(id: AccountId): readonly ReservedRole[] {
    this.#state.settle()
    return this.#state.provisioned
      .inAccount(id)
      .map(({ permissionSetArn, roleSuffix, roleMadeAt: madeAt }) => {
        const policies = this.#state.definitions.get(permissionSetArn)
        const { name: permissionSet } = policies
        return { name: `AWSReservedSSO_${permissionSet}_${roleSuffix}`, permissionSet, madeAt, policies }
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Adds a permission set without a call; `digits`: the 16 characters after `ps-`. Throws if the name is taken. */
  addPermissionSet(
    permissionSet: NewPermissionSet,
    digits: string,
    contents?: PermissionSetContents,
  ): PermissionSetArn {
    const { definitions } = this.#state
    const arn = permissionSetArn.parse(`arn:aws:sso:::permissionSet/${instanceId}/ps-${digits}`)
    definitions.create(arn, permissionSet, this.#options.clock.now())
    for (const policyArn of contents?.managedPolicyArns ?? []) definitions.attachManagedPolicy(arn, policyArn)
    for (const policy of contents?.customerManagedPolicies ?? []) definitions.attachCustomerManagedPolicy(arn, policy)
    if (contents?.inlinePolicy !== undefined) definitions.putInlinePolicy(arn, contents.inlinePolicy)
    if (contents?.permissionsBoundary !== undefined)
      definitions.putPermissionsBoundary(arn, contents.permissionsBoundary)
    return arn
  }

  /** Adds an assignment without a call, as another administrator would; provisions the permission set. */
  addAssignment(target: AssignmentTarget): void {
    this.#state.settle()
    const definition = this.#state.definitions.get(target.permissionSetArn)
    const { randomness, clock } = this.#options
    this.#state.provisioned.assign(target, definition, newRole(randomness, clock.now()))
  }

  /** Removes an assignment without a call. */
  removeAssignment(target: AssignmentTarget): void {
    this.#state.settle()
    this.#state.provisioned.unassign(target)
  }

  /** Removes this customer managed policy from the account: from now on provisioning there fails. */
  removeCustomerManagedPolicy(id: AccountId, name: string): void {
    this.#state.settle()
    this.#state.policies.remove(id, name)
  }

  restoreCustomerManagedPolicy(id: AccountId, name: string): void {
    this.#state.settle()
    this.#state.policies.restore(id, name)
  }

  /** Configures attributes for access control without a call, as another administrator would. */
  setAttributes(attributes: readonly Attribute[]): void {
    this.#attributes.set(attributes, this.#options.clock.now())
  }

  /** The present configuration; `undefined`: there never was one. */
  attributesNow(): Configured | undefined {
    return this.#attributes.describe(this.#options.clock.now())
  }

  /** From now on each change of attributes fails for this reason; `undefined`: changes succeed again. */
  failAttributes(reason: string | undefined): void {
    this.#attributes.fail(reason)
  }

  /** Carries out due requests. Every call does it first. */
  settle(): void {
    this.#state.settle()
  }

  /** The next completion of a request; `undefined`: none is in progress. */
  nextDueAt(): Date | undefined {
    return this.#state.nextDueAt()
  }

  #enter(operation: string, { signal }: WriteOptions = {}): void {
    if (signal?.aborted) throw new ServiceError('sso-admin', 'NoAnswer', `${operation} was aborted before it was sent`)
    this.#gate.enter(operation)
    this.#state.settle()
  }

  #enterDefinitionWrite(operation: string, arn: PermissionSetArn): void {
    this.#enter(operation)
    this.#state.definitions.get(arn)
    this.#rules.refuseManagementAccount(operation, arn)
  }

  /** For some hundred milliseconds after a change, a definition refuses other changes. */
  #changeDefinition(operation: string, arn: PermissionSetArn, change: (all: PermissionSetDefinitions) => void): void {
    this.#enterDefinitionWrite(operation, arn)
    const { clock, randomness } = this.#options
    const nowMs = clock.now().getTime()
    if (nowMs < (this.#changingUntilMs.get(arn) ?? 0)) throw conflictingOperation()
    change(this.#state.definitions)
    this.#changingUntilMs.set(arn, nowMs + changeLeastMs + (changeMostMs - changeLeastMs) * randomness.fraction())
  }

  #describeInstance(): InstanceDescription {
    const { instanceArn, identityStoreId } = this
    const createdAt = this.#instances.get(instanceArn)?.createdAt ?? this.#options.clock.now()
    const permissionSetsEnabled = this.#options.hasPermissionSets?.() ?? true
    return { instanceArn, identityStoreId, createdAt, ownerAccountId: this.ownerAccountId, permissionSetsEnabled }
  }

  #describeAccountInstance(): InstanceDescription | undefined {
    const { accountInstanceOf: ownerAccountId } = this.#options
    if (ownerAccountId === undefined) return undefined
    const { createdAt } = this.#describeInstance()
    const { id, identityStoreId } = accountInstance
    const instanceArn = `arn:aws:sso:::instance/${id}`
    return { instanceArn, identityStoreId, createdAt, ownerAccountId, permissionSetsEnabled: false }
  }

  #startRequest(kind: RequestKind, target: AssignmentTarget, operation: string): AssignmentRequest {
    const { assignmentRequests } = this.#state
    if (assignmentRequests.inProgress().length >= outstandingMost)
      throw this.#gate.throttled(operation, tooManyRequests())
    const record: AssignmentRequestRecord = { ...this.#newRequest(), kind, target: copyTarget(target) }
    assignmentRequests.add(record)
    this.#options.onRequest?.(record)
    return answerToRequest(record)
  }

  #newRequest(): Omit<RequestRecord, 'kind' | 'failureReason'> {
    const { clock, randomness, latencyMs: medianMs = 300, latencyP99Ms: p99Ms = 4 * medianMs } = this.#options
    const createdAt = clock.now()
    const dueAt = new Date(createdAt.getTime() + drawLatencyMs({ medianMs, p99Ms }, randomness))
    return { requestId: randomness.id(), state: 'IN_PROGRESS', createdAt, dueAt }
  }

  #rowsOf(principalId: PrincipalId, after?: string): IteratorObject<AssignmentTarget> {
    return Iterator.from(this.#state.listed.ofPrincipal(principalId, after)).flatMap(
      ({ accountId: id, permissionSetArn: arn, principals }) =>
        principals
          .filter((principal) => principal.principalId === principalId)
          .map((principal) => ({ accountId: id, permissionSetArn: arn, ...principal })),
    )
  }

  #hasStatus(
    one: { readonly permissionSetArn: PermissionSetArn; readonly version: number },
    status: ProvisioningStatus | undefined,
  ): boolean {
    if (status === undefined) return true
    const isLatest = one.version === this.#state.definitions.get(one.permissionSetArn).version
    return isLatest === (status === 'LATEST_PERMISSION_SET_PROVISIONED')
  }
}

/** The contents of a permission set, as in its file. */
export type PermissionSetContents = Pick<
  PermissionSetFile,
  'managedPolicyArns' | 'customerManagedPolicies' | 'inlinePolicy' | 'permissionsBoundary'
>

export type InstanceDescription = {
  readonly instanceArn: string
  readonly identityStoreId: string
  readonly createdAt: Date
  readonly ownerAccountId: AccountId
  readonly permissionSetsEnabled: boolean
}
