import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'

export type Tags = Readonly<Record<string, string>>

export type OrganizationRecord = {
  /** `o-…`. */
  readonly id: string
  /** `r-…`. */
  readonly rootId: string
  readonly managementAccountId: AccountId
  readonly rootTags: Tags
}

export type OrganizationalUnitRecord = {
  readonly id: string
  readonly name: string
  readonly parentId: string
  readonly tags: Tags
}

export type AccountRecord = {
  readonly id: AccountId
  readonly name: string
  readonly email: string
  readonly state: Account['state']
  readonly parentId: string
  readonly joinedMethod: 'INVITED' | 'CREATED'
  readonly joinedAt: Date
  readonly tags: Tags
  /** Set while the account closes or is closed: the next step, and its time. */
  readonly closure?: { readonly requestId: string; readonly requestedAt: Date; readonly nextAt: Date }
}

/** CreateAccountStatus (Organizations API Reference). */
export type CreateAccountRecord = {
  readonly requestId: string
  readonly accountName: string
  readonly email: string
  readonly accountId: AccountId
  readonly tags: Tags
  readonly state: 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED'
  readonly failureReason?: string
  readonly requestedAt: Date
  readonly dueAt: Date
}

/** The invited party (Organizations API Reference, "HandshakeParty"). */
export type InvitedParty = { readonly type: 'ACCOUNT' | 'EMAIL'; readonly id: string }

/** Handshake (Organizations API Reference), of the action INVITE. */
export type HandshakeRecord = {
  /** `h-…`. */
  readonly id: string
  readonly party: InvitedParty
  /** The tags of the account when it becomes a member. */
  readonly tags: Tags
  readonly state: 'OPEN' | 'ACCEPTED'
  readonly requestedAt: Date
  readonly expiresAt: Date
}

export type NamedUnit = { readonly id: string; readonly arn: string; readonly name: string }

/** AWS's further answers about an account, beyond the port. */
export type AccountDetails = Pick<AccountRecord, 'email' | 'joinedMethod' | 'joinedAt'> & {
  readonly arn: string
  /** `o-…/r-…/ou-…/123456789012/`. */
  readonly path: string
}

/**
 * A change in the organization, with the facts for rendering AWS's events. Suspending and reinstating are missing: AWS sends no event for
 * either.
 */
export type OrganizationsChange = { readonly at: Date } & (
  | { readonly event: 'CreateAccount'; readonly requestId: string }
  | {
      readonly event: 'CreateAccountResult'
      readonly requestId: string
      readonly state: 'SUCCEEDED' | 'FAILED'
      readonly accountId: AccountId
      readonly requestedAt: Date
      readonly failureReason?: string
    }
  | {
      readonly event: 'AccountJoinedOrganization'
      readonly accountId: AccountId
      readonly joinedMethod: 'Created' | 'Invited'
    }
  | {
      readonly event: 'AccountDepartedOrganization'
      readonly accountId: AccountId
      readonly departedMethod: 'Left' | 'Removed' | 'Cleaned'
    }
  | {
      readonly event: 'MoveAccount'
      readonly accountId: AccountId
      readonly sourceParentId: string
      readonly destinationParentId: string
    }
  | { readonly event: 'RemoveAccountFromOrganization' | 'CloseAccount'; readonly accountId: AccountId }
  | {
      readonly event: 'CloseAccountResult'
      readonly requestId: string
      readonly accountId: AccountId
      readonly state: 'SUCCEEDED'
      readonly requestedAt: Date
    }
  | { readonly event: 'CreateOrganizationalUnit'; readonly parentId: string; readonly organizationalUnit: NamedUnit }
  | { readonly event: 'UpdateOrganizationalUnit'; readonly organizationalUnitId: string; readonly name: string }
  | { readonly event: 'DeleteOrganizationalUnit'; readonly organizationalUnitId: string }
  | {
      readonly event: 'TagResource' | 'UntagResource'
      readonly resourceId: string
      readonly resourceArn: string
      readonly changedTagKeys: readonly string[]
      /** All tags after the change. */
      readonly tags: Tags
    }
)

/** A change before its instant is set; distributes over the union. */
export type UnstampedChange<C = OrganizationsChange> = C extends unknown ? Omit<C, 'at'> : never
