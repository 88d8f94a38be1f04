import * as z from 'zod'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { type Account, isUnplaced } from '../../../shared/domain/organization/organization-view.ts'
import { tagKey, tagValue } from '../../../shared/memory/organizations/check-tags.ts'
import type { MemoryOrganizations } from '../../../shared/memory/organizations/memory-organizations.ts'
import type {
  CreateAccountRecord,
  HandshakeRecord,
  OrganizationalUnitRecord,
  Tags,
} from '../../../shared/memory/organizations/organization-records.ts'
import { invalidInput } from '../../../shared/memory/organizations/organizations-refusals.ts'
import { localRequests } from '../local-request.ts'
import { type JsonOperation, operation, textOf } from './json-operation.ts'

// Shapes of the service's model; patterns and lengths from the Organizations API Reference.
const AccountId = accountId
const ParentId = textOf(/^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$/, 100)
const OrganizationalUnitId = textOf(/^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$/, 68)
const ChildId = textOf(/^(\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$/, 100)
const ResourceId = textOf(
  /^(r-[0-9a-z]{4,32}|\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|p-\w{8,128}|rp-\w{4,128}|rt-\w{8,32})$/,
  130,
)
const TagList = z.array(z.object({ Key: tagKey, Value: tagValue }))
const unitName = z.string().min(1).max(128)
const NextToken = z.string().max(100_000).optional()
const paging = { MaxResults: z.int().min(1).max(20).optional(), NextToken }

/** Organizations for AWS's clients: one row per operation of `AWSOrganizationsV20161128`. */
export function organizationsOperations(
  model: MemoryOrganizations,
  delegatedAdministrator?: string,
): Readonly<Record<string, JsonOperation>> {
  return {
    ...delegationOperations(model, delegatedAdministrator),
    ...organizationOperations(model),
    ...accountReads(model),
    ...accountChanges(model),
    ...handshakeOperations(model),
    ...unitOperations(model),
    ...tagOperations(model),
  }
}

/** There is at most one delegated administrator: that of IAM Identity Center. */
function delegationOperations(model: MemoryOrganizations, id: string | undefined): Record<string, JsonOperation> {
  const ServicePrincipal = textOf(/^[\w+=,.@-]*$/, 128, 1).optional()
  return {
    ListDelegatedAdministrators: operation({ ...paging, ServicePrincipal }, async (input) => {
      const isMeant = (input.ServicePrincipal ?? identityCenter) === identityCenter
      const { id: organizationId, managementAccountId } = await model.describeOrganization()
      const arn = `arn:aws:organizations::${managementAccountId}:account/${organizationId}/${id}`
      const found = { Id: id, Arn: arn, Name: 'ssofile', State: 'ACTIVE', JoinedMethod: 'CREATED' }
      return { DelegatedAdministrators: id !== undefined && isMeant ? [found] : [] }
    }),
  }
}
const identityCenter = 'sso.amazonaws.com'

function organizationOperations(model: MemoryOrganizations): Record<string, JsonOperation> {
  return {
    DescribeOrganization: operation({}, async () => {
      const { id, managementAccountId } = await model.describeOrganization()
      const management = model.accountDetails(managementAccountId)
      return {
        Organization: {
          Id: id,
          Arn: `arn:aws:organizations::${managementAccountId}:organization/${id}`,
          FeatureSet: 'ALL',
          MasterAccountId: managementAccountId,
          MasterAccountArn: management.arn,
          MasterAccountEmail: management.email,
          AvailablePolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }],
        },
      }
    }),
    ListRoots: operation(paging, async () => {
      const { id, arn, name } = await model.listRoots()
      return { Roots: [{ Id: id, Arn: arn, Name: name, PolicyTypes: [] }] }
    }),
    ListParents: operation({ ...paging, ChildId }, async (input) => {
      const { id, type } = await model.listParents(input.ChildId)
      return { Parents: [{ Id: id, Type: type }] }
    }),
    ListChildren: operation(
      { ...paging, ParentId, ChildType: z.enum(['ACCOUNT', 'ORGANIZATIONAL_UNIT']) },
      async ({ ParentId: parentId, ChildType, ...input }) => {
        const page = await model.listChildren(parentId, ChildType, pageRequest(input))
        return { Children: page.items.map((id) => ({ Id: id, Type: ChildType })), NextToken: page.nextToken }
      },
    ),
  }
}

