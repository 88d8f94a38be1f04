import {
  AttachCustomerManagedPolicyReferenceToPermissionSetCommand,
  AttachManagedPolicyToPermissionSetCommand,
  CreateAccountAssignmentCommand,
  CreateInstanceAccessControlAttributeConfigurationCommand,
  CreatePermissionSetCommand,
  DeleteAccountAssignmentCommand,
  DeleteInlinePolicyFromPermissionSetCommand,
  DeletePermissionSetCommand,
  DeletePermissionsBoundaryFromPermissionSetCommand,
  DescribeAccountAssignmentCreationStatusCommand,
  DescribeAccountAssignmentDeletionStatusCommand,
  DescribeInstanceAccessControlAttributeConfigurationCommand,
  DescribeInstanceCommand,
  DescribePermissionSetCommand,
  DescribePermissionSetProvisioningStatusCommand,
  DetachCustomerManagedPolicyReferenceFromPermissionSetCommand,
  DetachManagedPolicyFromPermissionSetCommand,
  GetApplicationAccessScopeCommand,
  GetInlinePolicyForPermissionSetCommand,
  GetPermissionsBoundaryForPermissionSetCommand,
  type InstanceMetadata,
  ListAccountAssignmentCreationStatusCommand,
  ListAccountAssignmentDeletionStatusCommand,
  ListAccountAssignmentsCommand,
  ListAccountAssignmentsForPrincipalCommand,
  ListAccountsForProvisionedPermissionSetCommand,
  ListApplicationsCommand,
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
  UpdateInstanceAccessControlAttributeConfigurationCommand,
  UpdatePermissionSetCommand,
} from '@aws-sdk/client-sso-admin'
import type { Attribute } from '../domain/attributes/attributes-file.ts'
import { once } from '../ports/once.ts'
import type { Page } from '../ports/page.ts'
import { ServiceError } from '../ports/service-error.ts'
import type { AssignmentTarget, PermissionSetUpdate, RequestState, SsoAdmin, WriteOptions } from '../ports/sso-admin.ts'
import { answerOf, answerOrAbsent } from './answers.ts'
import {
  parseAccountId,
  parseApplication,
  parseAssignmentRequest,
  parseAssignmentTarget,
  parseAttributeConfiguration,
  parseBoundary,
  parseCustomerManagedPolicy,
  parseInstance,
  parseManagedPolicyArn,
  parsePermissionSet,
  parsePermissionSetArn,
  parsePrincipal,
  parseProvisioning,
  parseRequestSummary,
  parseTag,
} from './sso-admin-answers.ts'

/**
 * SSO Admin of the one instance that the credentials see in their Region. The SDK never retries: the limits are global, so
 * callers keep the rate, and after a write without an answer they read back first. The exception is the instance itself, for
 * which every process asks once.
 *
 * `client` must have `maxAttempts: 1`; with any other number every method throws. `patientClient` may have more: it asks for
 * the instance while a dispatcher may use up the 20 calls per second. `wanted`: the ARN of the instance.
 */
export function awsSsoAdmin(client: SSOAdminClient, patientClient = client, wanted: WantedInstance = {}): SsoAdmin {
  const instance = once(() => findInstance(client, patientClient, wanted))
  const calls = new Calls(instance)
  return {
    instance,
    ...accountAssignments(client, calls),
    ...permissionSets(client, calls),
    ...policies(client, calls),
    ...provisionings(client, calls),
    ...attributes(client, calls),
    ...applications(client, calls),
  }
}

export type WantedInstance = {
  readonly instanceArn?: string | undefined
  /** Called if several instances are listed and none is named: the management account owns the organization's instance. */
  readonly managementAccountId?: (() => Promise<string>) | undefined
}

