import {
  type AccountAssignmentOperationStatus,
  AttachCustomerManagedPolicyReferenceToPermissionSetCommand,
  AttachManagedPolicyToPermissionSetCommand,
  CreateAccountAssignmentCommand,
  CreatePermissionSetCommand,
  DeleteAccountAssignmentCommand,
  DeleteInlinePolicyFromPermissionSetCommand,
  DeletePermissionSetCommand,
  DeletePermissionsBoundaryFromPermissionSetCommand,
  DescribeAccountAssignmentCreationStatusCommand,
  DescribeAccountAssignmentDeletionStatusCommand,
  DescribePermissionSetCommand,
  DescribePermissionSetProvisioningStatusCommand,
  DetachCustomerManagedPolicyReferenceFromPermissionSetCommand,
  DetachManagedPolicyFromPermissionSetCommand,
  GetInlinePolicyForPermissionSetCommand,
  GetPermissionsBoundaryForPermissionSetCommand,
  ListAccountAssignmentCreationStatusCommand,
  ListAccountAssignmentDeletionStatusCommand,
  ListAccountAssignmentsCommand,
  ListAccountAssignmentsForPrincipalCommand,
  ListAccountsForProvisionedPermissionSetCommand,
  ListCustomerManagedPolicyReferencesInPermissionSetCommand,
  ListInstancesCommand,
  ListManagedPoliciesInPermissionSetCommand,
  ListPermissionSetProvisioningStatusCommand,
  ListPermissionSetsCommand,
  ListPermissionSetsProvisionedToAccountCommand,
  ListTagsForResourceCommand,
  ProvisionPermissionSetCommand,
  PutInlinePolicyToPermissionSetCommand,
  PutPermissionsBoundaryToPermissionSetCommand,
  type SSOAdminClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePermissionSetCommand,
} from '@aws-sdk/client-sso-admin'
import type { AccountId } from '../domain/account-id.ts'
import type { PermissionSetArn } from '../domain/identity-center-ids.ts'
import type { CustomerManagedPolicy, PermissionsBoundary, Tag } from '../domain/permission-set-file.ts'
import type { Page } from '../ports/page.ts'
import { ServiceError } from '../ports/service-error.ts'
import type {
  AssignmentRequest,
  AssignmentRequestSummary,
  AssignmentTarget,
  NewPermissionSet,
  PermissionSetAttributes,
  PermissionSetUpdate,
  Principal,
  Provisioning,
  ProvisioningStatus,
  ProvisioningSummary,
  RequestKind,
  RequestState,
  SsoAdmin,
  WriteOptions,
} from '../ports/sso-admin.ts'
import { once } from './once.ts'
import { isSdkException, toServiceError } from './service-error.ts'
import {
  parseAccountId,
  parseAssignmentRequest,
  parseAssignmentTarget,
  parseBoundary,
  parseCustomerManagedPolicy,
  parseInstance,
  parsePermissionSet,
  parsePermissionSetArn,
  parsePrincipal,
  parseProvisioning,
  parseRequestSummary,
  parseTag,
} from './sso-admin-answers.ts'

type Instance = { readonly instanceArn: string; readonly identityStoreId: string }

/**
 * SSO Admin of the one instance that the credentials see in their Region. The SDK never retries: the limits are
 * global, so whoever calls keeps the rate, and a write whose answer is unknown has to be read back first. The exception
 * is the instance itself, asked for once by every process, also by those that call nothing else.
 */
export class AwsSsoAdmin implements SsoAdmin {
  readonly #client: SSOAdminClient
  readonly #patientClient: SSOAdminClient
  readonly #instance: () => Promise<Instance>

  /**
   * `client` must have `maxAttempts: 1`; with any other number every method throws. `patientClient` may have more: it asks
   * for the instance, while a dispatcher may be using up the 20 calls per second.
   */
  constructor(client: SSOAdminClient, patientClient = client) {
    this.#client = client
    this.#patientClient = patientClient
    this.#instance = once(() => this.#findInstance())
  }

  async instance(): Promise<Instance> {
    return this.#instance()
  }