function accountReads(model: MemoryOrganizations): Record<string, JsonOperation> {
  const render = (account: Account) => renderAccount(account, model)
  return {
    ListAccounts: operation(paging, async (input) => {
      const page = await model.listAccounts(input.NextToken, input.MaxResults)
      return { Accounts: page.items.map(render), NextToken: page.nextToken }
    }),
    ListAccountsForParent: operation({ ...paging, ParentId }, async (input) => {
      const page = await model.listAccountsForParent(input.ParentId, pageRequest(input))
      return { Accounts: page.items.map(render), NextToken: page.nextToken }
    }),
    DescribeAccount: operation({ AccountId }, async (input) => ({
      Account: render(await model.describeExistingAccount(input.AccountId)),
    })),
    DescribeCreateAccountStatus: operation(
      { CreateAccountRequestId: textOf(/^car-[a-z0-9]{8,32}$/, 36) },
      async (input) => ({
        CreateAccountStatus: renderCreateStatus(await model.describeCreateAccountStatus(input.CreateAccountRequestId)),
      }),
    ),
  }
}

function accountChanges(model: MemoryOrganizations): Record<string, JsonOperation> {
  const CreateAccountInput = {
    Email: textOf(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 64, 6),
    AccountName: textOf(/^[\x20-\x7e]+$/, 50, 1),
    Tags: TagList.optional(),
  }
  return {
    CreateAccount: operation(CreateAccountInput, async ({ Email, AccountName, Tags: tags }) => {
      const record = await model.createAccount({ accountName: AccountName, email: Email, tags: toTags(tags ?? []) })
      return { CreateAccountStatus: renderCreateStatus(record) }
    }),
    MoveAccount: operation({ AccountId, SourceParentId: ParentId, DestinationParentId: ParentId }, async (input) =>
      model.moveAccount(input.AccountId, input.SourceParentId, input.DestinationParentId),
    ),
    CloseAccount: operation({ AccountId }, async (input) => model.closeAccount(input.AccountId)),
    RemoveAccountFromOrganization: operation({ AccountId }, async (input) =>
      model.removeAccountFromOrganization(input.AccountId),
    ),
  }
}

/** A member account calls AcceptHandshake and LeaveOrganization. Here an account id as access key id means that account. */
function handshakeOperations(model: MemoryOrganizations): Record<string, JsonOperation> {
  const render = (handshake: HandshakeRecord) => ({ Handshake: renderHandshake(handshake, model) })
  const Target = z.object({ Type: z.enum(['ACCOUNT', 'EMAIL']), Id: z.string().min(1).max(64) })
  const HandshakeId = z.string().regex(/^h-[0-9a-z]{8,32}$/)
  return {
    InviteAccountToOrganization: operation(
      { Target, Notes: z.string().max(1024).optional(), Tags: TagList.optional() },
      async (input) =>
        render(
          await model.inviteAccountToOrganization(
            { type: input.Target.Type, id: input.Target.Id },
            toTags(input.Tags ?? []),
          ),
        ),
    ),
    AcceptHandshake: operation({ HandshakeId }, async (input) =>
      render(await model.acceptHandshake(input.HandshakeId, callingAccount(model))),
    ),
    LeaveOrganization: operation({}, async () => model.leaveOrganization(callingAccount(model))),
  }
}

function callingAccount(model: MemoryOrganizations) {
  return accountId.safeParse(localRequests.getStore()?.accessKeyId).data ?? model.managementAccountIdNow
}

function renderHandshake({ id, party, state, requestedAt, expiresAt }: HandshakeRecord, model: MemoryOrganizations) {
  const { organizationId, managementAccountIdNow: management } = model
  return {
    Id: id,
    Arn: `arn:aws:organizations::${management}:handshake/${organizationId}/invite/${id}`,
    Parties: [
      { Id: organizationId.slice(2), Type: 'ORGANIZATION' },
      { Id: party.id, Type: party.type },
    ],
    State: state,
    RequestedTimestamp: requestedAt,
    ExpirationTimestamp: expiresAt,
    Action: 'INVITE',
    Resources: [
      { Type: 'ORGANIZATION', Value: organizationId },
      { Type: party.type, Value: party.id },
    ],
  }
}