async function findInstance(client: SSOAdminClient, patientClient: SSOAdminClient, wanted: WantedInstance) {
  const attempts = await client.config.maxAttempts()
  if (attempts !== 1) {
    throw new Error(
      `received an SSO Admin client of ${attempts} attempts, expected maxAttempts: 1; writes must not be repeated`,
    )
  }
  const { Instances: listed = [] } = await answerOf('sso-admin', patientClient.send(new ListInstancesCommand({})))
  const { instanceArn } = wanted
  // An account may also have an instance of its own, which is listed too. (User Guide, "Account instances".)
  const instances =
    instanceArn === undefined
      ? await listOfOrganization(listed, wanted)
      : listed.filter(({ InstanceArn }) => InstanceArn === instanceArn)
  const [instance, ...others] = instances
  if (instance === undefined || others.length > 0) {
    const expected = instanceArn === undefined ? 'one' : `${instanceArn} among ${listed.length}`
    const message =
      `received ${instances.length} instances of IAM Identity Center, expected ${expected}; ` +
      'use the Region of your instance, and credentials of the management account or the delegated administrator'
    // Not ResourceNotFoundException, which callers would read as a missing assignment.
    throw new ServiceError('sso-admin', 'InstanceNotFound', message)
  }
  if (instance.Status !== undefined && instance.Status !== 'ACTIVE') {
    const message = `the instance ${instance.InstanceArn} is ${instance.Status}, expected ACTIVE; wait until it is`
    throw new ServiceError('sso-admin', 'InstanceNotActive', message)
  }
  return parseInstance(instance)
}

/** The listed instance, or the organization's if there are several. */
async function listOfOrganization(
  listed: readonly InstanceMetadata[],
  { managementAccountId }: WantedInstance,
): Promise<readonly InstanceMetadata[]> {
  if (listed.length < 2 || managementAccountId === undefined) return listed
  const owner = await managementAccountId()
  return listed.filter(({ OwnerAccountId }) => OwnerAccountId === owner)
}

type AboutInstance = { readonly InstanceArn: string }
type PageInput = AboutInstance & { readonly NextToken: string | undefined; readonly MaxResults: number }

/** Calls about the one instance. */
class Calls {
  readonly #instance: SsoAdmin['instance']

  constructor(instance: SsoAdmin['instance']) {
    this.#instance = instance
  }

  /** The signal stops a call before it is sent. A sent call is awaited, because it may take effect. */
  async send<O>(call: (about: AboutInstance) => Promise<O>, { signal }: WriteOptions = {}): Promise<O> {
    const { instanceArn: InstanceArn } = await this.#instance()
    if (signal?.aborted) throw new ServiceError('sso-admin', 'NoAnswer', 'the call was aborted before it was sent')
    return answerOf('sso-admin', call({ InstanceArn }))
  }

  /** A call whose answer only says that it succeeded. */
  async write(call: (about: AboutInstance) => Promise<unknown>): Promise<void> {
    await this.send(call)
  }

  /** `undefined` for ResourceNotFoundException. */
  async find<O>(call: (about: AboutInstance) => Promise<O>): Promise<O | undefined> {
    return answerOrAbsent('sso-admin', this.send(call), ({ code }) => code === 'ResourceNotFoundException')
  }

  /** One page: the rows in this member of the answer. */
  async list<K extends string, R, T>(
    NextToken: string | undefined,
    member: K,
    parseRow: (row: R) => T,
    call: (page: PageInput) => Promise<{ NextToken?: string | undefined } & { [member in K]?: R[] | undefined }>,
  ): Promise<Page<T>> {
    const output = await this.send((about) => call({ ...about, NextToken, MaxResults: 100 }))
    return { items: (output[member] ?? []).map((row) => parseRow(row)), nextToken: output.NextToken }
  }
}

