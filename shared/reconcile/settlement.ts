import type { Assignment, AssignmentKey } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Brake } from './brake.ts'
import type { CallContext } from './call-assignment.ts'
import type { ManagementAccountSets } from './management-account-sets.ts'
import type { OrganizationCache } from './organization-cache.ts'
import type { PermissionSetIndex } from './permission-set-index.ts'
import type { PrincipalIndex } from './principal-index.ts'
import type { PrincipalNames } from './principal-names.ts'
import type { Standings } from './standings.ts'
import type { StatusStore } from './status-store.ts'

export type SettleContext = CallContext & {
  readonly objects: ObjectStore
  readonly configuration: Configuration
  readonly standings: Standings
  readonly statuses: StatusStore
  readonly organization: OrganizationCache
  readonly permissionSets: PermissionSetIndex
  readonly managementAccount: ManagementAccountSets
  readonly principals: PrincipalIndex
  readonly brake: Pick<Brake, 'admit' | 'review'>
  readonly principalNames: PrincipalNames
  /** When the hint was pulled: monotonic milliseconds of the clock. What was looked for before may have appeared since. */
  readonly pulledMs: number
}

/** The account assignment that a hint is about. */
export type Subject = { readonly key: AssignmentKey; readonly assignment: Assignment; readonly context: SettleContext }

/** What a link lacks: for its status. */
export type Lack = { readonly reason: string; readonly remedy: string }

/** By link. `none`: what it names was found. Of a link that is not in it an evaluation says nothing. */
export type Lacks = ReadonlyMap<string, Lack | 'none'>

/**
 * Where one account assignment stands after an evaluation. `links`: whose status that concerns;
 * `lacks`: of those that grant it.
 */
export type Settlement = { readonly links: readonly string[]; readonly lacks?: Lacks } & (
  | { readonly result: 'applied'; readonly owned: boolean }
  | { readonly result: 'absent' }
  | { readonly result: 'waiting' }
  /** Not finished: the ledger entry, and its twin under `state/open/` unless it is stuck, say when and why. */
  | { readonly result: 'open'; readonly reason: string }
  /** The brake holds its revocation: it is on the list in `control/brake.json`, for a person. */
  | { readonly result: 'held'; readonly reason: string }
  /** What was found may not be so any more: it is evaluated anew before anything is called. Not the end of an evaluation. */
  | { readonly result: 'again' }
  /** Nothing was done: the slice is ending, and the hint is given back. */
  | { readonly result: 'given-back' }
)

/** Where it stands when the dispatcher is done with a hint. */
export type Settled = Exclude<Settlement, { result: 'again' }>
