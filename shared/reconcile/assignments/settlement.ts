import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Lack } from '../../domain/links/lack.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Brake } from '../brake/brake.ts'
import type { AssignmentListings } from '../calls/assignment-listings.ts'
import type { AssignmentRequests } from '../calls/assignment-requests.ts'
import type { ManagementAccountSets } from '../directory/management-account-sets.ts'
import type { Memberships } from '../directory/memberships.ts'
import type { PermissionSetIndex } from '../directory/permission-set-index.ts'
import type { PrincipalIndex } from '../directory/principal-index.ts'
import type { Separations } from '../guardrails/separations.ts'
import type { OrganizationCache } from '../organization/organization-cache.ts'
import type { LinkListing } from '../records/link-listing.ts'
import type { Policies } from '../records/policies.ts'
import type { PrincipalNames } from '../records/principal-names.ts'
import type { StatusStore } from '../records/status-store.ts'
import type { readMeant, Suspensions } from '../records/suspensions.ts'
import type { Standings } from './standings.ts'

/** Everything that a slice needs to settle assignments. */
export type SettleContext = Pick<Ports, 'objects' | 'ssoAdmin' | 'clock' | 'randomness' | 'log' | 'metrics'> & {
  readonly configuration: Configuration
  readonly standings: Standings
  readonly links: LinkListing
  readonly statuses: StatusStore
  readonly policies: Pick<Policies, 'read'>
  readonly suspensions: Pick<Suspensions, 'find'>
  /** Files that suspend people, by user id, at most half a minute old. */
  readonly meant: () => ReturnType<typeof readMeant>
  readonly organization: OrganizationCache
  readonly permissionSets: PermissionSetIndex
  readonly managementAccount: ManagementAccountSets
  readonly principals: PrincipalIndex
  readonly principalNames: PrincipalNames
  readonly memberships: Memberships
  readonly separations: Separations
  readonly requests: AssignmentRequests
  readonly listings: AssignmentListings
  readonly brake: Pick<Brake, 'admit' | 'review' | 'admitContents' | 'reviewContents' | 'admitAttributes'>
  /** False at the end of a slice, or if the lease may be lost: send no further call. */
  readonly mayStart: () => boolean
  /** Aborts unsent calls at the end of a slice. */
  readonly ending: AbortSignal
  /** When the hint was pulled, in monotonic milliseconds. An earlier search may have missed what appeared since. */
  readonly pulledMs: number
  /** The hint ends the access of a person, so its request is made before others. */
  readonly goesFirst?: boolean
}

/** By link. `none`: ssofile found everything that the link names. Links outside the map were not evaluated. */
export type Lacks = ReadonlyMap<string, Lack | 'none'>

/**
 * Result of one evaluation of an account assignment. `links`: the links whose status it changes. `lacks`: what the links that
 * grant it lack. `isUnneeded`: the ledger has it, and no link grants it, except perhaps links that
 * ssofile could not read. `suspension`: the file that suspends the user of an entry, whose status this evaluation changes.
 */
export type Settlement = {
  readonly links: readonly string[]
  readonly lacks?: Lacks | undefined
  readonly isUnneeded?: true
  readonly suspension?: string | undefined
} & (
  | { readonly result: 'applied'; readonly owned: boolean }
  | { readonly result: 'absent' }
  | { readonly result: 'waiting' }
  /** Not finished. The ledger entry says when and why, and so does its twin under `state/open/` unless it is stuck. */
  | { readonly result: 'open'; readonly reason: string }
  /** The brake holds its revocation for an operator, on the list in `control/brake.json`. */
  | { readonly result: 'held'; readonly reason: string }
  /** The slice is ending, and the hint goes back. `isAsked`: our request is in progress, and the next slice finds it. */
  | { readonly result: 'given-back'; readonly isAsked?: boolean }
)