function accountAssignments(client: SSOAdminClient, calls: Calls) {
  return {
    async createAccountAssignment(target, options) {
      const input = renderTarget(target)
      const output = await calls.send(
        (about) => client.send(new CreateAccountAssignmentCommand({ ...about, ...input })),
        options,
      )
      // An answer may leave out the target.
      return parseAssignmentRequest({ ...input, ...output.AccountAssignmentCreationStatus })
    },
    async deleteAccountAssignment(target, options) {
      const input = renderTarget(target)
      const output = await calls.send(
        (about) => client.send(new DeleteAccountAssignmentCommand({ ...about, ...input })),
        options,
      )
      return parseAssignmentRequest({ ...input, ...output.AccountAssignmentDeletionStatus })
    },
    async describeAssignmentRequest(kind, id) {
      const output = await calls.find(async (about) => {
        if (kind === 'creation') {
          const input = { ...about, AccountAssignmentCreationRequestId: id }
          return (await client.send(new DescribeAccountAssignmentCreationStatusCommand(input)))
            .AccountAssignmentCreationStatus
        }
        const input = { ...about, AccountAssignmentDeletionRequestId: id }
        return (await client.send(new DescribeAccountAssignmentDeletionStatusCommand(input)))
          .AccountAssignmentDeletionStatus
      })
      return output && parseAssignmentRequest(output)
    },
    listAssignmentRequests: (kind, state, nextToken) =>
      kind === 'creation'
        ? calls.list(nextToken, 'AccountAssignmentsCreationStatus', parseRequestSummary, (page) =>
            client.send(new ListAccountAssignmentCreationStatusCommand({ ...page, Filter: filterBy(state) })),
          )
        : calls.list(nextToken, 'AccountAssignmentsDeletionStatus', parseRequestSummary, (page) =>
            client.send(new ListAccountAssignmentDeletionStatusCommand({ ...page, Filter: filterBy(state) })),
          ),
    listAccountAssignments: (AccountId, PermissionSetArn, nextToken) =>
      calls.list(nextToken, 'AccountAssignments', parsePrincipal, (page) =>
        client.send(new ListAccountAssignmentsCommand({ ...page, AccountId, PermissionSetArn })),
      ),
    listAccountAssignmentsForPrincipal({ principalId: PrincipalId, principalType: PrincipalType }, nextToken, only) {
      const Filter = only?.accountId === undefined ? undefined : { AccountId: only.accountId }
      return calls.list(nextToken, 'AccountAssignments', parseAssignmentTarget, (page) =>
        client.send(new ListAccountAssignmentsForPrincipalCommand({ ...page, PrincipalId, PrincipalType, Filter })),
      )
    },
  } satisfies Partial<SsoAdmin>
}

function permissionSets(client: SSOAdminClient, calls: Calls) {
  return {
    listPermissionSets: (nextToken) =>
      calls.list(nextToken, 'PermissionSets', parsePermissionSetArn, (page) =>
        client.send(new ListPermissionSetsCommand(page)),
      ),
    async describePermissionSet(PermissionSetArn) {
      const output = await calls.find((about) =>
        client.send(new DescribePermissionSetCommand({ ...about, PermissionSetArn })),
      )
      return output && parsePermissionSet(output.PermissionSet)
    },
    async createPermissionSet({ name: Name, tags, ...attributes }, options) {
      const input = { Name, ...renderAttributes(attributes), Tags: [...tags] }
      const output = await calls.send(
        (about) => client.send(new CreatePermissionSetCommand({ ...about, ...input })),
        options,
      )
      return parsePermissionSetArn(output.PermissionSet?.PermissionSetArn)
    },
    updatePermissionSet(PermissionSetArn, update) {
      const input = { PermissionSetArn, ...renderAttributes(update) }
      return calls.write((about) => client.send(new UpdatePermissionSetCommand({ ...about, ...input })))
    },
    deletePermissionSet: (PermissionSetArn) =>
      calls.write((about) => client.send(new DeletePermissionSetCommand({ ...about, PermissionSetArn }))),
    listTagsForResource: (ResourceArn, nextToken) =>
      calls.list(nextToken, 'Tags', parseTag, ({ InstanceArn, NextToken }) =>
        client.send(new ListTagsForResourceCommand({ InstanceArn, ResourceArn, NextToken })),
      ),
    tagResource: (ResourceArn, tags) =>
      calls.write((about) => client.send(new TagResourceCommand({ ...about, ResourceArn, Tags: [...tags] }))),
    untagResource: (ResourceArn, keys) =>
      calls.write((about) => client.send(new UntagResourceCommand({ ...about, ResourceArn, TagKeys: [...keys] }))),
  } satisfies Partial<SsoAdmin>
}

