import type { Listing } from '../../domain/access-proof.ts'
import type { AssignmentKey } from '../../domain/assignment.ts'
import type { Contradiction } from '../../domain/contradiction.ts'
import type { Lack } from '../../domain/lack.ts'
import type { Access, AccessIds, GrantingLink, LedgerEntry, LedgerState } from '../../domain/ledger-entry.ts'
import type { PrincipalName } from '../../domain/principal.ts'
import type { RequestKind } from '../../ports/sso-admin.ts'
import type { Admission } from '../brake/brake.ts'
import type { LastWord } from '../records/history.ts'

/** What the links say of one assignment now. */
export type Wish =
  /** No link grants it. `isLive`: judged on the account's live place, state and tags, not on the cached view. */
  | { readonly is: 'unwanted'; readonly isLive: boolean }
  /** These links grant it, and its names stand for these ids. */
  | { readonly is: 'wanted'; readonly target: AccessIds; readonly links: readonly GrantingLink[] }
  /** Links grant it, but what they name is lacking. `links`: those that mean the first access of the entry. */
  | { readonly is: 'lacking'; readonly lack: Lack; readonly links: readonly GrantingLink[] }
  /** No link grants it, but these may: S3 does not give them or their selectors. `isLive`: as above. */
  | { readonly is: 'unclear'; readonly unreadable: readonly string[]; readonly isLive: boolean }
  /**
   * Organizations does not say State or Paths of the account, so nobody knows which links grant it. `lasting`: the links of
   * the entry that are in force still.
   */
  | { readonly is: 'unplaced'; readonly lasting: readonly string[] }

/** Where an id is now. `gone`: it does not exist. No name: it has one that no link can spell. */
export type Whereabouts = 'gone' | { readonly name: PrincipalName | undefined }

/** Why nothing more is done about an access in this evaluation. */
export type Rest =
  | { readonly result: 'in-force' }
  | { readonly result: 'waiting' }
  | { readonly result: 'foreign' }
  | { readonly result: 'open' | 'held'; readonly reason: string }

/** The key whose links grant an access, because its principal has another name now. */
export type Heir = { readonly key: AssignmentKey; readonly links: readonly GrantingLink[] }

/** What was learned of one access in this evaluation. `undefined`: not asked yet. */
export type Known = {
  readonly listing?: Listing | undefined
  readonly whereabouts?: Whereabouts | undefined
  /** `unreadable`: links under the present name may grant it, but S3 does not give them or their selectors. */
  readonly heir?: Heir | { readonly unreadable: readonly string[] } | 'none' | undefined
  /** The other key that has this access in the ledger. */
  readonly elsewhere?: AssignmentKey | 'none' | undefined
  /** What is recorded under `foreign/` for this key. `same`: this access, and the same links grant it. */
  readonly foreign?: 'same' | 'other' | 'none' | undefined
  /** What history says of it. Where the ledger has it: whether history says that it ended. */
  readonly history?: LastWord | undefined
  /**
   * A request of ours without an outcome was looked for. `lost`: Identity Center does not know its id. `in-progress`: it
   * takes longer than an evaluation.
   */
  readonly request?: 'not-found' | 'lost' | 'in-progress' | undefined
  readonly admission?: Admission | undefined
  /** Identity Center failed our call in this evaluation. `isQuota`: there is no room for another assignment. */
  readonly failure?: { readonly reason: string; readonly isQuota: boolean } | undefined
  readonly rest?: Rest | undefined
}

