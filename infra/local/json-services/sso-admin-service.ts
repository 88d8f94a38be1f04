import * as z from 'zod'
import { attributeKey, attributeSource } from '../../../shared/domain/attributes/attributes-file.ts'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import {
  type PermissionSetArn,
  permissionSetArn,
  principalId,
} from '../../../shared/domain/principals/identity-center-ids.ts'
import { principalType } from '../../../shared/domain/principals/principal.ts'
import { noSuchScope } from '../../../shared/memory/sso-admin/applications.ts'
import type { InstanceDescription, MemorySsoAdmin } from '../../../shared/memory/sso-admin/memory-sso-admin.ts'
import { provisioningTargets } from '../../../shared/memory/sso-admin/sso-admin-records.ts'
import {
  invalid,
  noBoundary,
  noSuchPermissionSet,
  noSuchRequest,
  notFound,
} from '../../../shared/memory/sso-admin/sso-admin-refusals.ts'
import type { Page } from '../../../shared/ports/page.ts'
import {
  type AssignmentRequest,
  type AssignmentTarget,
  type Provisioning,
  provisioningStatuses,
  type RequestKind,
  type RequestSummary,
} from '../../../shared/ports/sso-admin.ts'
import { localRegion } from '../local-account.ts'
import { type Answer, type InputOf, type JsonOperation, operation, textOf } from './json-operation.ts'

