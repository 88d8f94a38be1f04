import * as z from 'zod'
import { type PrincipalId, principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../../shared/domain/principals/principal.ts'
import { enterpriseExtension } from '../../../shared/domain/principals/user-attributes.ts'
import { extensionOf } from '../../../shared/memory/identity-store/directory-users.ts'
import type {
  GroupRecord,
  MembershipRecord,
  UserRecord,
} from '../../../shared/memory/identity-store/identity-store-records.ts'
import {
  invalidDirectoryInput,
  resourceNotFound,
} from '../../../shared/memory/identity-store/identity-store-refusals.ts'
import type { MemoryIdentityStore } from '../../../shared/memory/identity-store/memory-identity-store.ts'
import { type Answer, type JsonOperation, operation, textOf } from './json-operation.ts'

// Shapes of the service's model; patterns and lengths from the Identity Store API Reference.
const IdentityStoreId = z.string().min(1).max(36)
const GroupId = principalId
const UserId = principalId
const MembershipId = principalId
const text = textOf(/^[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r \u00a0\u3000]+$/u, 1024, 1)
const DisplayName = textOf(/^[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r \u00a0]+$/u, 1024, 1)
const UserName = textOf(/^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u, 128, 1)
const MemberId = z.object({ UserId })
const AlternateIdentifier = z.object({
  ExternalId: z.object({ Issuer: z.string(), Id: z.string() }).optional(),
  UniqueAttribute: z.object({ AttributePath: z.string().min(1).max(255), AttributeValue: z.json() }).optional(),
})
const Filters = z
  .array(z.object({ AttributePath: z.string().min(1).max(255), AttributeValue: text }))
  .max(1)
  .optional()
const Operations = z
  .array(z.object({ AttributePath: z.string().min(1).max(255), AttributeValue: z.json().optional() }))
  .min(1)
  .max(100)
const ExtensionName = z.string().regex(/^aws:identitystore:[a-z]{1,20}$/)
/** The requested extensions: without it the answer has none. */
const asked = { Extensions: z.array(ExtensionName).min(1).max(10).optional() }
const userAttributes = {
  Name: z.record(z.string(), text).optional(),
  DisplayName: text.optional(),
  NickName: text.optional(),
  ProfileUrl: text.optional(),
  Emails: z.array(z.json()).max(1).optional(),
  Addresses: z.json().optional(),
  PhoneNumbers: z.json().optional(),
  Photos: z.json().optional(),
  Roles: z.json().optional(),
  UserType: text.optional(),
  Title: text.optional(),
  PreferredLanguage: text.optional(),
  Locale: text.optional(),
  Timezone: text.optional(),
  Website: text.optional(),
  Birthdate: text.optional(),
  Extensions: z.record(ExtensionName, z.json()).optional(),
}
const store = { IdentityStoreId }
const paging = {
  MaxResults: z.int().min(1).max(100).optional(),
  NextToken: textOf(/^[-a-zA-Z0-9+=/:_]*$/, 65_535, 1).optional(),
}

/** Identity Store for AWS's clients: one row per operation of `AWSIdentityStore`. */
export function identityStoreOperations(model: MemoryIdentityStore): Readonly<Record<string, JsonOperation>> {
  const on = inStore(model)
  const stores = storeOperations(model, on)
  return { ...stores, ...groupOperations(model, on), ...userOperations(model, on), ...membershipOperations(model, on) }
}

type OnStore = ReturnType<typeof inStore>

function inStore(model: MemoryIdentityStore) {
  const named = z.object(store)
  return <S extends z.ZodRawShape & typeof store>(shape: S, answer: Answer<S>): JsonOperation =>
    operation(shape, (input) => {
      const { IdentityStoreId: id } = named.parse(input)
      if (id !== model.identityStoreId) throw resourceNotFound('IDENTITY_STORE', id)
      return answer(input)
    })
}

const NetworkConfiguration = z.object({
  VpceAccessRequired: z.boolean(),
  ApiRestrictSourceVpcs: z
    .array(z.string().regex(/^vpc-[0-9a-f]{8}([0-9a-f]{9})?$/))
    .min(1)
    .max(50)
    .optional(),
  ApiAllowSourceIps: z.array(z.string().min(2).max(43)).min(1).max(50).optional(),
})

function storeOperations(model: MemoryIdentityStore, on: OnStore): Record<string, JsonOperation> {
  const { identityStoreId: IdentityStoreId } = model
  const named = {
    IdentityStoreId,
    IdentityStoreArn: `arn:aws:identitystore::000000000000:identitystore/${IdentityStoreId}`,
  }
  return {
    DescribeIdentityStore: on(store, async () => {
      const network = await model.describeNetwork()
      if (network === undefined) return named
      const { isEndpointRequired, vpcs, addresses } = network
      return {
        ...named,
        NetworkConfiguration: {
          VpceAccessRequired: isEndpointRequired,
          ApiRestrictSourceVpcs: vpcs,
          ApiAllowSourceIps: addresses,
        },
      }
    }),
    UpdateIdentityStore: on({ ...store, NetworkConfiguration: NetworkConfiguration.optional() }, async (input) => {
      const { NetworkConfiguration: given } = input
      const { ApiRestrictSourceVpcs: vpcs = [], ApiAllowSourceIps: addresses = [] } = given ?? {}
      await model.updateNetwork(given && { isEndpointRequired: given.VpceAccessRequired, vpcs, addresses })
      return named
    }),
  }
}

function groupOperations(model: MemoryIdentityStore, on: OnStore): Record<string, JsonOperation> {
  const { identityStoreId } = model
  return {
    GetGroupId: on({ ...store, AlternateIdentifier }, async (input) => {
      const groupId = await findByAlternate('GROUP', input.AlternateIdentifier, model)
      if (groupId === undefined) throw resourceNotFound('GROUP')
      return { GroupId: groupId, IdentityStoreId: identityStoreId }
    }),
    DescribeGroup: on({ ...store, GroupId }, async (input) =>
      renderGroup(await model.describeGroup(input.GroupId), identityStoreId),
    ),
    ListGroups: on({ ...store, ...paging, Filters }, async (input) => {
      const displayName = filterValue(input.Filters, 'DisplayName')
      const page = await model.listGroups(pageRequest(input), displayName === undefined ? undefined : { displayName })
      return { Groups: page.items.map((group) => renderGroup(group, identityStoreId)), NextToken: page.nextToken }
    }),
    CreateGroup: on({ ...store, DisplayName: DisplayName.optional(), Description: text.optional() }, async (input) => {
      const groupId = await model.createGroup({ displayName: input.DisplayName, description: input.Description })
      return { GroupId: groupId, IdentityStoreId: identityStoreId }
    }),
    UpdateGroup: on({ ...store, GroupId, Operations }, async (input) =>
      model.updateGroup(input.GroupId, input.Operations.map(toOperation)),
    ),
    DeleteGroup: on({ ...store, GroupId }, async (input) => model.deleteGroup(input.GroupId)),
  }
}

function userOperations(model: MemoryIdentityStore, on: OnStore): Record<string, JsonOperation> {
  const { identityStoreId } = model
  return {
    GetUserId: on({ ...store, AlternateIdentifier }, async (input) => {
      const userId = await findByAlternate('USER', input.AlternateIdentifier, model)
      if (userId === undefined) throw resourceNotFound('USER')
      return { UserId: userId, IdentityStoreId: identityStoreId }
    }),
    DescribeUser: on({ ...store, ...asked, UserId }, async (input) =>
      renderUser(await model.describeUser(input.UserId), identityStoreId, input.Extensions),
    ),
    ListUsers: on({ ...store, ...asked, ...paging, Filters }, async (input) => {
      const userName = filterValue(input.Filters, 'UserName')
      const page = await model.listUsers(pageRequest(input), userName === undefined ? undefined : { userName })
      const render = (user: UserRecord) => renderUser(user, identityStoreId, input.Extensions)
      return { Users: page.items.map(render), NextToken: page.nextToken }
    }),
    CreateUser: on({ ...userAttributes, ...store, UserName }, async (input) => {
      const { IdentityStoreId: _store, UserName: userName, ...attributes } = input
      const given = Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
      const userId = await model.createUser({ userName, attributes: Object.fromEntries(given) })
      return { UserId: userId, IdentityStoreId: identityStoreId }
    }),
    UpdateUser: on({ ...store, UserId, Operations }, async (input) =>
      model.updateUser(input.UserId, input.Operations.map(toOperation)),
    ),
    DeleteUser: on({ ...store, UserId }, async (input) => model.deleteUser(input.UserId)),
  }
}

function membershipOperations(model: MemoryIdentityStore, on: OnStore): Record<string, JsonOperation> {
  const { identityStoreId } = model
  const render = (membership: MembershipRecord) => renderMembership(membership, identityStoreId)
  return {
    CreateGroupMembership: on({ ...store, GroupId, MemberId }, async (input) => ({
      MembershipId: await model.createGroupMembership(input.GroupId, input.MemberId.UserId),
      IdentityStoreId: identityStoreId,
    })),
    DeleteGroupMembership: on({ ...store, MembershipId }, async (input) =>
      model.deleteGroupMembership(input.MembershipId),
    ),
    DescribeGroupMembership: on({ ...store, MembershipId }, async (input) =>
      render(await model.describeGroupMembership(input.MembershipId)),
    ),
    GetGroupMembershipId: on({ ...store, GroupId, MemberId }, async (input) => {
      const membershipId = await model.getGroupMembershipId(input.GroupId, input.MemberId.UserId)
      if (membershipId === undefined) throw resourceNotFound('GROUP_MEMBERSHIP')
      return { MembershipId: membershipId, IdentityStoreId: identityStoreId }
    }),
    ListGroupMemberships: on({ ...store, ...paging, GroupId }, async (input) => {
      const page = await model.listGroupMemberships(input.GroupId, pageRequest(input))
      return { GroupMemberships: page.items.map(render), NextToken: page.nextToken }
    }),
    ListGroupMembershipsForMember: on({ ...store, ...paging, MemberId }, async (input) => {
      const page = await model.listGroupMembershipsForMember(input.MemberId.UserId, pageRequest(input))
      return { GroupMemberships: page.items.map(render), NextToken: page.nextToken }
    }),
    IsMemberInGroups: on(
      { ...store, MemberId, GroupIds: z.array(GroupId).min(1).max(100) },
      async ({ MemberId: memberId, GroupIds }) => {
        const exists = await model.isMemberInGroups(memberId.UserId, GroupIds)
        const results = GroupIds.map((groupId, index) => ({
          GroupId: groupId,
          MemberId: memberId,
          MembershipExists: exists[index] ?? false,
        }))
        return { Results: results }
      },
    ),
  }
}

/** The valid paths are displayName, userName and emails.value. (Identity Store API Reference, "GetGroupId" and "GetUserId".) */
async function findByAlternate(
  type: PrincipalType,
  { ExternalId, UniqueAttribute }: z.output<typeof AlternateIdentifier>,
  model: MemoryIdentityStore,
): Promise<PrincipalId | undefined> {
  if (ExternalId !== undefined) return model.getIdByExternalId(type, { issuer: ExternalId.Issuer, id: ExternalId.Id })
  const { AttributePath = '', AttributeValue } = UniqueAttribute ?? {}
  const path = AttributePath.toLowerCase()
  if (typeof AttributeValue === 'string') {
    if (type === 'GROUP' && path === 'displayname') return model.getGroupId(AttributeValue)
    if (type === 'USER' && path === 'username') return model.getUserId(AttributeValue)
    if (type === 'USER' && path === 'emails.value') return model.getUserIdByEmail(AttributeValue)
  }
  throw invalidDirectoryInput(`${AttributePath} is not a supported unique attribute.`)
}

function filterValue(filters: z.output<typeof Filters>, path: string): string | undefined {
  const [filter] = filters ?? []
  if (filter !== undefined && filter.AttributePath !== path)
    throw invalidDirectoryInput(`${filter.AttributePath} is not a supported filter.`)
  return filter?.AttributeValue
}

function toOperation({ AttributePath, AttributeValue }: z.output<typeof Operations>[number]) {
  return { path: AttributePath, value: AttributeValue }
}

function pageRequest(input: { readonly NextToken?: string | undefined; readonly MaxResults?: number | undefined }) {
  return { nextToken: input.NextToken, most: input.MaxResults ?? 100 }
}

function renderGroup(
  { groupId, displayName, description, externalId, createdAt, updatedAt }: GroupRecord,
  storeId: string,
): object {
  return {
    GroupId: groupId,
    DisplayName: displayName,
    Description: description,
    ExternalIds: externalId && [{ Issuer: externalId.issuer, Id: externalId.id }],
    CreatedAt: createdAt,
    UpdatedAt: updatedAt,
    IdentityStoreId: storeId,
  }
}

/** `asked`: the answer has only the requested extensions. */
function renderUser(user: UserRecord, storeId: string, asked: readonly string[] = []): object {
  const { userId, userName, attributes, createdAt, updatedAt } = user
  const { Extensions: _, ...core } = attributes
  const extension = asked.includes(enterpriseExtension) ? extensionOf(user) : undefined
  return {
    UserStatus: 'ENABLED',
    // Includes the status, which the console and SCIM change.
    ...core,
    Extensions: extension === undefined ? undefined : { [enterpriseExtension]: extension },
    UserId: userId,
    UserName: userName,
    CreatedAt: createdAt,
    UpdatedAt: updatedAt,
    IdentityStoreId: storeId,
  }
}

function renderMembership({ membershipId, groupId, userId, createdAt }: MembershipRecord, storeId: string): object {
  return {
    IdentityStoreId: storeId,
    MembershipId: membershipId,
    GroupId: groupId,
    MemberId: { UserId: userId },
    CreatedAt: createdAt,
    UpdatedAt: createdAt,
  }
}
