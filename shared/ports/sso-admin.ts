import type { Attribute, AttributeConfiguration } from '../domain/attributes/attributes-file.ts'
import type { AccountId } from '../domain/organization/account-id.ts'
import type {
  CustomerManagedPolicy,
  PermissionSetDefinition,
  PermissionsBoundary,
  Tag,
} from '../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn, PrincipalId } from '../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../domain/principals/principal.ts'
import type { Page } from './page.ts'

/** The target of CreateAccountAssignment and DeleteAccountAssignment. */
export type AssignmentTarget = {
  readonly accountId: AccountId
  readonly permissionSetArn: PermissionSetArn
  readonly principalId: PrincipalId
  readonly principalType: PrincipalType
}

export const requestKinds = ['creation', 'deletion'] as const
export type RequestKind = (typeof requestKinds)[number]
export type RequestState = 'IN_PROGRESS' | 'FAILED' | 'SUCCEEDED'

/**
 * The List calls of requests and provisionings return only these fields. AWS leaves the date out of its answers to Create, Delete and
 * Provision, and its reference says "Required: No" (AccountAssignmentOperationStatus, IAM Identity Center API Reference).
 */
export type RequestSummary = {
  readonly requestId: string
  readonly state: RequestState
  readonly createdAt?: Date | undefined
}

/** AccountAssignmentOperationStatus (IAM Identity Center API Reference). */
export type AssignmentRequest = RequestSummary & { readonly failureReason?: string; readonly target: AssignmentTarget }

/** The answer of DescribePermissionSet. `sessionDuration` is ISO 8601, `PT1H` to `PT12H`. */
export type PermissionSetAttributes = PermissionSetUpdate & {
  readonly arn: PermissionSetArn
  readonly name: PermissionSetName
  readonly createdAt: Date
}

export type NewPermissionSet = Omit<PermissionSetAttributes, 'arn' | 'createdAt'> & { readonly tags: readonly Tag[] }

/**
 * The input of UpdatePermissionSet. A missing relay state clears it. A missing description keeps the old one: a description cannot be
 * emptied (its least length is 1).
 */
export type PermissionSetUpdate = Pick<PermissionSetDefinition, 'description' | 'sessionDuration' | 'relayState'>

/** PermissionSetProvisioningStatus (IAM Identity Center API Reference). */
export type Provisioning = RequestSummary & {
  readonly failureReason?: string
  readonly permissionSetArn: PermissionSetArn
  /** Absent: all accounts that have the permission set. */
  readonly accountId?: AccountId
}

export const provisioningStatuses = [
  'LATEST_PERMISSION_SET_PROVISIONED',
  'LATEST_PERMISSION_SET_NOT_PROVISIONED',
] as const
/** Whether an account has the present definition of a permission set. */
export type ProvisioningStatus = (typeof provisioningStatuses)[number]

/** An application of the instance. `account`: the account that made it. */
export type Application = {
  readonly arn: string
  readonly name: string
  readonly account: string
  readonly isEnabled: boolean
}

export type Principal = { readonly principalId: PrincipalId; readonly principalType: PrincipalType }

/** `signal` aborts a write only before it is sent. */
export type WriteOptions = { readonly signal?: AbortSignal }

/**
 * The SSO Admin API of one instance of IAM Identity Center. Throws ServiceError with AWS's codes: ThrottlingException, ConflictException,
 * ResourceNotFoundException, AccessDeniedException, ValidationException, ServiceQuotaExceededException, InternalServerException. No adapter
 * retries a write.
 */
export interface SsoAdmin {
  instance(): Promise<{ readonly instanceArn: string; readonly identityStoreId: string }>
  /**
   * Whether the organization's instance has permission sets. They can be off since August 2026, and once on, they stay on. (API Reference,
   * "DescribeInstance" and "UpdateInstance": PermissionSetsEnabled.)
   */
  getPermissionSetsEnabled(): Promise<boolean>

  createAccountAssignment(target: AssignmentTarget, options?: WriteOptions): Promise<AssignmentRequest>
  deleteAccountAssignment(target: AssignmentTarget, options?: WriteOptions): Promise<AssignmentRequest>
  /** `undefined`: the service does not know the request (any more). */
  describeAssignmentRequest(kind: RequestKind, requestId: string): Promise<AssignmentRequest | undefined>
  listAssignmentRequests(
    kind: RequestKind,
    state: RequestState | undefined,
    nextToken?: string,
  ): Promise<Page<RequestSummary>>
  listAccountAssignments(
    accountId: AccountId,
    permissionSetArn: PermissionSetArn,
    nextToken?: string,
  ): Promise<Page<Principal>>
  /**
   * The assignments of this principal. For a USER, they also include the rows of its groups, with PrincipalType GROUP. Pages may be short.
   * AWS documents the call for the management account only, so it may refuse a delegated administrator. `accountId`: only those in this
   * account.
   */
  listAccountAssignmentsForPrincipal(
    principal: Principal,
    nextToken?: string,
    only?: { readonly accountId?: AccountId | undefined },
  ): Promise<Page<AssignmentTarget>>