// Shapes of the service's model; patterns and lengths from the IAM Identity Center API Reference.
const InstanceArn = z.string().regex(/^arn:aws(-[a-z]{1,5}){0,3}:sso:::instance\/(sso)?ins-[a-zA-Z0-9-.]{16}$/)
const AccountId = accountId
const requestId = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
const ManagedPolicyArn = textOf(
  /^arn:aws(-[a-z]{1,5}){0,3}:iam::aws:policy(\/[A-Za-z0-9.,+@=_-]+)*\/[A-Za-z0-9.,+=@_-]+$/,
  2048,
  20,
)
const CustomerManagedPolicyReference = z.object({
  Name: textOf(/^[\w+=,.@-]+$/, 128, 1),
  Path: textOf(/^(\/[A-Za-z0-9.,+@=_-]+)*\/$/, 512, 1).optional(),
})
const Description = textOf(/^[\t\n\r\x20-\x7e\xa1-\xff]*$/, 700, 1)
const RelayState = textOf(/^[a-zA-Z0-9&$@#\\/%?=~\-_'"|!:,.;*+[\] (){}]+$/, 240, 1)
const SessionDuration = z.string().min(1).max(100).refine(isSessionDuration, 'Member must be between PT1H and PT12H')
const Tag = z.object({
  Key: textOf(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u, 128, 1),
  Value: textOf(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u, 256),
})
const Tags = z.array(Tag).max(75)
const paging = {
  MaxResults: z.int().min(1).max(100).optional(),
  NextToken: textOf(/^[-a-zA-Z0-9+=/_]*$/, 2048).optional(),
}
const status = z.enum(['IN_PROGRESS', 'FAILED', 'SUCCEEDED'])
const Filter = z.object({ Status: status.optional() }).optional()
const ProvisioningStatus = z.enum(provisioningStatuses).optional()
const ResourceArn = textOf(/^arn:aws(-[a-z]{1,5}){0,3}:sso::/, 2048, 10)

const instance = { InstanceArn }
const permissionSet = { InstanceArn, PermissionSetArn: permissionSetArn }
const assignment = {
  ...permissionSet,
  TargetId: AccountId,
  TargetType: z.enum(['AWS_ACCOUNT']),
  PrincipalType: principalType,
  PrincipalId: principalId,
}

/** SSO Admin for AWS's clients: one row per operation of `SWBExternalService`. */
export function ssoAdminOperations(model: MemorySsoAdmin): Readonly<Record<string, JsonOperation>> {
  const on = inInstance(model)
  return {
    ...instanceOperations(model),
    ...assignmentOperations(model, on),
    ...statusOperations(model, on),
    ...permissionSetOperations(model, on),
    ...policyOperations(model, on),
    ...provisioningOperations(model, on),
    ...tagOperations(model, on),
    ...attributeOperations(model, on),
    ...applicationOperations(model, on),
  }
}

type OnInstance = ReturnType<typeof inInstance>

function inInstance(model: MemorySsoAdmin) {
  const named = z.object({ InstanceArn: InstanceArn.optional() })
  return <S extends z.ZodRawShape & { readonly InstanceArn: z.ZodType<string | undefined> }>(
    shape: S,
    answer: Answer<S>,
  ): JsonOperation =>
    operation(shape, (input) => {
      const { InstanceArn: arn } = named.parse(input)
      if (arn !== undefined && arn !== model.instanceArn) throw noSuchInstance(arn)
      return answer(input)
    })
}

function noSuchInstance(arn: string) {
  return notFound(`Could not find Instance with id ${arn.split('/').at(-1)}`)
}

function instanceOperations(model: MemorySsoAdmin): Record<string, JsonOperation> {
  const render = ({ instanceArn, identityStoreId, createdAt, ownerAccountId }: InstanceDescription) => ({
    InstanceArn: instanceArn,
    IdentityStoreId: identityStoreId,
    OwnerAccountId: ownerAccountId,
    CreatedDate: createdAt,
    Status: 'ACTIVE',
    PrimaryRegion: localRegion,
  })
  return {
    ListInstances: operation(paging, async () => ({ Instances: (await model.listInstances()).map(render) })),
    DescribeInstance: operation(instance, async (input) => {
      const found = await model.describeInstance(input.InstanceArn)
      if (found === undefined) throw noSuchInstance(input.InstanceArn)
      return { ...render(found), PermissionSetsEnabled: found.permissionSetsEnabled }
    }),
  }
}

function assignmentOperations(model: MemorySsoAdmin, on: OnInstance): Record<string, JsonOperation> {
  return {
    CreateAccountAssignment: on(assignment, async (input) => ({
      AccountAssignmentCreationStatus: renderRequest(await model.createAccountAssignment(toTarget(input))),
    })),
    DeleteAccountAssignment: on(assignment, async (input) => ({
      AccountAssignmentDeletionStatus: renderRequest(await model.deleteAccountAssignment(toTarget(input))),
    })),
    ListAccountAssignments: on({ ...permissionSet, ...paging, AccountId }, async (input) => {
      const { AccountId: id, PermissionSetArn: arn, NextToken: token, MaxResults: most } = input
      const page = await model.listAccountAssignments(id, arn, token, most)
      const rows = page.items.map((principal) => renderTarget({ accountId: id, permissionSetArn: arn, ...principal }))
      return { AccountAssignments: rows, NextToken: page.nextToken }
    }),
    ListAccountAssignmentsForPrincipal: on(
      {
        ...instance,
        ...paging,
        PrincipalId: principalId,
        PrincipalType: principalType,
        Filter: z.object({ AccountId: AccountId.optional() }).optional(),
      },
      async ({ PrincipalId, PrincipalType, Filter: filter, ...input }) => {
        const page = await model.listAccountAssignmentsForPrincipal(
          { principalId: PrincipalId, principalType: PrincipalType },
          input.NextToken,
          { accountId: filter?.AccountId, most: input.MaxResults },
        )
        return { AccountAssignments: page.items.map(renderTarget), NextToken: page.nextToken }
      },
    ),
  }
}

function statusOperations(model: MemorySsoAdmin, on: OnInstance): Record<string, JsonOperation> {
  const describe = async (kind: RequestKind, id: string) => {
    const request = await model.describeAssignmentRequest(kind, id)
    if (request === undefined) throw noSuchRequest(id)
    return renderRequest(request)
  }
  const listInput = { ...instance, ...paging, Filter }
  const list = async (kind: RequestKind, input: InputOf<typeof listInput>) =>
    model.listAssignmentRequests(kind, input.Filter?.Status, input.NextToken, input.MaxResults)
  return {
    DescribeAccountAssignmentCreationStatus: on(
      { ...instance, AccountAssignmentCreationRequestId: requestId },
      async (input) => ({
        AccountAssignmentCreationStatus: await describe('creation', input.AccountAssignmentCreationRequestId),
      }),
    ),
    DescribeAccountAssignmentDeletionStatus: on(
      { ...instance, AccountAssignmentDeletionRequestId: requestId },
      async (input) => ({
        AccountAssignmentDeletionStatus: await describe('deletion', input.AccountAssignmentDeletionRequestId),
      }),
    ),
    ListAccountAssignmentCreationStatus: on(listInput, async (input) =>
      renderSummaries('AccountAssignmentsCreationStatus', await list('creation', input)),
    ),
    ListAccountAssignmentDeletionStatus: on(listInput, async (input) =>
      renderSummaries('AccountAssignmentsDeletionStatus', await list('deletion', input)),
    ),
  }
}

function permissionSetOperations(model: MemorySsoAdmin, on: OnInstance): Record<string, JsonOperation> {
  const describe = async (arn: PermissionSetArn) => {
    const found = await model.describePermissionSet(arn)
    if (found === undefined) throw noSuchPermissionSet(arn)
    return renderPermissionSet(found)
  }
  return {
    ListPermissionSets: on({ ...instance, ...paging }, async ({ NextToken, MaxResults }) => {
      const page = await model.listPermissionSets(NextToken, MaxResults)
      return { PermissionSets: page.items, NextToken: page.nextToken }
    }),
    DescribePermissionSet: on(permissionSet, async (input) => ({
      PermissionSet: await describe(input.PermissionSetArn),
    })),
    CreatePermissionSet: on(
      {
        ...instance,
        Name: permissionSetName,
        Description: Description.optional(),
        RelayState: RelayState.optional(),
        SessionDuration: SessionDuration.optional(),
        Tags: Tags.optional(),
      },
      async (input) => {
        const attributes = {
          name: input.Name,
          sessionDuration: input.SessionDuration ?? 'PT1H',
          description: input.Description,
          relayState: input.RelayState,
        }
        const arn = await model.createPermissionSet({ ...attributes, tags: input.Tags ?? [] })
        return {
          PermissionSet: renderPermissionSet({ ...attributes, arn, createdAt: model.permissionSetCreatedAt(arn) }),
        }
      },
    ),
    UpdatePermissionSet: on(
      {
        ...permissionSet,
        Description: Description.optional(),
        RelayState: RelayState.optional(),
        SessionDuration: SessionDuration.optional(),
      },
      async (input) =>
        model.updatePermissionSet(input.PermissionSetArn, {
          description: input.Description,
          relayState: input.RelayState,
          sessionDuration: input.SessionDuration,
        }),
    ),
    DeletePermissionSet: on(permissionSet, async (input) => model.deletePermissionSet(input.PermissionSetArn)),
  }
}

function policyOperations(model: MemorySsoAdmin, on: OnInstance): Record<string, JsonOperation> {
  const managed = { ...permissionSet, ManagedPolicyArn }
  const customerManaged = { ...permissionSet, CustomerManagedPolicyReference }
  const list = { ...permissionSet, ...paging }
  return {
    ListManagedPoliciesInPermissionSet: on(list, async (input) => {
      const page = await model.listManagedPolicies(input.PermissionSetArn, input.NextToken, input.MaxResults)
      const policies = page.items.map((arn) => ({ Name: arn.split('/').at(-1), Arn: arn }))
      return { AttachedManagedPolicies: policies, NextToken: page.nextToken }
    }),
    AttachManagedPolicyToPermissionSet: on(managed, async (input) =>
      model.attachManagedPolicy(input.PermissionSetArn, input.ManagedPolicyArn),
    ),
    DetachManagedPolicyFromPermissionSet: on(managed, async (input) =>
      model.detachManagedPolicy(input.PermissionSetArn, input.ManagedPolicyArn),
    ),
    ListCustomerManagedPolicyReferencesInPermissionSet: on(list, async (input) => {
      const page = await model.listCustomerManagedPolicies(input.PermissionSetArn, input.NextToken, input.MaxResults)
      return { CustomerManagedPolicyReferences: page.items, NextToken: page.nextToken }
    }),
    AttachCustomerManagedPolicyReferenceToPermissionSet: on(customerManaged, async (input) =>
      model.attachCustomerManagedPolicy(input.PermissionSetArn, input.CustomerManagedPolicyReference),
    ),
    DetachCustomerManagedPolicyReferenceFromPermissionSet: on(customerManaged, async (input) =>
      model.detachCustomerManagedPolicy(input.PermissionSetArn, input.CustomerManagedPolicyReference),
    ),
    ...ownPolicyOperations(model, on),
  }
}

/** The inline policy and the permissions boundary: a permission set has at most one of each. */
function ownPolicyOperations(model: MemorySsoAdmin, on: OnInstance): Record<string, JsonOperation> {
  const InlinePolicy = textOf(/^[\t\n\r\x20-\xff]+$/, 32_768, 1)
  const PermissionsBoundary = z.object({
    ManagedPolicyArn: ManagedPolicyArn.optional(),
    CustomerManagedPolicyReference: CustomerManagedPolicyReference.optional(),
  })
  return {
    GetInlinePolicyForPermissionSet: on(permissionSet, async (input) => ({
      InlinePolicy: (await model.getInlinePolicy(input.PermissionSetArn)) ?? '',
    })),
    PutInlinePolicyToPermissionSet: on({ ...permissionSet, InlinePolicy }, async (input) =>
      model.putInlinePolicy(input.PermissionSetArn, input.InlinePolicy),
    ),
    DeleteInlinePolicyFromPermissionSet: on(permissionSet, async (input) =>
      model.deleteInlinePolicy(input.PermissionSetArn),
    ),
    GetPermissionsBoundaryForPermissionSet: on(permissionSet, async (input) => {
      const boundary = await model.getPermissionsBoundary(input.PermissionSetArn)
      if (boundary === undefined) throw noBoundary()
      return { PermissionsBoundary: boundary }
    }),
    PutPermissionsBoundaryToPermissionSet: on({ ...permissionSet, PermissionsBoundary }, async (input) => {
      const { ManagedPolicyArn: arn, CustomerManagedPolicyReference: reference } = input.PermissionsBoundary
      if ((arn === undefined) === (reference === undefined))
        throw invalid('Only one of ManagedPolicyArn or CustomerManagedPolicyReference should be given.')
      const boundary = arn === undefined ? undefined : { ManagedPolicyArn: arn }
      const other = reference === undefined ? undefined : { CustomerManagedPolicyReference: withPath(reference) }
      const chosen = boundary ?? other
      if (chosen !== undefined) await model.putPermissionsBoundary(input.PermissionSetArn, chosen)
    }),
    DeletePermissionsBoundaryFromPermissionSet: on(permissionSet, async (input) =>
      model.deletePermissionsBoundary(input.PermissionSetArn),
    ),
  }
}

function provisioningOperations(model: MemorySsoAdmin, on: OnInstance): Record<string, JsonOperation> {
  return {
    ProvisionPermissionSet: on(
      { ...permissionSet, TargetType: z.enum(provisioningTargets), TargetId: AccountId.optional() },
      async (input) => {
        if ((input.TargetType === 'AWS_ACCOUNT') !== (input.TargetId !== undefined))
          throw invalid('TargetId must be given for AWS_ACCOUNT, and only then.')
        const record = await model.provisionPermissionSet(input.PermissionSetArn, input.TargetId)
        return { PermissionSetProvisioningStatus: renderProvisioning(record) }
      },
    ),
    DescribePermissionSetProvisioningStatus: on(
      { ...instance, ProvisionPermissionSetRequestId: requestId },
      async ({ ProvisionPermissionSetRequestId: id }) => {
        const record = await model.describeProvisioning(id)
        if (record === undefined) throw noSuchRequest(id)
        return { PermissionSetProvisioningStatus: renderProvisioning(record) }
      },
    ),
    ListPermissionSetProvisioningStatus: on({ ...instance, ...paging, Filter }, async (input) =>
      renderSummaries(
        'PermissionSetsProvisioningStatus',
        await model.listProvisionings(input.Filter?.Status, input.NextToken, input.MaxResults),
      ),
    ),
    ListAccountsForProvisionedPermissionSet: on({ ...permissionSet, ...paging, ProvisioningStatus }, async (input) => {
      const { PermissionSetArn: arn, ProvisioningStatus: wanted, NextToken: token, MaxResults: most } = input
      const page = await model.listAccountsForProvisionedPermissionSet(arn, wanted, token, most)
      return { AccountIds: page.items, NextToken: page.nextToken }
    }),
    ListPermissionSetsProvisionedToAccount: on(
      { ...instance, ...paging, AccountId, ProvisioningStatus },
      async (input) => {
        const { AccountId: id, ProvisioningStatus: wanted, NextToken: token, MaxResults: most } = input
        const page = await model.listPermissionSetsProvisionedToAccount(id, wanted, token, most)
        return { PermissionSets: page.items, NextToken: page.nextToken }
      },
    ),
  }
}

function tagOperations(model: MemorySsoAdmin, on: OnInstance): Record<string, JsonOperation> {
  const resource = { InstanceArn: InstanceArn.optional(), ResourceArn }
  return {
    ListTagsForResource: on({ ...resource, NextToken: paging.NextToken }, async (input) => {
      const page = await model.listTagsForResource(toPermissionSetArn(input.ResourceArn), input.NextToken)
      return { Tags: page.items, NextToken: page.nextToken }
    }),
    TagResource: on({ ...resource, Tags }, async (input) =>
      model.tagResource(toPermissionSetArn(input.ResourceArn), input.Tags),
    ),
    UntagResource: on({ ...resource, TagKeys: z.array(Tag.shape.Key).min(1).max(75) }, async (input) =>
      model.untagResource(toPermissionSetArn(input.ResourceArn), input.TagKeys),
    ),
  }
}

const InstanceAccessControlAttributeConfiguration = z
  .object({
    AccessControlAttributes: z
      .array(z.object({ Key: attributeKey, Value: z.object({ Source: z.array(attributeSource).length(1) }) }))
      .max(50),
  })
  .transform(({ AccessControlAttributes: rows }) =>
    rows.flatMap(({ Key: key, Value }) => Value.Source.map((source) => ({ key, source }))),
  )

function attributeOperations(model: MemorySsoAdmin, on: OnInstance): Record<string, JsonOperation> {
  const input = { ...instance, InstanceAccessControlAttributeConfiguration }
  return {
    DescribeInstanceAccessControlAttributeConfiguration: on(instance, async () => {
      const configured = await model.describeAttributes()
      if (configured === undefined) throw notFound('InstanceAccessControlAttributeConfiguration not found.')
      const { status: Status, reason: StatusReason, attributes } = configured
      const AccessControlAttributes = attributes.map(({ key, source }) => ({ Key: key, Value: { Source: [source] } }))
      return { Status, StatusReason, InstanceAccessControlAttributeConfiguration: { AccessControlAttributes } }
    }),
    CreateInstanceAccessControlAttributeConfiguration: on(input, async (asked) =>
      model.createAttributes(asked.InstanceAccessControlAttributeConfiguration),
    ),
    UpdateInstanceAccessControlAttributeConfiguration: on(input, async (asked) =>
      model.updateAttributes(asked.InstanceAccessControlAttributeConfiguration),
    ),
    DeleteInstanceAccessControlAttributeConfiguration: on(instance, async () => model.deleteAttributes()),
  }
}

const ApplicationArn = z
  .string()
  .regex(/^arn:aws(-[a-z]{1,5}){0,3}:sso::\d{12}:application\/(sso)?ins-[a-zA-Z0-9-.]{16}\/apl-[a-zA-Z0-9]{16}$/)
const Scope = z.string().regex(/^[A-Za-z0-9_]{1,50}(:[A-Za-z0-9_]{1,50}){0,2}$/)

function applicationOperations(model: MemorySsoAdmin, on: OnInstance): Record<string, JsonOperation> {
  const provider = 'arn:aws:sso::aws:applicationProvider/custom'
  const create = {
    ...instance,
    ApplicationProviderArn: z.literal(provider),
    Name: z.string().min(1).max(100),
    Status: z.literal('ENABLED').optional(),
  }
  const scoped = { ApplicationArn, Scope }
  return {
    ListApplications: on({ ...instance, ...paging }, async ({ NextToken, MaxResults }) => {
      const { items, nextToken } = await model.listApplications(NextToken, MaxResults)
      const Applications = items.map(({ arn, name, account, isEnabled }) => ({
        ApplicationArn: arn,
        ApplicationProviderArn: provider,
        Name: name,
        ApplicationAccount: account,
        InstanceArn: model.instanceArn,
        Status: isEnabled ? 'ENABLED' : 'DISABLED',
      }))
      return { Applications, NextToken: nextToken }
    }),
    GetApplicationAccessScope: operation(scoped, async ({ ApplicationArn: arn, Scope: scope }) => {
      if (!(await model.getApplicationScope(arn, scope))) throw noSuchScope(scope)
      return { Scope: scope }
    }),
    CreateApplication: on(create, async ({ Name }) => ({ ApplicationArn: model.applications.create(Name) })),
    DeleteApplication: operation({ ApplicationArn }, async ({ ApplicationArn: arn }) => model.applications.delete(arn)),
    PutApplicationAccessScope: operation(scoped, async ({ ApplicationArn: arn, Scope: scope }) =>
      model.applications.putScope(arn, scope),
    ),
    DeleteApplicationAccessScope: operation(scoped, async ({ ApplicationArn: arn, Scope: scope }) =>
      model.applications.deleteScope(arn, scope),
    ),
  }
}

function withPath({ Name, Path = '/' }: z.output<typeof CustomerManagedPolicyReference>) {
  return { Name, Path }
}

/** Only permission sets have tags here. */
function toPermissionSetArn(resourceArn: string): PermissionSetArn {
  const result = permissionSetArn.safeParse(resourceArn)
  if (!result.success) throw notFound(`Could not find resource ${resourceArn}`)
  return result.data
}

function toTarget(input: InputOf<typeof assignment>): AssignmentTarget {
  const { TargetId, PermissionSetArn: arn, PrincipalId, PrincipalType } = input
  return { accountId: TargetId, permissionSetArn: arn, principalId: PrincipalId, principalType: PrincipalType }
}

function renderTarget({ accountId: AccountId, permissionSetArn: arn, ...principal }: AssignmentTarget): object {
  const { principalId: PrincipalId, principalType: PrincipalType } = principal
  return { AccountId, PermissionSetArn: arn, PrincipalId, PrincipalType }
}

function renderRequest({ requestId: id, state, failureReason, createdAt, target }: AssignmentRequest): object {
  return {
    Status: state,
    RequestId: id,
    FailureReason: failureReason,
    TargetId: target.accountId,
    TargetType: 'AWS_ACCOUNT',
    PermissionSetArn: target.permissionSetArn,
    PrincipalType: target.principalType,
    PrincipalId: target.principalId,
    CreatedDate: createdAt,
  }
}

function renderProvisioning(record: Provisioning): object {
  return {
    Status: record.state,
    RequestId: record.requestId,
    AccountId: record.accountId,
    PermissionSetArn: record.permissionSetArn,
    FailureReason: record.failureReason,
    CreatedDate: record.createdAt,
  }
}

function renderSummaries(member: string, { items, nextToken }: Page<RequestSummary>): object {
  const rows = items.map(({ requestId: id, state, createdAt }) => ({
    Status: state,
    RequestId: id,
    CreatedDate: createdAt,
  }))
  return { [member]: rows, NextToken: nextToken }
}

type Attributes = NonNullable<Awaited<ReturnType<MemorySsoAdmin['describePermissionSet']>>>

function renderPermissionSet({ arn, name, description, sessionDuration, relayState, createdAt }: Attributes): object {
  return {
    Name: name,
    PermissionSetArn: arn,
    Description: description,
    CreatedDate: createdAt,
    SessionDuration: sessionDuration,
    RelayState: relayState,
  }
}

/** ISO 8601, one to twelve hours, in whole hours and minutes. (API Reference, "PermissionSet", SessionDuration.) */
function isSessionDuration(text: string): boolean {
  const [, hours, minutes] = /^PT(?:(\d+)H)?(?:(\d+)M)?$/.exec(text) ?? []
  const total = Number(hours ?? 0) * 60 + Number(minutes ?? 0)
  return total >= 60 && total <= 720
}