function policies(client: SSOAdminClient, calls: Calls) {
  return {
    listManagedPolicies: (PermissionSetArn, nextToken) =>
      calls.list(nextToken, 'AttachedManagedPolicies', parseManagedPolicyArn, (page) =>
        client.send(new ListManagedPoliciesInPermissionSetCommand({ ...page, PermissionSetArn })),
      ),
    attachManagedPolicy: (PermissionSetArn, ManagedPolicyArn) =>
      calls.write((about) =>
        client.send(new AttachManagedPolicyToPermissionSetCommand({ ...about, PermissionSetArn, ManagedPolicyArn })),
      ),
    detachManagedPolicy: (PermissionSetArn, ManagedPolicyArn) =>
      calls.write((about) =>
        client.send(new DetachManagedPolicyFromPermissionSetCommand({ ...about, PermissionSetArn, ManagedPolicyArn })),
      ),
    listCustomerManagedPolicies: (PermissionSetArn, nextToken) =>
      calls.list(nextToken, 'CustomerManagedPolicyReferences', parseCustomerManagedPolicy, (page) =>
        client.send(new ListCustomerManagedPolicyReferencesInPermissionSetCommand({ ...page, PermissionSetArn })),
      ),
    attachCustomerManagedPolicy(PermissionSetArn, policy) {
      const input = { PermissionSetArn, CustomerManagedPolicyReference: policy }
      return calls.write((about) =>
        client.send(new AttachCustomerManagedPolicyReferenceToPermissionSetCommand({ ...about, ...input })),
      )
    },
    detachCustomerManagedPolicy(PermissionSetArn, policy) {
      const input = { PermissionSetArn, CustomerManagedPolicyReference: policy }
      return calls.write((about) =>
        client.send(new DetachCustomerManagedPolicyReferenceFromPermissionSetCommand({ ...about, ...input })),
      )
    },
    async getInlinePolicy(PermissionSetArn) {
      const output = await calls.send((about) =>
        client.send(new GetInlinePolicyForPermissionSetCommand({ ...about, PermissionSetArn })),
      )
      return output.InlinePolicy || undefined
    },
    putInlinePolicy: (PermissionSetArn, InlinePolicy) =>
      calls.write((about) =>
        client.send(new PutInlinePolicyToPermissionSetCommand({ ...about, PermissionSetArn, InlinePolicy })),
      ),
    deleteInlinePolicy: (PermissionSetArn) =>
      calls.write((about) =>
        client.send(new DeleteInlinePolicyFromPermissionSetCommand({ ...about, PermissionSetArn })),
      ),
    /** A missing boundary and a missing permission set have the same answer, so look up the permission set. */
    async getPermissionsBoundary(PermissionSetArn) {
      const output = await calls.find((about) =>
        client.send(new GetPermissionsBoundaryForPermissionSetCommand({ ...about, PermissionSetArn })),
      )
      if (output !== undefined) return parseBoundary(output.PermissionsBoundary)
      await calls.send((about) => client.send(new DescribePermissionSetCommand({ ...about, PermissionSetArn })))
      return undefined
    },
    putPermissionsBoundary(PermissionSetArn, PermissionsBoundary) {
      const input = { PermissionSetArn, PermissionsBoundary }
      return calls.write((about) =>
        client.send(new PutPermissionsBoundaryToPermissionSetCommand({ ...about, ...input })),
      )
    },
    deletePermissionsBoundary: (PermissionSetArn) =>
      calls.write((about) =>
        client.send(new DeletePermissionsBoundaryFromPermissionSetCommand({ ...about, PermissionSetArn })),
      ),
  } satisfies Partial<SsoAdmin>
}

