import type { Assignment, AssignmentKey } from '../../domain/assignments/assignment.ts'
import type { Revocation } from '../../domain/brake/act.ts'
import type { Cause } from '../../domain/brake/brake-record.ts'
import type { Lack } from '../../domain/links/lack.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Status } from '../../domain/statuses/status.ts'
import type { LinkReading } from '../../reconcile/records/read-link.ts'

/** An assignment to create, and the links that grant it. */
export type PlannedGrant = {
  readonly assignment: Assignment
  readonly links: readonly string[]
  /** The id of the group or user with this name. Absent: not looked for, or missing. */
  readonly principalId?: PrincipalId
}

/**
 * The present state of a link that granted an assignment. `elsewhere`: in force, but this account is outside its scope.
 * `nameless`: in force, but its principal has another name under the `principalSuffix`. `ended`: its temporary access is over,
 * which the brake never holds. `suspended`: in force, but a file suspends its user.
 */
export type LinkFate =
  | Exclude<LinkReading['state'], 'absent' | 'in-force'>
  | 'deleted'
  | 'ended'
  | 'elsewhere'
  | 'nameless'
  | 'suspended'

export type PlannedRevocation = {
  readonly key: AssignmentKey
  /** By the principal's present name in the ledger. */
  readonly assignment: Assignment
  /** The links that granted it at its last evaluation. */
  readonly links: readonly { readonly key: string; readonly fate: LinkFate }[]
  /** The cause of the revocation; `undefined`: all of these links were withdrawn. */
  readonly cause: Cause | undefined
  /** The suspended user, if a suspension takes it away. */
  readonly suspended?: Revocation['suspended']
}

export type PlannedAccess = {
  readonly grants: readonly PlannedGrant[]
  readonly revocations: readonly PlannedRevocation[]
}

/** Waiting grants, and the reason. */
export type WaitingGrants = Lack & { readonly grants: readonly PlannedGrant[] }

/** A file that grants nothing now, as its status says. */
export type IdleFile = { readonly key: string } & Readonly<Pick<Status, 'state' | 'reason' | 'remedy'>>

/** `later`: its grants once its time or its accounts come, without another upload. Absent: none. */
export type IdleLink = IdleFile & { readonly later?: LaterGrants }
/** No accounts: nobody knows them yet. */
export type LaterGrants = Omit<Assignment, 'accountId'> & { readonly accounts: readonly AccountId[] }