function unitOperations(model: MemoryOrganizations): Record<string, JsonOperation> {
  const render = (unit: OrganizationalUnitRecord) => renderUnit(unit, model)
  return {
    DescribeOrganizationalUnit: operation({ OrganizationalUnitId }, async (input) => ({
      OrganizationalUnit: render(await model.describeOrganizationalUnit(input.OrganizationalUnitId)),
    })),
    ListOrganizationalUnitsForParent: operation({ ...paging, ParentId }, async (input) => {
      const page = await model.listOrganizationalUnitsForParent(input.ParentId, pageRequest(input))
      return { OrganizationalUnits: page.items.map(render), NextToken: page.nextToken }
    }),
    CreateOrganizationalUnit: operation({ ParentId, Name: unitName, Tags: TagList.optional() }, async (input) => ({
      OrganizationalUnit: render(
        await model.createOrganizationalUnit(input.ParentId, input.Name, toTags(input.Tags ?? [])),
      ),
    })),
    UpdateOrganizationalUnit: operation({ OrganizationalUnitId, Name: unitName }, async (input) => ({
      OrganizationalUnit: render(await model.updateOrganizationalUnit(input.OrganizationalUnitId, input.Name)),
    })),
    DeleteOrganizationalUnit: operation({ OrganizationalUnitId }, async (input) =>
      model.deleteOrganizationalUnit(input.OrganizationalUnitId),
    ),
  }
}

function tagOperations(model: MemoryOrganizations): Record<string, JsonOperation> {
  return {
    ListTagsForResource: operation({ ResourceId, NextToken }, async (input) => {
      const tags = await model.listTagsForResource(input.ResourceId)
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }
    }),
    TagResource: operation({ ResourceId, Tags: TagList }, async (input) =>
      model.tagResource(input.ResourceId, toTags(input.Tags)),
    ),
    UntagResource: operation({ ResourceId, TagKeys: z.array(z.string().min(1).max(128)) }, async (input) =>
      model.untagResource(input.ResourceId, input.TagKeys),
    ),
  }
}

function toTags(list: z.output<typeof TagList>): Tags {
  const tags = Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]))
  if (Object.keys(tags).length === list.length) return tags
  throw invalidInput('DUPLICATE_TAG_KEY', 'Tag keys must be unique among the tags attached to the same entity.')
}

function pageRequest(input: { readonly NextToken?: string | undefined; readonly MaxResults?: number | undefined }) {
  return { nextToken: input.NextToken, most: input.MaxResults ?? 20 }
}

/** `Status` is retired: a client that still reads it finds nothing. (API Reference, "Account", September 9, 2026.) */
function renderAccount({ id, name, state }: Account, model: MemoryOrganizations): object {
  const { arn, email, path, joinedMethod, joinedAt } = model.accountDetails(id)
  return {
    Id: id,
    Arn: arn,
    Email: email,
    Name: name,
    ...(isUnplaced({ state }) ? {} : { State: state, Paths: [path] }),
    JoinedMethod: joinedMethod,
    JoinedTimestamp: joinedAt,
  }
}

function renderUnit({ id, name }: OrganizationalUnitRecord, model: MemoryOrganizations): object {
  const { arn, path } = model.organizationalUnitDetails(id)
  return { Id: id, Arn: arn, Name: name, Path: path }
}

function renderCreateStatus(record: CreateAccountRecord): object {
  const { requestId, accountName, accountId: id, state, requestedAt, dueAt, failureReason } = record
  return {
    Id: requestId,
    AccountName: accountName,
    State: state,
    RequestedTimestamp: requestedAt,
    ...(state === 'IN_PROGRESS' ? {} : { CompletedTimestamp: dueAt }),
    ...(state === 'SUCCEEDED' ? { AccountId: id } : {}),
    FailureReason: failureReason,
  }
}
