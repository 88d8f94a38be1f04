import type { Assignment, AssignmentKey } from '../../domain/assignments/assignment.ts'
import type { Revocation } from '../../domain/brake/act.ts'
import type { Cause } from '../../domain/brake/brake-record.ts'
import type { Lack } from '../../domain/links/lack.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'

/** An assignment to create, and the links that grant it. */
export type PlannedGrant = {
  readonly assignment: Assignment
  readonly links: readonly string[]
  /** Of the group or user that has this name now. Absent: not looked for, or there is none. */
  readonly principalId?: PrincipalId
}

/**
 * What became of a link that granted an assignment. `elsewhere`: it is in force, without this account in its scope.
 * `nameless`: it is in force, and its principal has another name under the `principalSuffix`. `ended`: its temporary access is
 * over, which the brake never holds. `suspended`: it is in force, and a file suspends its user.
 */
export type LinkFate =
  | 'deleted'
  | 'ended'
  | 'rejected'
  | 'expired'
  | 'not-yet'
  | 'unreadable'
  | 'elsewhere'
  | 'nameless'
  | 'suspended'
export type PlannedRevocation = {
  readonly key: AssignmentKey
  /** By the present name of its principal, as far as the ledger knows. */
  readonly assignment: Assignment
  /** The links that granted it when it was last evaluated. */
  readonly links: readonly { readonly key: string; readonly fate: LinkFate }[]
  /** What takes the access away; `undefined`: each of these links was withdrawn. */
  readonly cause: Cause | undefined
  /** Who is suspended, where that takes it away. */
  readonly suspended?: Revocation['suspended']
}

/** Grants that wait, and the reason. */
export type WaitingGrants = Lack & { readonly grants: readonly PlannedGrant[] }
