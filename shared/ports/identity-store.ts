import type { PrincipalId } from '../domain/principals/identity-center-ids.ts'
import type { PrincipalName, PrincipalType } from '../domain/principals/principal.ts'
import type { Page } from './page.ts'

/** `isDisabled`: a user who may not sign in. */
export type NamedPrincipal = {
  readonly id: PrincipalId
  readonly name: PrincipalName
  readonly isDisabled?: boolean | undefined
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
  listPrincipals(type: PrincipalType, nextToken?: string): Promise<Page<NamedPrincipal>>
  /** ListGroupMembershipsForMember: the ids of the groups that a user is a member of, 100 a page. */
  listGroupsOf(userId: PrincipalId, nextToken?: string): Promise<Page<PrincipalId>>
  /** ListGroupMemberships: the ids of the users that are members of a group, 100 a page. */
  listMembersOf(groupId: PrincipalId, nextToken?: string): Promise<Page<PrincipalId>>
}
