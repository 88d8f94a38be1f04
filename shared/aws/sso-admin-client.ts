import {
  type $Command,
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
  type ServiceInputTypes,
  type ServiceOutputTypes,
  type SSOAdminClient,
  type SSOAdminClientResolvedConfig,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePermissionSetCommand,
} from '@aws-sdk/client-sso-admin'
import type { PermissionSetArn } from '../domain/identity-center-ids.ts'
import { once } from '../ports/once.ts'
import type { Page } from '../ports/page.ts'
import { ServiceError } from '../ports/service-error.ts'
import type { AssignmentTarget, RequestState, SsoAdmin, WriteOptions } from '../ports/sso-admin.ts'
import { answerOf, answerOrAbsent } from './service-error.ts'
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

/**
 * SSO Admin of the one instance that the credentials see in their Region. The SDK never retries: the limits are global,
 * so callers keep the rate, and after a write without an answer they read back first. The exception is the instance
 * itself: every process asks for it once.
 *
 * `client` must have `maxAttempts: 1`; with any other number every method throws. `patientClient` may have more. It asks
 * for the instance, while a dispatcher may be using up the 20 calls per second.
 */
export function awsSsoAdmin(client: SSOAdminClient, patientClient = client, instanceArn?: string): SsoAdmin {
  const instance = once(() => findInstance(client, patientClient, instanceArn))
  const calls = new Calls(client, instance)
  return {
    instance,
    ...accountAssignments(calls),
    ...permissionSets(calls),
    ...policies(calls),
    ...provisionings(calls),
  }
}

async function findInstance(client: SSOAdminClient, patientClient: SSOAdminClient, instanceArn: string | undefined) {
  const attempts = await client.config.maxAttempts()
  if (attempts !== 1) {
    throw new Error(
      `received an SSO Admin client of ${attempts} attempts, expected maxAttempts: 1; writes must not be repeated`,
    )
  }
  const { Instances: listed = [] } = await answerOf('sso-admin', patientClient.send(new ListInstancesCommand({})))
  // An account may also have an instance of its own, which is listed too. (User Guide, "Account instances".)
  const instances = instanceArn === undefined ? listed : listed.filter(({ InstanceArn }) => InstanceArn === instanceArn)
  const [instance, ...others] = instances
  if (instance === undefined || others.length > 0) {
    const expected = instanceArn === undefined ? 'one' : `${instanceArn} among ${listed.length}`
    const message =
      `received ${instances.length} instances of IAM Identity Center, expected ${expected}; ` +
      'use the Region of your instance, and credentials of the management account or the delegated administrator'
    // Not ResourceNotFoundException: nobody may take a missing instance for a missing assignment.
    throw new ServiceError('sso-admin', 'InstanceNotFound', message)
  }
  if (instance.Status !== undefined && instance.Status !== 'ACTIVE') {
    const message = `the instance ${instance.InstanceArn} is ${instance.Status}, expected ACTIVE; wait until it is`
    throw new ServiceError('sso-admin', 'InstanceNotActive', message)
  }
  return parseInstance(instance)
}

/** Makes a command for the instance with this ARN. */
type Make<I extends ServiceInputTypes, O extends ServiceOutputTypes> = (
  instanceArn: string,
) => $Command<I, O, SSOAdminClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>
type PageInput = { readonly InstanceArn: string; readonly NextToken: string | undefined; readonly MaxResults: number }

class Calls {
  readonly #client: SSOAdminClient
  readonly #instance: SsoAdmin['instance']

  constructor(client: SSOAdminClient, instance: SsoAdmin['instance']) {
    this.#client = client
    this.#instance = instance
  }