  async createAccountAssignment(target: AssignmentTarget, options?: WriteOptions): Promise<AssignmentRequest> {
    const input = renderTarget(await this.#instanceArn(), target)
    const output = await this.#write(options, () => this.#client.send(new CreateAccountAssignmentCommand(input)))
    return this.#requestOf(output.AccountAssignmentCreationStatus, target)
  }

  async deleteAccountAssignment(target: AssignmentTarget, options?: WriteOptions): Promise<AssignmentRequest> {
    const input = renderTarget(await this.#instanceArn(), target)
    const output = await this.#write(options, () => this.#client.send(new DeleteAccountAssignmentCommand(input)))
    return this.#requestOf(output.AccountAssignmentDeletionStatus, target)
  }

  async describeAssignmentRequest(kind: RequestKind, requestId: string): Promise<AssignmentRequest | undefined> {
    const InstanceArn = await this.#instanceArn()
    const status = await orUndefined(async () => {
      if (kind === 'creation') {
        const input = { InstanceArn, AccountAssignmentCreationRequestId: requestId }
        const output = await this.#client.send(new DescribeAccountAssignmentCreationStatusCommand(input))
        return output.AccountAssignmentCreationStatus
      }
      const input = { InstanceArn, AccountAssignmentDeletionRequestId: requestId }
      const output = await this.#client.send(new DescribeAccountAssignmentDeletionStatusCommand(input))
      return output.AccountAssignmentDeletionStatus
    })
    return status === undefined ? undefined : parseAssignmentRequest(status)
  }

  async listAssignmentRequests(
    kind: RequestKind,
    state: RequestState | undefined,
    nextToken?: string,
  ): Promise<Page<AssignmentRequestSummary>> {
    const Filter = state === undefined ? undefined : { Status: state }
    const input = { InstanceArn: await this.#instanceArn(), NextToken: nextToken, MaxResults: 100, Filter }
    if (kind === 'creation') {
      const output = await read(() => this.#client.send(new ListAccountAssignmentCreationStatusCommand(input)))
      return pageOf(output.AccountAssignmentsCreationStatus?.map(parseRequestSummary), output.NextToken)
    }
    const output = await read(() => this.#client.send(new ListAccountAssignmentDeletionStatusCommand(input)))
    return pageOf(output.AccountAssignmentsDeletionStatus?.map(parseRequestSummary), output.NextToken)
  }

  async listAccountAssignments(
    accountId: AccountId,
    permissionSetArn: PermissionSetArn,
    nextToken?: string,
  ): Promise<Page<Principal>> {
    const input = { ...(await this.#listInput(permissionSetArn, nextToken)), AccountId: accountId }
    const output = await read(() => this.#client.send(new ListAccountAssignmentsCommand(input)))
    return pageOf(output.AccountAssignments?.map(parsePrincipal), output.NextToken)
  }

  async listAccountAssignmentsForPrincipal(
    { principalId, principalType }: Principal,
    nextToken?: string,
  ): Promise<Page<AssignmentTarget>> {
    const about = { InstanceArn: await this.#instanceArn(), PrincipalId: principalId, PrincipalType: principalType }
    const input = { ...about, NextToken: nextToken, MaxResults: 100 }
    const output = await read(() => this.#client.send(new ListAccountAssignmentsForPrincipalCommand(input)))
    return pageOf(output.AccountAssignments?.map(parseAssignmentTarget), output.NextToken)
  }

  async listPermissionSets(nextToken?: string): Promise<Page<PermissionSetArn>> {
    const input = { InstanceArn: await this.#instanceArn(), NextToken: nextToken, MaxResults: 100 }
    const output = await read(() => this.#client.send(new ListPermissionSetsCommand(input)))
    return pageOf(output.PermissionSets?.map(parsePermissionSetArn), output.NextToken)
  }

  async describePermissionSet(arn: PermissionSetArn): Promise<PermissionSetAttributes | undefined> {
    const input = await this.#input(arn)
    const output = await orUndefined(() => this.#client.send(new DescribePermissionSetCommand(input)))
    return output === undefined ? undefined : parsePermissionSet(output.PermissionSet)
  }

  async createPermissionSet(permissionSet: NewPermissionSet, options?: WriteOptions): Promise<PermissionSetArn> {
    const { name, description, sessionDuration, relayState, tags } = permissionSet
    const input = {
      InstanceArn: await this.#instanceArn(),
      Name: name,
      Description: description,
      SessionDuration: sessionDuration,
      RelayState: relayState,
      Tags: [...tags],
    }
    const output = await this.#write(options, () => this.#client.send(new CreatePermissionSetCommand(input)))
    return parsePermissionSetArn(output.PermissionSet?.PermissionSetArn)
  }

  async updatePermissionSet(arn: PermissionSetArn, update: PermissionSetUpdate): Promise<void> {
    const { description, sessionDuration, relayState } = update
    const attributes = { Description: description, SessionDuration: sessionDuration, RelayState: relayState }
    const input = { ...(await this.#input(arn)), ...attributes }
    await this.#write(undefined, () => this.#client.send(new UpdatePermissionSetCommand(input)))
  }

  async deletePermissionSet(arn: PermissionSetArn): Promise<void> {
    const input = await this.#input(arn)
    await this.#write(undefined, () => this.#client.send(new DeletePermissionSetCommand(input)))
  }

  async listTagsForResource(arn: PermissionSetArn, nextToken?: string): Promise<Page<Tag>> {
    const input = { ...(await this.#resource(arn)), NextToken: nextToken }
    const output = await read(() => this.#client.send(new ListTagsForResourceCommand(input)))
    return pageOf(output.Tags?.map(parseTag), output.NextToken)
  }

  async tagResource(arn: PermissionSetArn, tags: readonly Tag[]): Promise<void> {
    const input = { ...(await this.#resource(arn)), Tags: [...tags] }
    await this.#write(undefined, () => this.#client.send(new TagResourceCommand(input)))
  }

  async untagResource(arn: PermissionSetArn, keys: readonly string[]): Promise<void> {
    const input = { ...(await this.#resource(arn)), TagKeys: [...keys] }
    await this.#write(undefined, () => this.#client.send(new UntagResourceCommand(input)))
  }

  async listManagedPolicies(arn: PermissionSetArn, nextToken?: string): Promise<Page<string>> {
    const input = await this.#listInput(arn, nextToken)
    const output = await read(() => this.#client.send(new ListManagedPoliciesInPermissionSetCommand(input)))
    return pageOf(
      output.AttachedManagedPolicies?.flatMap(({ Arn }) => Arn ?? []),
      output.NextToken,
    )
  }

  async attachManagedPolicy(arn: PermissionSetArn, policyArn: string): Promise<void> {
    const input = { ...(await this.#input(arn)), ManagedPolicyArn: policyArn }
    await this.#write(undefined, () => this.#client.send(new AttachManagedPolicyToPermissionSetCommand(input)))
  }

  async detachManagedPolicy(arn: PermissionSetArn, policyArn: string): Promise<void> {
    const input = { ...(await this.#input(arn)), ManagedPolicyArn: policyArn }
    await this.#write(undefined, () => this.#client.send(new DetachManagedPolicyFromPermissionSetCommand(input)))
  }

  async listCustomerManagedPolicies(arn: PermissionSetArn, nextToken?: string): Promise<Page<CustomerManagedPolicy>> {
    const command = new ListCustomerManagedPolicyReferencesInPermissionSetCommand(await this.#listInput(arn, nextToken))
    const output = await read(() => this.#client.send(command))
    return pageOf(output.CustomerManagedPolicyReferences?.map(parseCustomerManagedPolicy), output.NextToken)
  }

  async attachCustomerManagedPolicy(arn: PermissionSetArn, policy: CustomerManagedPolicy): Promise<void> {
    const input = { ...(await this.#input(arn)), CustomerManagedPolicyReference: policy }
    const command = new AttachCustomerManagedPolicyReferenceToPermissionSetCommand(input)
    await this.#write(undefined, () => this.#client.send(command))
  }

  async detachCustomerManagedPolicy(arn: PermissionSetArn, policy: CustomerManagedPolicy): Promise<void> {
    const input = { ...(await this.#input(arn)), CustomerManagedPolicyReference: policy }
    const command = new DetachCustomerManagedPolicyReferenceFromPermissionSetCommand(input)
    await this.#write(undefined, () => this.#client.send(command))
  }

  async getInlinePolicy(arn: PermissionSetArn): Promise<string | undefined> {
    const input = await this.#input(arn)
    const output = await read(() => this.#client.send(new GetInlinePolicyForPermissionSetCommand(input)))
    return output.InlinePolicy === '' ? undefined : output.InlinePolicy
  }

  async putInlinePolicy(arn: PermissionSetArn, policy: string): Promise<void> {
    const input = { ...(await this.#input(arn)), InlinePolicy: policy }
    await this.#write(undefined, () => this.#client.send(new PutInlinePolicyToPermissionSetCommand(input)))
  }

  async deleteInlinePolicy(arn: PermissionSetArn): Promise<void> {
    const input = await this.#input(arn)
    await this.#write(undefined, () => this.#client.send(new DeleteInlinePolicyFromPermissionSetCommand(input)))
  }

  /** A missing boundary and a missing permission set answer alike; so the permission set is looked up then. */
  async getPermissionsBoundary(arn: PermissionSetArn): Promise<PermissionsBoundary | undefined> {
    const input = await this.#input(arn)
    const output = await orUndefined(() => this.#client.send(new GetPermissionsBoundaryForPermissionSetCommand(input)))
    if (output !== undefined) return parseBoundary(output.PermissionsBoundary)
    await read(() => this.#client.send(new DescribePermissionSetCommand(input)))
    return undefined
  }

  async putPermissionsBoundary(arn: PermissionSetArn, boundary: PermissionsBoundary): Promise<void> {
    const input = { ...(await this.#input(arn)), PermissionsBoundary: boundary }
    await this.#write(undefined, () => this.#client.send(new PutPermissionsBoundaryToPermissionSetCommand(input)))
  }

  async deletePermissionsBoundary(arn: PermissionSetArn): Promise<void> {
    const input = await this.#input(arn)
    await this.#write(undefined, () => this.#client.send(new DeletePermissionsBoundaryFromPermissionSetCommand(input)))
  }

  async provisionPermissionSet(arn: PermissionSetArn, accountId?: AccountId): Promise<Provisioning> {
    const target =
      accountId === undefined
        ? ({ TargetType: 'ALL_PROVISIONED_ACCOUNTS' } as const)
        : ({ TargetType: 'AWS_ACCOUNT', TargetId: accountId } as const)
    const input = { ...(await this.#input(arn)), ...target }
    const output = await this.#write(undefined, () => this.#client.send(new ProvisionPermissionSetCommand(input)))
    // The answer repeats what was asked for; where it does not, that is what it speaks of.
    const asked = { PermissionSetArn: arn, ...(accountId === undefined ? {} : { AccountId: accountId }) }
    return parseProvisioning({ ...asked, ...output.PermissionSetProvisioningStatus })
  }

  async describeProvisioning(requestId: string): Promise<Provisioning | undefined> {
    const input = { InstanceArn: await this.#instanceArn(), ProvisionPermissionSetRequestId: requestId }
    const output = await orUndefined(() => this.#client.send(new DescribePermissionSetProvisioningStatusCommand(input)))
    return output && parseProvisioning(output.PermissionSetProvisioningStatus ?? {})
  }

  async listProvisionings(state: RequestState | undefined, nextToken?: string): Promise<Page<ProvisioningSummary>> {
    const Filter = state === undefined ? undefined : { Status: state }
    const input = { InstanceArn: await this.#instanceArn(), NextToken: nextToken, MaxResults: 100, Filter }
    const output = await read(() => this.#client.send(new ListPermissionSetProvisioningStatusCommand(input)))
    return pageOf(output.PermissionSetsProvisioningStatus?.map(parseRequestSummary), output.NextToken)
  }

  async listAccountsForProvisionedPermissionSet(
    arn: PermissionSetArn,
    status?: ProvisioningStatus,
    nextToken?: string,
  ): Promise<Page<AccountId>> {
    const input = { ...(await this.#listInput(arn, nextToken)), ProvisioningStatus: status }
    const output = await read(() => this.#client.send(new ListAccountsForProvisionedPermissionSetCommand(input)))
    return pageOf(output.AccountIds?.map(parseAccountId), output.NextToken)
  }

  async listPermissionSetsProvisionedToAccount(
    accountId: AccountId,
    status?: ProvisioningStatus,
    nextToken?: string,
  ): Promise<Page<PermissionSetArn>> {
    const about = { InstanceArn: await this.#instanceArn(), AccountId: accountId, ProvisioningStatus: status }
    const input = { ...about, NextToken: nextToken, MaxResults: 100 }
    const output = await read(() => this.#client.send(new ListPermissionSetsProvisionedToAccountCommand(input)))
    return pageOf(output.PermissionSets?.map(parsePermissionSetArn), output.NextToken)
  }

  async #findInstance(): Promise<Instance> {
    const attempts = await this.#client.config.maxAttempts()
    if (attempts !== 1) {
      throw new Error(
        `received an SSO Admin client of ${attempts} attempts, expected maxAttempts: 1; writes must not be repeated`,
      )
    }
    const { Instances: instances = [] } = await read(() => this.#patientClient.send(new ListInstancesCommand({})))
    const [instance, ...others] = instances
    if (instance === undefined || others.length > 0) {
      const message =
        `received ${instances.length} instances of IAM Identity Center, expected one; ` +
        'use the Region of your instance, and credentials of the management account or the delegated administrator'
      throw new ServiceError('sso-admin', 'ResourceNotFoundException', message)
    }
    return parseInstance(instance)
  }

  async #instanceArn(): Promise<string> {
    return (await this.#instance()).instanceArn
  }

  async #input(arn: PermissionSetArn): Promise<{ InstanceArn: string; PermissionSetArn: string }> {
    return { InstanceArn: await this.#instanceArn(), PermissionSetArn: arn }
  }

  async #resource(arn: PermissionSetArn): Promise<{ InstanceArn: string; ResourceArn: string }> {
    return { InstanceArn: await this.#instanceArn(), ResourceArn: arn }
  }

  async #listInput(arn: PermissionSetArn, nextToken: string | undefined) {
    return { ...(await this.#input(arn)), NextToken: nextToken, MaxResults: 100 }
  }

  /** The signal stops only what has not left: a call that was sent is waited for, since it may take effect. */
  async #write<O>({ signal }: WriteOptions = {}, send: () => Promise<O>): Promise<O> {
    if (signal?.aborted) throw new ServiceError('sso-admin', 'NoAnswer', 'the call was aborted before it was sent')
    return read(send)
  }

  #requestOf(status: AccountAssignmentOperationStatus | undefined, target: AssignmentTarget): AssignmentRequest {
    // The answer repeats the target; where it does not, what was asked for is what it speaks of.
    return parseAssignmentRequest({ ...renderTarget('', target), ...status })
  }
}

async function read<O>(send: () => Promise<O>): Promise<O> {
  try {
    return await send()
  } catch (error) {
    throw toServiceError('sso-admin', error)
  }
}

/** `undefined` for ResourceNotFoundException, unless its Reason says that a KMS key is what was not found. */
async function orUndefined<O>(send: () => Promise<O>): Promise<O | undefined> {
  try {
    return await send()
  } catch (error) {
    const isAbsent =
      isSdkException(error) && error.name === 'ResourceNotFoundException' && !('Reason' in error && error.Reason)
    if (isAbsent) return undefined
    throw toServiceError('sso-admin', error)
  }
}

function renderTarget(InstanceArn: string, target: AssignmentTarget) {
  return {
    InstanceArn,
    TargetId: target.accountId,
    TargetType: 'AWS_ACCOUNT',
    PermissionSetArn: target.permissionSetArn,
    PrincipalType: target.principalType,
    PrincipalId: target.principalId,
  } as const
}

function pageOf<T>(items: readonly T[] | undefined, nextToken: string | undefined): Page<T> {
  return { items: items ?? [], nextToken }
}
