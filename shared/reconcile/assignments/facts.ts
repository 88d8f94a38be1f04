import type { Listing } from '../../domain/assignments/access-proof.ts'
import type { Contradiction } from '../../domain/assignments/contradiction.ts'
import type { GrantingLink, LedgerEntry, LedgerState } from '../../domain/assignments/ledger-entry.ts'
import type { BrakeAnswer } from '../../domain/brake/admission.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { RequestKind } from '../../ports/sso-admin.ts'
import type { LastWord } from '../records/history.ts'

/** The wish of the links that name the principal's present name, for one access. */
export type Wish =
  /** No link grants it. `isLive`: evaluated on the account's live place, state and tags, not on the cached view. */
  | { readonly is: 'unwanted'; readonly isLive: boolean }
  /** These links grant it. */
  | { readonly is: 'wanted'; readonly permissionSetArn: PermissionSetArn; readonly links: readonly GrantingLink[] }
  /** These links grant it, but their permission set or principal is missing or unusable. */
  | { readonly is: 'lacking'; readonly links: readonly GrantingLink[] }
  /** No link grants it, but these may: S3 does not return them or their selectors. `isLive`: as above. */
  | { readonly is: 'unclear'; readonly unreadable: readonly string[]; readonly isLive: boolean }
  /**
   * Organizations does not return State or Paths of the account, so it is unknown which links grant the access. `lasting`: the
   * entry's links that are, or may be, in force.
   */
  | { readonly is: 'unplaced'; readonly lasting: readonly string[] }

/** Why this evaluation does nothing more about an access. */
export type Rest =
  | { readonly result: 'in-force' }
  | { readonly result: 'waiting' }
  | { readonly result: 'foreign' }
  | { readonly result: 'open' | 'held'; readonly reason: string }

/** The facts that this evaluation learned. `undefined`: not asked yet. */
export type Learnt = {
  readonly listing?: Listing | undefined
  /** The record under `foreign/` for this key. `same`: this access, granted by the same links. */
  readonly foreign?: 'same' | 'other' | 'none' | undefined
  /** The last word of history about the access. If the ledger has the access: whether history says that it ended. */
  readonly history?: LastWord | undefined
  /**
   * The search for a request of ours without an outcome. `lost`: Identity Center does not know its id. `in-progress`: it takes
   * longer than an evaluation.
   */
  readonly request?: 'not-found' | 'lost' | 'in-progress' | undefined
  readonly admission?: BrakeAnswer | undefined
  /** Identity Center failed our call in this evaluation. */
  readonly failure?: { readonly reason: string } | undefined
  readonly rest?: Rest | undefined
}

/** Everything that `decide` needs for one access. */
export type Facts = {
  readonly now: Date
  readonly entry: LedgerEntry | undefined
  readonly wish: Wish
  /** The directory does not know the principal any more. */
  readonly isPrincipalGone: boolean
  /** `unknown`: Organizations does not know it now. `gone`: complete listings have lacked it for an hour. */
  readonly account: 'active' | 'refusing' | 'unknown' | 'gone'
  /** Why the account refuses changes: the beginning of a reason. */
  readonly refusal?: string | undefined
  readonly known: Learnt
  /** A request for this access is in progress, ours or someone else's. */
  readonly inProgress: RequestKind | undefined
  /** The ledger says that this call is next. `isChecked`: links and name were read again after that, and still ask for it. */
  readonly prepared?: { readonly kind: RequestKind; readonly isChecked: boolean } | undefined
  /** False at the end of a slice: make no more calls. */
  readonly mayStart: boolean
  readonly onDrift: 'restore' | 'report'
  readonly graceMs: number
}

export type Question = 'listing' | 'foreign' | 'history' | 'request'

/** One step. Only `call` changes Identity Center. */
export type Step =
  | { readonly do: 'learn'; readonly what: Question }
  /** Ask whether its revocation may pass. The brake counts a revocation that passes. */
  | { readonly do: 'ask the brake' }
  /** Evaluate the links on the account's live place. */
  | { readonly do: 'look at the live account' }
  /** Wait for a request in progress, ours or an earlier one. */
  | { readonly do: 'wait for the request' }
  /** Write the ledger before a call. `wasLost`: access that was there is gone, so history records that first. */
  | { readonly do: 'prepare'; readonly kind: 'deletion' }
  | { readonly do: 'prepare'; readonly kind: 'creation'; readonly wasLost: boolean }
  /** After writing the ledger, check that links and name still ask for the access. */
  | { readonly do: 'check' }
  | { readonly do: 'call'; readonly kind: RequestKind }
  /** The access is there: the ledger says granted. `until`: its principal is gone, and its grace ends then. */
  | { readonly do: 'confirm'; readonly links: readonly GrantingLink[]; readonly until?: Date | undefined }
  /** The access or its account is gone: the ledger forgets it, and history records that. `ended`: history has it already. */
  | { readonly do: 'forget'; readonly as: 'revoked' | 'released' | 'ended' }
  /** Someone else made it: the ledger forgets it, and `foreign/` records it. */
  | { readonly do: 'leave to others'; readonly links: readonly GrantingLink[] }
  /** History and ledger contradict each other: the ledger says failed, and an operator decides. `links`: for a new record. */
  | {
      readonly do: 'report a contradiction'
      readonly links: readonly GrantingLink[]
      readonly contradiction: Contradiction
    }
  /** The foreign access is gone: `foreign/` forgets it. */
  | { readonly do: 'forget what was foreign' }
  | { readonly do: 'hold'; readonly reason: string }
  /** An operator gave it back to others, and the command died: finish that. */
  | { readonly do: 'give back' }
  /** Not finished: open work. `until`: an attempt before this instant would learn nothing. */
  | {
      readonly do: 'put off'
      readonly reason: string
      readonly state?: LedgerState | undefined
      readonly until?: Date | undefined
    }
  | { readonly do: 'finish'; readonly rest: Rest | { readonly result: 'absent' | 'given-back' } }

export type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>