  /** The signal stops a call before it is sent. A call that was sent is waited for, since it may take effect. */
  async send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    make: Make<I, O>,
    { signal }: WriteOptions = {},
  ): Promise<O> {
    const { instanceArn } = await this.#instance()
    if (signal?.aborted) throw new ServiceError('sso-admin', 'NoAnswer', 'the call was aborted before it was sent')
    return answerOf('sso-admin', this.#client.send(make(instanceArn)))
  }

  /** A call whose answer says no more than that it succeeded. */
  async write<I extends ServiceInputTypes, O extends ServiceOutputTypes>(make: Make<I, O>): Promise<void> {
    await this.send(make)
  }

  /** `undefined` for ResourceNotFoundException. */
  async find<I extends ServiceInputTypes, O extends ServiceOutputTypes>(make: Make<I, O>): Promise<O | undefined> {
    return answerOrAbsent('sso-admin', this.send(make), ({ code }) => code === 'ResourceNotFoundException')
  }

  /** One page. */
  async list<I extends ServiceInputTypes, O extends ServiceOutputTypes & { NextToken?: string | undefined }, T>(
    NextToken: string | undefined,
    make: (page: PageInput) => ReturnType<Make<I, O>>,
    parseRows: (output: O) => readonly T[] | undefined,
  ): Promise<Page<T>> {
    const output = await this.send((InstanceArn) => make({ InstanceArn, NextToken, MaxResults: 100 }))
    return { items: parseRows(output) ?? [], nextToken: output.NextToken }
  }
}

function accountAssignments(calls: Calls) {
  return {
    async createAccountAssignment(target, options) {
      const input = renderTarget(target)
      const make = (InstanceArn: string) => new CreateAccountAssignmentCommand({ InstanceArn, ...input })
      // An answer may leave out the target.
      return parseAssignmentRequest({ ...input, ...(await calls.send(make, options)).AccountAssignmentCreationStatus })
    },
    async deleteAccountAssignment(target, options) {
      const input = renderTarget(target)
      const make = (InstanceArn: string) => new DeleteAccountAssignmentCommand({ InstanceArn, ...input })
      return parseAssignmentRequest({ ...input, ...(await calls.send(make, options)).AccountAssignmentDeletionStatus })
    },
    async describeAssignmentRequest(kind, id) {
      const describeCreation = (InstanceArn: string) =>
        new DescribeAccountAssignmentCreationStatusCommand({ InstanceArn, AccountAssignmentCreationRequestId: id })
      const describeDeletion = (InstanceArn: string) =>
        new DescribeAccountAssignmentDeletionStatusCommand({ InstanceArn, AccountAssignmentDeletionRequestId: id })
      const status =
        kind === 'creation'
          ? (await calls.find(describeCreation))?.AccountAssignmentCreationStatus
          : (await calls.find(describeDeletion))?.AccountAssignmentDeletionStatus
      return status && parseAssignmentRequest(status)
    },
    listAssignmentRequests: (kind, state, nextToken) =>
      kind === 'creation'
        ? calls.list(
            nextToken,
            (page) => new ListAccountAssignmentCreationStatusCommand({ ...page, Filter: filterBy(state) }),
            (output) => output.AccountAssignmentsCreationStatus?.map(parseRequestSummary),
          )
        : calls.list(
            nextToken,
            (page) => new ListAccountAssignmentDeletionStatusCommand({ ...page, Filter: filterBy(state) }),
            (output) => output.AccountAssignmentsDeletionStatus?.map(parseRequestSummary),
          ),
    listAccountAssignments: (AccountId, PermissionSetArn, nextToken) =>
      calls.list(
        nextToken,
        (page) => new ListAccountAssignmentsCommand({ ...page, AccountId, PermissionSetArn }),
        (output) => output.AccountAssignments?.map(parsePrincipal),
      ),
    listAccountAssignmentsForPrincipal: ({ principalId: PrincipalId, principalType: PrincipalType }, nextToken) =>
      calls.list(
        nextToken,
        (page) => new ListAccountAssignmentsForPrincipalCommand({ ...page, PrincipalId, PrincipalType }),
        (output) => output.AccountAssignments?.map(parseAssignmentTarget),
      ),
  } satisfies Partial<SsoAdmin>
}

