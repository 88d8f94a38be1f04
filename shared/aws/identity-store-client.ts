import {
  CreateGroupCommand,
  CreateGroupMembershipCommand,
  CreateUserCommand,
  DeleteGroupCommand,
  DeleteGroupMembershipCommand,
  DeleteUserCommand,
  DescribeGroupCommand,
  DescribeUserCommand,
  GetGroupIdCommand,
  GetGroupMembershipIdCommand,
  GetUserIdCommand,
  type Group,
  type IdentitystoreClient,
  ListGroupMembershipsCommand,
  ListGroupMembershipsForMemberCommand,
  ListGroupsCommand,
  ListUsersCommand,
  type ListUsersCommandInput,
  ResourceNotFoundException,
  UpdateGroupCommand,
  UpdateUserCommand,
  type User,
} from '@aws-sdk/client-identitystore'
import type { ExternalId } from '../domain/principals/external-id.ts'
import { type PrincipalId, principalId } from '../domain/principals/identity-center-ids.ts'
import { type Profile, renderNewUser, renderProfileOperations, toProfile } from '../domain/principals/person-profile.ts'
import { canExist, type PrincipalName, type PrincipalType, principalName } from '../domain/principals/principal.ts'
import { enterpriseExtension, toAttributes } from '../domain/principals/user-attributes.ts'
import type { DirectoryGroup, DirectoryUser, IdentityStore, NamedPrincipal } from '../ports/identity-store.ts'
import { OlderAdSync } from '../ports/older-ad-sync.ts'
import { once } from '../ports/once.ts'
import { listAll, type Page } from '../ports/page.ts'
import { ServiceError } from '../ports/service-error.ts'
import { answerOf as answerOfService, answerOrAbsent, parseAnswer } from './answers.ts'

const service = 'identitystore'

/** The identity store of the instance, over the SDK. */
export class AwsIdentityStore implements IdentityStore {
  readonly #client: IdentitystoreClient
  readonly #identityStoreId: () => Promise<string>
  readonly #olderAdSync = new OlderAdSync()

  /** Asks for `identityStoreId` once (see `SsoAdmin.instance`). */
  constructor(client: IdentitystoreClient, identityStoreId: () => Promise<string>) {
    this.#client = client
    this.#identityStoreId = once(identityStoreId)
  }