function provisionings(client: SSOAdminClient, calls: Calls) {
  return {
    async provisionPermissionSet(PermissionSetArn, accountId) {
      const TargetType = accountId === undefined ? 'ALL_PROVISIONED_ACCOUNTS' : 'AWS_ACCOUNT'
      const input = { PermissionSetArn, TargetType, TargetId: accountId } as const
      const output = await calls.send((about) => client.send(new ProvisionPermissionSetCommand({ ...about, ...input })))
      // An answer may leave out values that repeat the request.
      return parseProvisioning({ PermissionSetArn, AccountId: accountId, ...output.PermissionSetProvisioningStatus })
    },
    async describeProvisioning(ProvisionPermissionSetRequestId) {
      const output = await calls.find((about) =>
        client.send(new DescribePermissionSetProvisioningStatusCommand({ ...about, ProvisionPermissionSetRequestId })),
      )
      return output && parseProvisioning(output.PermissionSetProvisioningStatus ?? {})
    },
    listProvisionings: (state, nextToken) =>
      calls.list(nextToken, 'PermissionSetsProvisioningStatus', parseRequestSummary, (page) =>
        client.send(new ListPermissionSetProvisioningStatusCommand({ ...page, Filter: filterBy(state) })),
      ),
    listAccountsForProvisionedPermissionSet: (PermissionSetArn, ProvisioningStatus, nextToken) =>
      calls.list(nextToken, 'AccountIds', parseAccountId, (page) =>
        client.send(
          new ListAccountsForProvisionedPermissionSetCommand({ ...page, PermissionSetArn, ProvisioningStatus }),
        ),
      ),
    listPermissionSetsProvisionedToAccount: (AccountId, ProvisioningStatus, nextToken) =>
      calls.list(nextToken, 'PermissionSets', parsePermissionSetArn, (page) =>
        client.send(new ListPermissionSetsProvisionedToAccountCommand({ ...page, AccountId, ProvisioningStatus })),
      ),
  } satisfies Partial<SsoAdmin>
}

function attributes(client: SSOAdminClient, calls: Calls) {
  return {
    async getPermissionSetsEnabled() {
      const output = await calls.send((about) => client.send(new DescribeInstanceCommand(about)))
      // Partitions that do not know the setting do not name it.
      return output.PermissionSetsEnabled !== false
    },
    async describeAttributes() {
      const output = await calls.find((about) =>
        client.send(new DescribeInstanceAccessControlAttributeConfigurationCommand(about)),
      )
      return output && parseAttributeConfiguration(output)
    },
    createAttributes: (wanted) =>
      calls.write((about) =>
        client.send(
          new CreateInstanceAccessControlAttributeConfigurationCommand({ ...about, ...renderConfiguration(wanted) }),
        ),
      ),
    updateAttributes: (wanted) =>
      calls.write((about) =>
        client.send(
          new UpdateInstanceAccessControlAttributeConfigurationCommand({ ...about, ...renderConfiguration(wanted) }),
        ),
      ),
  } satisfies Partial<SsoAdmin>
}

function applications(client: SSOAdminClient, calls: Calls) {
  return {
    listApplications: (nextToken) =>
      calls.list(nextToken, 'Applications', parseApplication, (page) => client.send(new ListApplicationsCommand(page))),
    /** AWS answers ResourceNotFoundException for a missing application or scope. */
    async getApplicationScope(ApplicationArn, Scope) {
      const input = { ApplicationArn, Scope }
      return (await calls.find(() => client.send(new GetApplicationAccessScopeCommand(input)))) !== undefined
    },
  } satisfies Partial<SsoAdmin>
}

function renderConfiguration(wanted: readonly Attribute[]) {
  const AccessControlAttributes = wanted.map(({ key, source }) => ({ Key: key, Value: { Source: [source] } }))
  return { InstanceAccessControlAttributeConfiguration: { AccessControlAttributes } }
}

function filterBy(state: RequestState | undefined) {
  return state && { Status: state }
}

function renderAttributes({ description, sessionDuration, relayState }: PermissionSetUpdate) {
  return { Description: description, SessionDuration: sessionDuration, RelayState: relayState }
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
