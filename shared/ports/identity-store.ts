import type { PrincipalId } from '../domain/principals/identity-center-ids.ts'
import type { PrincipalName, PrincipalType } from '../domain/principals/principal.ts'
import type { Page } from './page.ts'

/** `isDisabled`: a user who may not sign in. */
export type NamedPrincipal = {
  readonly id: PrincipalId
  readonly name: PrincipalName
  readonly isDisabled?: boolean | undefined
  /** Of a user, where it is listed. */
  readonly createdAt?: Date | undefined
}

/**
 * `name`: absent where the group has none. `isExternal`: it has ExternalIds, so another source of groups made it or keeps it,
 * such as a provider by SCIM, and overwrites what others do. (Identity Store API Reference, "Group".)
 */
export type DirectoryGroup = {
  readonly name?: PrincipalName | undefined
  readonly description?: string | undefined
  readonly isExternal: boolean
}
export type DirectoryUser = { readonly name: PrincipalName; readonly isDisabled: boolean }

/** The instance's identity store. A group's name is its DisplayName, a user's its UserName. */
export interface IdentityStore {
  /** GetGroupId or GetUserId. `undefined`: no group or user has exactly this name. */
  findPrincipalId(type: PrincipalType, name: PrincipalName): Promise<PrincipalId | undefined>
  /** DescribeGroup or DescribeUser. `undefined`: the id does not exist (any more). */
  findPrincipalName(type: PrincipalType, id: PrincipalId): Promise<PrincipalName | undefined>
  /** DescribeUser. `undefined`: the id does not exist (any more). `isDisabled`: it may not sign in. */
  findUser(id: PrincipalId): Promise<DirectoryUser | undefined>
  /** DescribeGroup. `undefined`: the id does not exist (any more). */
  findGroup(id: PrincipalId): Promise<DirectoryGroup | undefined>
  listPrincipals(type: PrincipalType, nextToken?: string): Promise<Page<NamedPrincipal>>
  /** ListGroupMembershipsForMember: the ids of the groups that a user is a member of, 100 a page. */
  listGroupsOf(userId: PrincipalId, nextToken?: string): Promise<Page<PrincipalId>>
  /** ListGroupMemberships: the ids of the users that are members of a group, 100 a page. */
  listMembersOf(groupId: PrincipalId, nextToken?: string): Promise<Page<PrincipalId>>
  /** The id of the membership. `undefined`: the user is no member, or one of the two does not exist. */
  getGroupMembershipId(groupId: PrincipalId, userId: PrincipalId): Promise<string | undefined>
  /** Throws ConflictException where a group has this name. */
  createGroup(group: { readonly displayName: PrincipalName; readonly description?: string }): Promise<PrincipalId>
  /** UpdateGroup. `undefined`: without a description. Throws ResourceNotFoundException. */
  updateGroupDescription(groupId: PrincipalId, description: string | undefined): Promise<void>
  /** With all its memberships. Throws ResourceNotFoundException. */
  deleteGroup(groupId: PrincipalId): Promise<void>
  /** Throws ConflictException where the user is a member already, and ResourceNotFoundException. Answers the id of the membership. */
  createGroupMembership(groupId: PrincipalId, userId: PrincipalId): Promise<string>
  /** Throws ResourceNotFoundException. */
  deleteGroupMembership(membershipId: string): Promise<void>
}