  async findPrincipalId(type: PrincipalType, name: PrincipalName): Promise<PrincipalId | undefined> {
    if (!canExist(type, name)) return undefined
    return this.#olderAdSync.find(
      () => this.#getId(type, name),
      async () => {
        const AttributePath = type === 'GROUP' ? 'DisplayName' : 'UserName'
        const filtered = (token?: string) => this.#list(type, token, [{ AttributePath, AttributeValue: name }])
        for await (const found of listAll(filtered)) if (found.name === name) return found.id
        return undefined
      },
    )
  }

  async #getId(type: PrincipalType, name: PrincipalName): Promise<PrincipalId | undefined> {
    const AttributePath = type === 'GROUP' ? 'displayName' : 'userName'
    const AlternateIdentifier = { UniqueAttribute: { AttributePath, AttributeValue: name } }
    const input = { IdentityStoreId: await this.#identityStoreId(), AlternateIdentifier }
    const id =
      type === 'GROUP'
        ? (await orUndefined(this.#client.send(new GetGroupIdCommand(input))))?.GroupId
        : (await orUndefined(this.#client.send(new GetUserIdCommand(input))))?.UserId
    return id === undefined ? undefined : parseId(id)
  }

  async findUserByEmail(email: string): Promise<PrincipalId | undefined> {
    // Identity Store API Reference, "GetUserId": the valid paths are userName and emails.value.
    const AlternateIdentifier = { UniqueAttribute: { AttributePath: 'emails.value', AttributeValue: email } }
    const input = { IdentityStoreId: await this.#identityStoreId(), AlternateIdentifier }
    const id = (await orUndefined(this.#client.send(new GetUserIdCommand(input))))?.UserId
    return id === undefined ? undefined : parseId(id)
  }

  async findPrincipalName(type: PrincipalType, id: PrincipalId): Promise<PrincipalName | undefined> {
    if (type === 'GROUP') return (await this.findGroup(id))?.name
    const input = { IdentityStoreId: await this.#identityStoreId(), UserId: id }
    const name = (await orUndefined(this.#client.send(new DescribeUserCommand(input))))?.UserName
    return name === undefined ? undefined : parseName(name)
  }

  async findUser(id: PrincipalId): Promise<DirectoryUser | undefined> {
    const about = { IdentityStoreId: await this.#identityStoreId(), Extensions: [enterpriseExtension] }
    const user = await orUndefined(this.#client.send(new DescribeUserCommand({ ...about, UserId: id })))
    return user && toUser({ ...user, UserId: id })[0]
  }

  async listPeople(nextToken?: string): Promise<Page<DirectoryUser>> {
    const about = { IdentityStoreId: await this.#identityStoreId(), Extensions: [enterpriseExtension] }
    const call = this.#client.send(new ListUsersCommand({ ...about, NextToken: nextToken, MaxResults: 100 }))
    const { Users = [], NextToken } = await answerOf(service, call)
    return { items: Users.flatMap(toUser), nextToken: NextToken }
  }

  async findGroup(id: PrincipalId): Promise<DirectoryGroup | undefined> {
    const input = { IdentityStoreId: await this.#identityStoreId(), GroupId: id }
    const described = await orUndefined(this.#client.send(new DescribeGroupCommand(input)))
    return this.#olderAdSync.describe(described && toGroup(described), {
      anyName: () => this.#getId('GROUP', nobody),
      list: async () => {
        for await (const group of listAll((token) => this.#listGroups(token)))
          if (group.GroupId === id) return toGroup(group)
        return undefined
      },
    })
  }

  /** Leaves out groups and users without a name, because no link can name them. */
  listPrincipals(type: PrincipalType, nextToken?: string): Promise<Page<NamedPrincipal>> {
    return this.#list(type, nextToken)
  }

  async #list(
    type: PrincipalType,
    nextToken: string | undefined,
    filters?: ListUsersCommandInput['Filters'],
  ): Promise<Page<NamedPrincipal>> {
    if (type === 'GROUP') {
      const { items, nextToken: next } = await this.#listGroups(nextToken, filters)
      return {
        items: items.flatMap((group) =>
          toNamedPrincipal(group.GroupId, group.DisplayName).map((named) => ({ ...named, group: toGroup(group) })),
        ),
        nextToken: next,
      }
    }
    const about = { IdentityStoreId: await this.#identityStoreId(), Filters: filters }
    const call = this.#client.send(new ListUsersCommand({ ...about, NextToken: nextToken, MaxResults: 100 }))
    const { Users = [], NextToken } = await answerOf(service, call)
    const items = Users.flatMap(
      ({ UserId, UserName, DisplayName: displayName, UserStatus, ExternalIds, CreatedAt: createdAt }) =>
        toNamedPrincipal(UserId, UserName).map((user) => {
          const externalIds = toExternalIds(ExternalIds)
          const issuer = externalIds[0]?.issuer
          return {
            ...user,
            displayName,
            isDisabled: UserStatus === 'DISABLED',
            createdAt,
            ...(issuer !== undefined && { issuer, externalIds }),
          }
        }),
    )
    return { items, nextToken: NextToken }
  }

  async #listGroups(nextToken: string | undefined, filters?: ListUsersCommandInput['Filters']): Promise<Page<Group>> {
    const about = { IdentityStoreId: await this.#identityStoreId(), Filters: filters }
    const call = this.#client.send(new ListGroupsCommand({ ...about, NextToken: nextToken, MaxResults: 100 }))
    const { Groups: items = [], NextToken } = await answerOf(service, call)
    return { items, nextToken: NextToken }
  }

  async listGroupsOf(userId: PrincipalId, nextToken?: string): Promise<Page<PrincipalId>> {
    const about = { IdentityStoreId: await this.#identityStoreId(), MemberId: { UserId: userId } }
    const input = { ...about, MaxResults: 100, NextToken: nextToken }
    const call = () => answerOf(service, this.#client.send(new ListGroupMembershipsForMemberCommand(input)))
    const { GroupMemberships = [], NextToken } = await this.#olderAdSync.listMemberships(call)
    return { items: GroupMemberships.map(({ GroupId }) => parseId(GroupId)), nextToken: NextToken }
  }

  async listMembersOf(groupId: PrincipalId, nextToken?: string): Promise<Page<PrincipalId>> {
    const about = { IdentityStoreId: await this.#identityStoreId(), GroupId: groupId }
    const input = { ...about, MaxResults: 100, NextToken: nextToken }
    const call = () => answerOf(service, this.#client.send(new ListGroupMembershipsCommand(input)))
    const { GroupMemberships = [], NextToken } = await this.#olderAdSync.listMemberships(call)
    return { items: GroupMemberships.map(({ MemberId }) => parseId(MemberId?.UserId)), nextToken: NextToken }
  }

  async getGroupMembershipId(groupId: PrincipalId, userId: PrincipalId): Promise<string | undefined> {
    const input = await this.#membership(groupId, userId)
    return (await orUndefined(this.#client.send(new GetGroupMembershipIdCommand(input))))?.MembershipId
  }

  async createGroup({ displayName, description }: Parameters<IdentityStore['createGroup']>[0]): Promise<PrincipalId> {
    const IdentityStoreId = await this.#identityStoreId()
    const input = { IdentityStoreId, DisplayName: displayName, Description: description }
    return parseId((await answerOf(service, this.#client.send(new CreateGroupCommand(input)))).GroupId)
  }

  async updateGroupDescription(groupId: PrincipalId, description: string | undefined): Promise<void> {
    // Without a value the attribute is removed. (Identity Store API Reference, "AttributeOperation".)
    const Operations = [{ AttributePath: 'description', AttributeValue: description }]
    const input = { IdentityStoreId: await this.#identityStoreId(), GroupId: groupId, Operations }
    await answerOf(service, this.#client.send(new UpdateGroupCommand(input)))
  }

  async deleteGroup(groupId: PrincipalId): Promise<void> {
    const input = { IdentityStoreId: await this.#identityStoreId(), GroupId: groupId }
    await answerOf(service, this.#client.send(new DeleteGroupCommand(input)))
  }

  async createGroupMembership(groupId: PrincipalId, userId: PrincipalId): Promise<string> {
    const input = await this.#membership(groupId, userId)
    const { MembershipId } = await answerOf(service, this.#client.send(new CreateGroupMembershipCommand(input)))
    return parseId(MembershipId)
  }

  async deleteGroupMembership(membershipId: string): Promise<void> {
    const input = { IdentityStoreId: await this.#identityStoreId(), MembershipId: membershipId }
    await answerOf(service, this.#client.send(new DeleteGroupMembershipCommand(input)))
  }

  async createPerson(name: PrincipalName, profile: Profile): Promise<PrincipalId> {
    const input = { IdentityStoreId: await this.#identityStoreId(), UserName: name, ...renderNewUser(profile) }
    return parseId((await answerOf(service, this.#client.send(new CreateUserCommand(input)))).UserId)
  }

  async updatePerson(id: PrincipalId, change: Profile): Promise<void> {
    const Operations = renderProfileOperations(change).map(({ path, value }) => {
      return { AttributePath: path, AttributeValue: value }
    })
    const input = { IdentityStoreId: await this.#identityStoreId(), UserId: id, Operations }
    await answerOf(service, this.#client.send(new UpdateUserCommand(input)))
  }

  async deleteUser(id: PrincipalId): Promise<void> {
    const input = { IdentityStoreId: await this.#identityStoreId(), UserId: id }
    await answerOf(service, this.#client.send(new DeleteUserCommand(input)))
  }

  async #membership(groupId: PrincipalId, userId: PrincipalId) {
    return { IdentityStoreId: await this.#identityStoreId(), GroupId: groupId, MemberId: { UserId: userId } }
  }
}

/** A name for GetGroupId whose only purpose is its answer. */
const nobody = principalName.parse('ssofile: nobody has this name')

function toGroup({
  DisplayName: name,
  Description: description,
  ExternalIds = [],
}: Pick<Group, 'DisplayName' | 'Description' | 'ExternalIds'>): DirectoryGroup {
  return { ...(name === undefined ? {} : { name: parseName(name) }), description, isExternal: ExternalIds.length > 0 }
}

function toNamedPrincipal(id: string | undefined, name: string | undefined): readonly NamedPrincipal[] {
  return name === undefined ? [] : [{ id: parseId(id), name: parseName(name) }]
}

/** Empty: the user has no name. */
function toUser(user: Omit<User, 'IdentityStoreId'>): readonly DirectoryUser[] {
  const { UserId, UserName, UserStatus, ExternalIds = [], Extensions } = user
  return toNamedPrincipal(UserId, UserName).map((named) => ({
    ...named,
    isDisabled: UserStatus === 'DISABLED',
    attributes: toAttributes({ ...user }, Extensions?.[enterpriseExtension]),
    isExternal: ExternalIds.length > 0,
    externalIds: toExternalIds(ExternalIds),
    profile: toProfile(user),
  }))
}

function toExternalIds(all: User['ExternalIds'] = []): readonly ExternalId[] {
  return all.map(({ Issuer: issuer = '', Id: id = '' }) => ({ issuer, id }))
}

function parseId(id: string | undefined): PrincipalId {
  return parseAnswer({ service, member: 'GroupId or UserId' }, principalId, id)
}

function parseName(name: string): PrincipalName {
  return parseAnswer({ service, member: 'DisplayName or UserName' }, principalName, name)
}

/** IAM's refusals and the store's own have one code, and `Reason` does not distinguish them. (Identity Store API Reference.) */
async function answerOf<O>(of: typeof service, call: Promise<O>): Promise<O> {
  return answerOfService(of, call).catch((error: ServiceError) => {
    if (error.code !== 'AccessDeniedException') throw error
    const { code, message, cause, requestId, httpStatus } = error
    const told = `${message} (its role may lack the permission, or the identity store admits only some VPCs and addresses: ssofile doctor says which)`
    throw new ServiceError(of, code, told, { cause, requestId, httpStatus })
  })
}

/** Only a missing group or user counts as absence. A missing identity store is a fault. */
async function orUndefined<O>(call: Promise<O>): Promise<O | undefined> {
  return answerOrAbsent(service, answerOf(service, call), ({ code, cause }) => {
    const isOfStore = cause instanceof ResourceNotFoundException && cause.ResourceType === 'IDENTITY_STORE'
    return code === 'ResourceNotFoundException' && !isOfStore
  })
}