function permissionSets(calls: Calls) {
  return {
    listPermissionSets: (nextToken) =>
      calls.list(
        nextToken,
        (page) => new ListPermissionSetsCommand(page),
        (output) => output.PermissionSets?.map(parsePermissionSetArn),
      ),
    async describePermissionSet(PermissionSetArn) {
      const output = await calls.find(
        (InstanceArn) => new DescribePermissionSetCommand({ InstanceArn, PermissionSetArn }),
      )
      return output && parsePermissionSet(output.PermissionSet)
    },
    async createPermissionSet({ name, description, sessionDuration, relayState, tags }, options) {
      const attributes = { Description: description, SessionDuration: sessionDuration, RelayState: relayState }
      const make = (InstanceArn: string) =>
        new CreatePermissionSetCommand({ InstanceArn, Name: name, ...attributes, Tags: [...tags] })
      return parsePermissionSetArn((await calls.send(make, options)).PermissionSet?.PermissionSetArn)
    },
    updatePermissionSet(PermissionSetArn, { description, sessionDuration, relayState }) {
      const attributes = { Description: description, SessionDuration: sessionDuration, RelayState: relayState }
      return calls.write(
        (InstanceArn) => new UpdatePermissionSetCommand({ InstanceArn, PermissionSetArn, ...attributes }),
      )
    },
    deletePermissionSet: (PermissionSetArn) =>
      calls.write((InstanceArn) => new DeletePermissionSetCommand({ InstanceArn, PermissionSetArn })),
    listTagsForResource: (ResourceArn, nextToken) =>
      calls.list(
        nextToken,
        ({ InstanceArn, NextToken }) => new ListTagsForResourceCommand({ InstanceArn, ResourceArn, NextToken }),
        (output) => output.Tags?.map(parseTag),
      ),
    tagResource: (ResourceArn, tags) =>
      calls.write((InstanceArn) => new TagResourceCommand({ InstanceArn, ResourceArn, Tags: [...tags] })),
    untagResource: (ResourceArn, keys) =>
      calls.write((InstanceArn) => new UntagResourceCommand({ InstanceArn, ResourceArn, TagKeys: [...keys] })),
  } satisfies Partial<SsoAdmin>
}

function policies(calls: Calls) {
  const change = <I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    PermissionSetArn: PermissionSetArn,
    make: (about: { readonly InstanceArn: string; readonly PermissionSetArn: string }) => ReturnType<Make<I, O>>,
  ) => calls.write((InstanceArn) => make({ InstanceArn, PermissionSetArn }))
  return {
    listManagedPolicies: (PermissionSetArn, nextToken) =>
      calls.list(
        nextToken,
        (page) => new ListManagedPoliciesInPermissionSetCommand({ ...page, PermissionSetArn }),
        (output) => output.AttachedManagedPolicies?.flatMap(({ Arn }) => Arn ?? []),
      ),
    attachManagedPolicy: (arn, ManagedPolicyArn) =>
      change(arn, (about) => new AttachManagedPolicyToPermissionSetCommand({ ...about, ManagedPolicyArn })),
    detachManagedPolicy: (arn, ManagedPolicyArn) =>
      change(arn, (about) => new DetachManagedPolicyFromPermissionSetCommand({ ...about, ManagedPolicyArn })),
    listCustomerManagedPolicies: (PermissionSetArn, nextToken) =>
      calls.list(
        nextToken,
        (page) => new ListCustomerManagedPolicyReferencesInPermissionSetCommand({ ...page, PermissionSetArn }),
        (output) => output.CustomerManagedPolicyReferences?.map(parseCustomerManagedPolicy),
      ),
    attachCustomerManagedPolicy: (arn, policy) =>
      change(arn, (about) => {
        const input = { ...about, CustomerManagedPolicyReference: policy }
        return new AttachCustomerManagedPolicyReferenceToPermissionSetCommand(input)
      }),
    detachCustomerManagedPolicy: (arn, policy) =>
      change(arn, (about) => {
        const input = { ...about, CustomerManagedPolicyReference: policy }
        return new DetachCustomerManagedPolicyReferenceFromPermissionSetCommand(input)
      }),
    async getInlinePolicy(PermissionSetArn) {
      const make = (InstanceArn: string) =>
        new GetInlinePolicyForPermissionSetCommand({ InstanceArn, PermissionSetArn })
      return (await calls.send(make)).InlinePolicy || undefined
    },
    putInlinePolicy: (arn, InlinePolicy) =>
      change(arn, (about) => new PutInlinePolicyToPermissionSetCommand({ ...about, InlinePolicy })),
    deleteInlinePolicy: (arn) => change(arn, (about) => new DeleteInlinePolicyFromPermissionSetCommand(about)),
    /** The answer is the same for a missing boundary and a missing permission set. So the permission set is looked up. */
    async getPermissionsBoundary(PermissionSetArn) {
      const output = await calls.find(
        (InstanceArn) => new GetPermissionsBoundaryForPermissionSetCommand({ InstanceArn, PermissionSetArn }),
      )
      if (output !== undefined) return parseBoundary(output.PermissionsBoundary)
      await calls.send((InstanceArn) => new DescribePermissionSetCommand({ InstanceArn, PermissionSetArn }))
      return undefined
    },
    putPermissionsBoundary: (arn, PermissionsBoundary) =>
      change(arn, (about) => new PutPermissionsBoundaryToPermissionSetCommand({ ...about, PermissionsBoundary })),
    deletePermissionsBoundary: (arn) =>
      change(arn, (about) => new DeletePermissionsBoundaryFromPermissionSetCommand(about)),
  } satisfies Partial<SsoAdmin>
}

