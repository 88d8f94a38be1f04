import type { ExternalId } from '../domain/principals/external-id.ts'
import type { PrincipalId } from '../domain/principals/identity-center-ids.ts'
import type { Profile } from '../domain/principals/person-profile.ts'
import type { PrincipalName, PrincipalType } from '../domain/principals/principal.ts'
import type { UserAttributes } from '../domain/principals/user-attributes.ts'
import type { Page } from './page.ts'

/** A group or user in a listing. `isDisabled`: the user cannot sign in. */
export type NamedPrincipal = {
  readonly id: PrincipalId
  readonly name: PrincipalName
  /** Only for users, and only in a listing. */
  readonly displayName?: string | undefined
  readonly isDisabled?: boolean | undefined
  /** The source that made or manages this user: the issuer of the first of its ExternalIds. */
  readonly issuer?: string | undefined
  /** Only for users. Absent: none. */
  readonly externalIds?: readonly ExternalId[] | undefined
  /** Only for users, and only in a listing. */
  readonly createdAt?: Date | undefined
  /** Only for groups, and only in a listing. */
  readonly group?: DirectoryGroup
}

/**
 * `name`: absent if the group has none. `isExternal`: the group has ExternalIds. Another source, such as a provider by SCIM, made or
 * manages it, and overwrites other changes. (Identity Store API Reference, "Group".)
 */
export type DirectoryGroup = {
  readonly name?: PrincipalName | undefined
  readonly description?: string | undefined
  readonly isExternal: boolean
}
/** A user with the attributes for rules. `isDisabled`: the user may not sign in. */
export type DirectoryPerson = {
  readonly id: PrincipalId
  readonly name: PrincipalName
  readonly isDisabled: boolean
  readonly attributes: UserAttributes
}
/** Everything about one user. `isExternal`: as in `DirectoryGroup`. */
export type DirectoryUser = DirectoryPerson & {
  readonly isExternal: boolean
  /** Absent: none. */
  readonly externalIds?: readonly ExternalId[] | undefined
  readonly profile: Profile
}

/** The calls of an identity store that change nothing. A group's name is its DisplayName, a user's its UserName. */
export interface ReadingIdentityStore {
  /** GetGroupId or GetUserId. `undefined`: no group or user has exactly this name. */
  findPrincipalId(type: PrincipalType, name: PrincipalName): Promise<PrincipalId | undefined>
  /** GetUserId. `undefined`: no user has exactly this e-mail address. */
  findUserByEmail(email: string): Promise<PrincipalId | undefined>
  /** DescribeGroup or DescribeUser. `undefined`: the id does not exist (any more). */
  findPrincipalName(type: PrincipalType, id: PrincipalId): Promise<PrincipalName | undefined>
  /** DescribeUser, with the extension for enterprises. `undefined`: the id does not exist (any more), or has no user name. */
  findUser(id: PrincipalId): Promise<DirectoryUser | undefined>
  /** ListUsers, with the extension for enterprises, 100 a page. */
  listPeople(nextToken?: string): Promise<Page<DirectoryUser>>
  /** DescribeGroup. `undefined`: the id does not exist (any more). */
  findGroup(id: PrincipalId): Promise<DirectoryGroup | undefined>
  listPrincipals(type: PrincipalType, nextToken?: string): Promise<Page<NamedPrincipal>>
  /** ListGroupMembershipsForMember: the ids of the groups that a user is a member of, 100 a page. */
  listGroupsOf(userId: PrincipalId, nextToken?: string): Promise<Page<PrincipalId>>
  /** ListGroupMemberships: the ids of the users that are members of a group, 100 a page. */
  listMembersOf(groupId: PrincipalId, nextToken?: string): Promise<Page<PrincipalId>>
  /** The id of the membership. `undefined`: the user is no member, or one of the two does not exist. */
  getGroupMembershipId(groupId: PrincipalId, userId: PrincipalId): Promise<string | undefined>
}

/** The instance's identity store. */
export interface IdentityStore extends ReadingIdentityStore {
  // A creation throws CONCURRENT_MODIFICATION if another request changes the same thing: nothing took effect, and it may be repeated.
  /** Throws ConflictException if a group has this name. */
  createGroup(group: { readonly displayName: PrincipalName; readonly description?: string }): Promise<PrincipalId>
  /** UpdateGroup. `undefined`: no description. Throws ResourceNotFoundException. */
  updateGroupDescription(groupId: PrincipalId, description: string | undefined): Promise<void>
  /** Deletes the group with all its memberships. Throws ResourceNotFoundException. */
  deleteGroup(groupId: PrincipalId): Promise<void>
  /** Returns the membership's id. Throws ConflictException if the user is already a member, and ResourceNotFoundException. */
  createGroupMembership(groupId: PrincipalId, userId: PrincipalId): Promise<string>
  /** CreateUser. Throws ConflictException if a user has this name or this e-mail address. The user has no password. */
  createPerson(name: PrincipalName, profile: Profile): Promise<PrincipalId>
  /** UpdateUser, only for these attributes. `undefined` removes one. Throws ResourceNotFoundException, and ConflictException if a user has this e-mail address. */
  updatePerson(id: PrincipalId, change: Profile): Promise<void>
  /** Deletes the user with all memberships. Throws ResourceNotFoundException. */
  deleteUser(id: PrincipalId): Promise<void>
  /** Throws ResourceNotFoundException. */
  deleteGroupMembership(membershipId: string): Promise<void>
}