  listPermissionSets(nextToken?: string): Promise<Page<PermissionSetArn>>
  /** `undefined`: there is no such permission set. */
  describePermissionSet(arn: PermissionSetArn): Promise<PermissionSetAttributes | undefined>
  createPermissionSet(permissionSet: NewPermissionSet, options?: WriteOptions): Promise<PermissionSetArn>
  updatePermissionSet(arn: PermissionSetArn, update: PermissionSetUpdate): Promise<void>
  /** ConflictException while the permission set is provisioned anywhere, also while deletions of assignments are in flight. */
  deletePermissionSet(arn: PermissionSetArn): Promise<void>
  listTagsForResource(arn: PermissionSetArn, nextToken?: string): Promise<Page<Tag>>
  /** Adds tags, and replaces the values of existing ones. */
  tagResource(arn: PermissionSetArn, tags: readonly Tag[]): Promise<void>
  untagResource(arn: PermissionSetArn, keys: readonly string[]): Promise<void>

  listManagedPolicies(arn: PermissionSetArn, nextToken?: string): Promise<Page<string>>
  /** ConflictException: it is already attached. */
  attachManagedPolicy(arn: PermissionSetArn, policyArn: string): Promise<void>
  /** ResourceNotFoundException: it is not attached. */
  detachManagedPolicy(arn: PermissionSetArn, policyArn: string): Promise<void>
  listCustomerManagedPolicies(arn: PermissionSetArn, nextToken?: string): Promise<Page<CustomerManagedPolicy>>
  attachCustomerManagedPolicy(arn: PermissionSetArn, policy: CustomerManagedPolicy): Promise<void>
  detachCustomerManagedPolicy(arn: PermissionSetArn, policy: CustomerManagedPolicy): Promise<void>
  /** `undefined`: there is none (GetInlinePolicyForPermissionSet answers an empty text). */
  getInlinePolicy(arn: PermissionSetArn): Promise<string | undefined>
  putInlinePolicy(arn: PermissionSetArn, policy: string): Promise<void>
  deleteInlinePolicy(arn: PermissionSetArn): Promise<void>
  getPermissionsBoundary(arn: PermissionSetArn): Promise<PermissionsBoundary | undefined>
  /** Replaces a present boundary of either kind. */
  putPermissionsBoundary(arn: PermissionSetArn, boundary: PermissionsBoundary): Promise<void>
  deletePermissionsBoundary(arn: PermissionSetArn): Promise<void>

  /**
   * Makes the roles in the accounts equal to the definition: in one account, or in all accounts with the permission set (at most 3,500). At
   * most three run at a time.
   */
  provisionPermissionSet(arn: PermissionSetArn, accountId?: AccountId): Promise<Provisioning>
  /** `undefined`: the service does not know the request (any more). */
  describeProvisioning(requestId: string): Promise<Provisioning | undefined>
  listProvisionings(state: RequestState | undefined, nextToken?: string): Promise<Page<RequestSummary>>
  listAccountsForProvisionedPermissionSet(
    arn: PermissionSetArn,
    status?: ProvisioningStatus,
    nextToken?: string,
  ): Promise<Page<AccountId>>
  listPermissionSetsProvisionedToAccount(
    accountId: AccountId,
    status?: ProvisioningStatus,
    nextToken?: string,
  ): Promise<Page<PermissionSetArn>>

  /** Attributes for access control. `undefined`: none were ever configured. */
  describeAttributes(): Promise<AttributeConfiguration | undefined>
  /** ConflictException: some are already configured. Only Describe tells the result: it may take a while, and fail. */
  createAttributes(attributes: readonly Attribute[]): Promise<void>
  /** Replaces all of them. ResourceNotFoundException: none were ever configured. */
  updateAttributes(attributes: readonly Attribute[]): Promise<void>

  listApplications(nextToken?: string): Promise<Page<Application>>
  /** Whether there is such an application, and it has this access scope. */
  getApplicationScope(arn: string, scope: string): Promise<boolean>
}

/** The calls about permission sets and attributes that change nothing. */
export type ReadingSsoAdmin = Pick<
  SsoAdmin,
  | 'instance'
  | 'describeAttributes'
  | 'describePermissionSet'
  | 'listTagsForResource'
  | 'listManagedPolicies'
  | 'listCustomerManagedPolicies'
  | 'getInlinePolicy'
  | 'getPermissionsBoundary'
  | 'listAccountsForProvisionedPermissionSet'
>
