import type { Listing } from '../../domain/assignments/access-proof.ts'
import type { Contradiction } from '../../domain/assignments/contradiction.ts'
import type { GrantingLink, LedgerEntry, LedgerState } from '../../domain/assignments/ledger-entry.ts'
import type { BrakeAnswer } from '../../domain/brake/admission.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { RequestKind } from '../../ports/sso-admin.ts'
import type { LastWord } from '../records/history.ts'

/** What the links that name the principal's present name say of one access now. */
export type Wish =
  /** No link grants it. `isLive`: judged on the account's live place, state and tags, not on the cached view. */
  | { readonly is: 'unwanted'; readonly isLive: boolean }
  /** These links grant it. */
  | { readonly is: 'wanted'; readonly permissionSetArn: PermissionSetArn; readonly links: readonly GrantingLink[] }
  /** These links grant it, but what they name is lacking. */
  | { readonly is: 'lacking'; readonly links: readonly GrantingLink[] }
  /** No link grants it, but these may: S3 does not give them or their selectors. `isLive`: as above. */
  | { readonly is: 'unclear'; readonly unreadable: readonly string[]; readonly isLive: boolean }
  /**
   * Organizations does not say State or Paths of the account, so nobody knows which links grant it. `lasting`: the links of
   * the entry that are in force still.
   */
  | { readonly is: 'unplaced'; readonly lasting: readonly string[] }

/** Why nothing more is done about an access in this evaluation. */
export type Rest =
  | { readonly result: 'in-force' }
  | { readonly result: 'waiting' }
  | { readonly result: 'foreign' }
  | { readonly result: 'open' | 'held'; readonly reason: string }

/** What was learned in this evaluation. `undefined`: not asked yet. */
export type Learnt = {
  readonly listing?: Listing | undefined
  /** What is recorded under `foreign/` for this key. `same`: this access, and the same links grant it. */
  readonly foreign?: 'same' | 'other' | 'none' | undefined
  /** What history says of it. Where the ledger has it: whether history says that it ended. */
  readonly history?: LastWord | undefined
  /**
   * A request of ours without an outcome was looked for. `lost`: Identity Center does not know its id. `in-progress`: it
   * takes longer than an evaluation.
   */
  readonly request?: 'not-found' | 'lost' | 'in-progress' | undefined
  readonly admission?: BrakeAnswer | undefined
  /** Identity Center failed our call in this evaluation. */
  readonly failure?: { readonly reason: string } | undefined
  readonly rest?: Rest | undefined
}

/** All that deciding about one access rests on. */
export type Facts = {
  readonly now: Date
  readonly entry: LedgerEntry | undefined
  readonly wish: Wish
  /** The directory does not know its principal any more. */
  readonly isPrincipalGone: boolean
  /** `unknown`: Organizations does not know it now. `gone`: not for an hour, by complete listings. */
  readonly account: 'active' | 'refusing' | 'unknown' | 'gone'
  /** How a reason begins that names the state of an account that refuses changes. */
  readonly refusal?: string | undefined
  readonly known: Learnt
  /** A request for this access is in progress, ours or somebody else's. */
  readonly inProgress: RequestKind | undefined
  /** The ledger says that this call is about to be made. `isChecked`: the links and the name still stand after that. */
  readonly prepared?: { readonly kind: RequestKind; readonly isChecked: boolean } | undefined
  /** False at the end of a slice: nothing more is called. */
  readonly mayStart: boolean
  readonly onDrift: 'restore' | 'report'
  readonly graceMs: number
}

/** What can be learned about one access. */
export type Question = 'listing' | 'foreign' | 'history' | 'request'

/** One step. Only `call` changes Identity Center. */
export type Step =
  | { readonly do: 'learn'; readonly what: Question }
  /** Whether its revocation passes; what passes is counted. */
  | { readonly do: 'ask the brake' }
  /** Evaluate the links on the account's live place. */
  | { readonly do: 'look at the live account' }
  /** It is our own, or an earlier one. */
  | { readonly do: 'wait for the request' }
  /** Write the ledger before a call. `wasLost`: access that was there is gone, and history says so first. */
  | { readonly do: 'prepare'; readonly kind: 'deletion' }
  | { readonly do: 'prepare'; readonly kind: 'creation'; readonly wasLost: boolean }
  /** After the ledger was written: do the links and the name still stand? */
  | { readonly do: 'check' }
  | { readonly do: 'call'; readonly kind: RequestKind }
  /** The access is there: the ledger says granted. `until`: its principal is gone, and this is the end of its grace. */
  | { readonly do: 'confirm'; readonly links: readonly GrantingLink[]; readonly until?: Date | undefined }
  /** The access is not there, or the account is gone: the ledger forgets it, and history says so. `ended`: it does already. */
  | { readonly do: 'forget'; readonly as: 'revoked' | 'released' | 'ended' }
  /** Someone else made it: the ledger forgets it, and `foreign/` has it. */
  | { readonly do: 'leave to others'; readonly links: readonly GrantingLink[] }
  /** History and ledger contradict each other: the ledger says failed, and a person decides. `links`: of a new record. */
  | {
      readonly do: 'report a contradiction'
      readonly links: readonly GrantingLink[]
      readonly contradiction: Contradiction
    }
  /** What others gave is gone: `foreign/` forgets it. */
  | { readonly do: 'forget what was foreign' }
  | { readonly do: 'hold'; readonly reason: string }
  /** An operator gave it back to others, and the command died: the rest of that. */
  | { readonly do: 'give back' }
  /** Not finished: open work. `until`: no sooner is anything to be learned. */
  | {
      readonly do: 'put off'
      readonly reason: string
      readonly state?: LedgerState | undefined
      readonly until?: Date | undefined
    }
  | { readonly do: 'finish'; readonly rest: Rest | { readonly result: 'absent' | 'given-back' } }

export type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>