function provisionings(calls: Calls) {
  return {
    async provisionPermissionSet(PermissionSetArn, accountId) {
      const TargetType = accountId === undefined ? 'ALL_PROVISIONED_ACCOUNTS' : 'AWS_ACCOUNT'
      const output = await calls.send(
        (InstanceArn) =>
          new ProvisionPermissionSetCommand({ InstanceArn, PermissionSetArn, TargetType, TargetId: accountId }),
      )
      // An answer may leave out what it repeats from the request.
      return parseProvisioning({ PermissionSetArn, AccountId: accountId, ...output.PermissionSetProvisioningStatus })
    },
    async describeProvisioning(requestId) {
      const make = (InstanceArn: string) =>
        new DescribePermissionSetProvisioningStatusCommand({ InstanceArn, ProvisionPermissionSetRequestId: requestId })
      const output = await calls.find(make)
      return output && parseProvisioning(output.PermissionSetProvisioningStatus ?? {})
    },
    listProvisionings: (state, nextToken) =>
      calls.list(
        nextToken,
        (page) => new ListPermissionSetProvisioningStatusCommand({ ...page, Filter: filterBy(state) }),
        (output) => output.PermissionSetsProvisioningStatus?.map(parseRequestSummary),
      ),
    listAccountsForProvisionedPermissionSet: (PermissionSetArn, ProvisioningStatus, nextToken) =>
      calls.list(
        nextToken,
        (page) => new ListAccountsForProvisionedPermissionSetCommand({ ...page, PermissionSetArn, ProvisioningStatus }),
        (output) => output.AccountIds?.map(parseAccountId),
      ),
    listPermissionSetsProvisionedToAccount: (AccountId, ProvisioningStatus, nextToken) =>
      calls.list(
        nextToken,
        (page) => new ListPermissionSetsProvisionedToAccountCommand({ ...page, AccountId, ProvisioningStatus }),
        (output) => output.PermissionSets?.map(parsePermissionSetArn),
      ),
  } satisfies Partial<SsoAdmin>
}

function filterBy(state: RequestState | undefined) {
  return state && { Status: state }
}

function renderTarget({ accountId, permissionSetArn, principalId, principalType }: AssignmentTarget) {
  return {
    TargetId: accountId,
    TargetType: 'AWS_ACCOUNT',
    PermissionSetArn: permissionSetArn,
    PrincipalType: principalType,
    PrincipalId: principalId,
  } as const
}
