import {
  DescribeGroupCommand,
  DescribeUserCommand,
  GetGroupIdCommand,
  GetUserIdCommand,
  type IdentitystoreClient,
  ListGroupMembershipsForMemberCommand,
  ListGroupsCommand,
  ListUsersCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-identitystore'
import { type PrincipalId, principalId } from '../domain/identity-center-ids.ts'
import { type PrincipalName, type PrincipalType, principalName } from '../domain/principal.ts'
import type { IdentityStore, NamedPrincipal } from '../ports/identity-store.ts'
import type { Page } from '../ports/page.ts'
import { once } from './once.ts'
import { parseAnswer } from './parse-answer.ts'
import { toServiceError } from './service-error.ts'

/** The identity store of the instance, over the SDK. All calls are reads, so the SDK's standard retries are right. */
export class AwsIdentityStore implements IdentityStore {
  readonly #client: IdentitystoreClient
  readonly #identityStoreId: () => Promise<string>

  /** `identityStoreId` (see `SsoAdmin.instance`) is asked once. */
  constructor(client: IdentitystoreClient, identityStoreId: () => Promise<string>) {
    this.#client = client
    this.#identityStoreId = once(identityStoreId)
  }

  async findPrincipalId(type: PrincipalType, name: PrincipalName): Promise<PrincipalId | undefined> {
    const IdentityStoreId = await this.#identityStoreId()
    const id = await orUndefined(async () => {
      if (type === 'GROUP') {
        const AlternateIdentifier = { UniqueAttribute: { AttributePath: 'displayName', AttributeValue: name } }
        return (await this.#client.send(new GetGroupIdCommand({ IdentityStoreId, AlternateIdentifier }))).GroupId
      }
      const AlternateIdentifier = { UniqueAttribute: { AttributePath: 'userName', AttributeValue: name } }
      return (await this.#client.send(new GetUserIdCommand({ IdentityStoreId, AlternateIdentifier }))).UserId
    })
    return id === undefined ? undefined : parseId(id)
  }

  async findPrincipalName(type: PrincipalType, id: PrincipalId): Promise<PrincipalName | undefined> {
    const IdentityStoreId = await this.#identityStoreId()
    const name = await orUndefined(async () =>
      type === 'GROUP'
        ? (await this.#client.send(new DescribeGroupCommand({ IdentityStoreId, GroupId: id }))).DisplayName
        : (await this.#client.send(new DescribeUserCommand({ IdentityStoreId, UserId: id }))).UserName,
    )
    return name === undefined ? undefined : parseName(name)
  }

  /** Groups and users without a name are left out: nobody can name them in a link. */
  async listPrincipals(type: PrincipalType, nextToken?: string): Promise<Page<NamedPrincipal>> {
    const input = { IdentityStoreId: await this.#identityStoreId(), NextToken: nextToken, MaxResults: 100 }
    try {
      if (type === 'GROUP') {
        const { Groups: groups = [], NextToken } = await this.#client.send(new ListGroupsCommand(input))
        const items = groups.flatMap((group) => toNamedPrincipal(group.GroupId, group.DisplayName))
        return { items, nextToken: NextToken }
      }
      const { Users: users = [], NextToken } = await this.#client.send(new ListUsersCommand(input))
      return { items: users.flatMap((user) => toNamedPrincipal(user.UserId, user.UserName)), nextToken: NextToken }
    } catch (error) {
      throw toServiceError('identitystore', error)
    }
  }

  async listGroupsOf(userId: PrincipalId, nextToken?: string): Promise<Page<PrincipalId>> {
    const IdentityStoreId = await this.#identityStoreId()
    try {
      const { GroupMemberships: memberships = [], NextToken } = await this.#client.send(
        new ListGroupMembershipsForMemberCommand({
          IdentityStoreId,
          MemberId: { UserId: userId },
          MaxResults: 100,
          NextToken: nextToken,
        }),
      )
      return { items: memberships.map(({ GroupId }) => parseId(GroupId)), nextToken: NextToken }
    } catch (error) {
      throw toServiceError('identitystore', error)
    }
  }
}

function toNamedPrincipal(id: string | undefined, name: string | undefined): readonly NamedPrincipal[] {
  return name === undefined ? [] : [{ id: parseId(id), name: parseName(name) }]
}

function parseId(id: string | undefined): PrincipalId {
  return parseAnswer({ service: 'identitystore', member: 'GroupId or UserId' }, principalId, id)
}

function parseName(name: string): PrincipalName {
  return parseAnswer({ service: 'identitystore', member: 'DisplayName or UserName' }, principalName, name)
}

/** Only a missing group or user is absence; a missing identity store or KMS key is a fault. */
async function orUndefined<O>(send: () => Promise<O>): Promise<O | undefined> {
  try {
    return await send()
  } catch (error) {
    const isAbsent =
      error instanceof ResourceNotFoundException &&
      error.ResourceType !== 'IDENTITY_STORE' &&
      error.Reason === undefined
    if (isAbsent) return undefined
    throw toServiceError('identitystore', error)
  }
}