/** All that deciding about one assignment rests on. */
export type Facts = {
  readonly now: Date
  /** The name in the key. */
  readonly name: PrincipalName
  readonly entry: LedgerEntry | undefined
  readonly wish: Wish
  /** `unknown`: Organizations does not know it now. `gone`: not for an hour, by complete listings. */
  readonly account: 'active' | 'refusing' | 'unknown' | 'gone'
  readonly knownOf: (ids: AccessIds) => Known
  /** A request for this access is in progress, ours or somebody else's. */
  readonly inProgress: (ids: AccessIds) => RequestKind | undefined
  /** The ledger says that this call is about to be made. `isChecked`: the links and the name still stand after that. */
  readonly prepared?: { readonly ids: AccessIds; readonly kind: RequestKind; readonly isChecked: boolean } | undefined
  /** False at the end of a slice: nothing more is called. */
  readonly mayStart: boolean
  readonly onDrift: 'restore' | 'report'
  readonly graceMs: number
}

/** What can be learned about one access. */
export type Question =
  | 'listing'
  | 'whereabouts'
  | 'heir'
  | 'elsewhere'
  | 'foreign'
  | 'history'
  | 'request'
  | 'admission'

/** One step. Only `call` changes Identity Center. */
export type Step =
  | { readonly do: 'learn'; readonly what: Question; readonly ids: AccessIds }
  /** Evaluate the links on the account's live place. */
  | { readonly do: 'look at the live account' }
  /** It is our own, or an earlier one. */
  | { readonly do: 'wait for the request'; readonly ids: AccessIds }
  /** Write the ledger before a call. `wasLost`: access that was there is gone, and history says so first. */
  | {
      readonly do: 'prepare'
      readonly kind: RequestKind
      readonly ids: AccessIds
      readonly links: readonly GrantingLink[]
      readonly wasLost: boolean
    }
  /** After the ledger was written: do the links and the name still stand? */
  | { readonly do: 'check'; readonly ids: AccessIds }
  | { readonly do: 'call'; readonly kind: RequestKind; readonly ids: AccessIds }
  /** The access is there: the ledger says granted. `until`: its principal is gone, and this is the end of its grace. */
  | {
      readonly do: 'confirm'
      readonly ids: AccessIds
      readonly links: readonly GrantingLink[]
      readonly until?: Date | undefined
    }
  /** The access is not there, or the account is gone: the ledger forgets it, and history says so. `ended`: it does already. */
  | { readonly do: 'forget'; readonly ids: AccessIds; readonly as: 'revoked' | 'released' | 'elsewhere' | 'ended' }
  /** Someone else made it: the ledger forgets it, and `foreign/` has it. */
  | { readonly do: 'leave to others'; readonly ids: AccessIds; readonly links: readonly GrantingLink[] }
  /** History and ledger contradict each other: the ledger says failed, and a person decides. `links`: of a new record. */
  | {
      readonly do: 'report a contradiction'
      readonly ids: AccessIds
      readonly links: readonly GrantingLink[]
      readonly contradiction: Contradiction
    }
  /** What others gave is gone: `foreign/` forgets it. */
  | { readonly do: 'forget what was foreign'; readonly ids: AccessIds }
  /** The access stays under the present name of its principal: only the ledger moves. */
  | { readonly do: 'move to'; readonly ids: AccessIds; readonly heir: Heir }
  /** The ledger has it under another key, which moves it to this one when it is looked at. */
  | { readonly do: 'ask elsewhere'; readonly ids: AccessIds; readonly key: AssignmentKey; readonly reason: string }
  | { readonly do: 'hold'; readonly ids: AccessIds; readonly reason: string }
  /** An operator gave it back to others, and the command died: the rest of that. */
  | { readonly do: 'give back'; readonly ids: AccessIds }
  /** Not finished: open work. `until`: no sooner is anything to be learned. */
  | {
      readonly do: 'put off'
      readonly ids: AccessIds
      readonly reason: string
      readonly state?: LedgerState | undefined
      readonly until?: Date | undefined
    }
  /** The directory gives two answers about one name: it is just being changed. */
  | { readonly do: 'start again later'; readonly ids: AccessIds }
  | { readonly do: 'finish'; readonly rest: Rest | { readonly result: 'absent' | 'given-back' } }

export type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>

export function accessesOf({ entry }: Pick<Facts, 'entry'>): readonly Access[] {
  return entry?.accesses ?? []
}
