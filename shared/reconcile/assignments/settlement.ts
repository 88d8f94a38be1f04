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

/** What assignments are settled with in one slice. */
export type SettleContext = Pick<Ports, 'objects' | 'ssoAdmin' | 'clock' | 'randomness' | 'log' | 'metrics'> & {
  readonly configuration: Configuration
  readonly standings: Standings
  readonly links: LinkListing
  readonly statuses: StatusStore
  readonly policies: Pick<Policies, 'read'>
  readonly suspensions: Pick<Suspensions, 'find'>
  /** Files that suspend people, by the user's id, as they were half a minute ago at most. */
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
  /** False at the end of a slice, or when the lease may be lost: what has not left is not sent. */
  readonly mayStart: () => boolean
  /** Aborts what has not left at the end of a slice. */
  readonly ending: AbortSignal
  /** When the hint was pulled: monotonic milliseconds of the clock. What was looked for before may have appeared since. */
  readonly pulledMs: number
}

/** By link. `none`: what it names was found. Links that are not in the map were not evaluated. */
export type Lacks = ReadonlyMap<string, Lack | 'none'>

/**
 * Where one account assignment stands after an evaluation. `links`: the links whose status it concerns. `lacks`: what
 * the links that grant it lack.
 */
export type Settlement = { readonly links: readonly string[]; readonly lacks?: Lacks | undefined } & (
  | { readonly result: 'applied'; readonly owned: boolean }
  | { readonly result: 'absent' }
  | { readonly result: 'waiting' }
  /** Not finished: the ledger entry, and its twin under `state/open/` unless it is stuck, say when and why. */
  | { readonly result: 'open'; readonly reason: string }
  /** The brake holds its revocation: it is on the list in `control/brake.json`, for a person. */
  | { readonly result: 'held'; readonly reason: string }
  /** The slice is ending, and the hint is given back. `isAsked`: a request of ours is in progress, which the successor finds. */
  | { readonly result: 'given-back'; readonly isAsked?: boolean }
)
