import type { ExternalId } from '../../domain/principals/external-id.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json }

export type GroupRecord = {
  readonly groupId: PrincipalId
  /** AWS permits a group without a name; nobody can look it up by name then. */
  readonly displayName?: string
  readonly description?: string
  /** The id from the source that created it, such as a provider by SCIM. */
  readonly externalId?: ExternalId
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type UserRecord = {
  readonly userId: PrincipalId
  readonly userName: string
  /** The other members of AWS's `User` as received (`Name`, `Emails`, `DisplayName`, …). */
  readonly attributes: JsonObject
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A disabled user cannot sign in. */
export type UserStatus = 'ENABLED' | 'DISABLED'

export type MembershipRecord = {
  readonly membershipId: string
  readonly groupId: PrincipalId
  readonly userId: PrincipalId
  readonly createdAt: Date
}

/** An attribute path as AWS spells it (`displayName`, `name.familyName`); without a value the attribute is removed. */
export type AttributeOperation = { readonly path: string; readonly value?: Json | undefined }

/** A change of the directory, with the facts for rendering AWS's (masked) events. */
export type IdentityStoreChange = { readonly at: Date } & (
  | { readonly event: 'CreateGroup' | 'UpdateGroup' | 'DeleteGroup'; readonly groupId: PrincipalId }
  | { readonly event: 'CreateUser' | 'UpdateUser' | 'DeleteUser'; readonly userId: PrincipalId }
  | {
      readonly event: 'CreateGroupMembership' | 'DeleteGroupMembership'
      readonly membershipId: string
      readonly groupId: PrincipalId
      readonly userId: PrincipalId
    }
)

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
