import { liveMs } from '../../domain/assignments/access-proof.ts'
import {
  type Assignment,
  type AssignmentId,
  type AssignmentKey,
  assignmentOf,
} from '../../domain/assignments/assignment.ts'
import type { Access, LedgerEntry } from '../../domain/assignments/ledger-entry.ts'
import type { Lack } from '../../domain/links/lack.ts'
import { type Account, refusalOf } from '../../domain/organization/organization-view.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import type { Selectors } from '../../domain/scopes/selector-file.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import type { Whereabouts } from '../directory/principal-index.ts'
import { RecordChangedError } from '../records/json-record.ts'
import type { StoredEntry } from '../records/ledger.ts'
import { LinkReadings } from '../records/link-readings.ts'
import { type Attempt, moveTwin } from '../records/open-work.ts'
import type { Facts, Learnt, Wish } from './facts.ts'
import type { Lacks, SettleContext } from './settlement.ts'

/** Consecutive steps share one reading for this long. */
const freshMs = 1_000

/** `before`: the entry before the call was prepared. */
export type Prepared = NonNullable<Facts['prepared']> & { readonly before: LedgerEntry | undefined }

/** What changes with the access of an entry. `next` moves the twin; `none`: nothing is left to be tried again. */
type EntryChange = { readonly attempts?: number; readonly next?: Attempt | 'none' | undefined }

/** One evaluation of one access: what it read, learned and did. */
export class Settling {
  readonly key: AssignmentKey
  readonly id: AssignmentId
  readonly context: SettleContext
  /** The entry may be newer than the stored object: it has the outcome of a request before the next write. */
  stored: StoredEntry | undefined
  whereabouts: Whereabouts = 'gone'
  wish: Wish = { is: 'unwanted', isLive: false }
  place: 'view' | 'live' = 'view'
  /** When the reading of the account began, in monotonic milliseconds. */
  lookedMs: number
  #readings: LinkReadings
  #readMs: number
  account: Facts['account'] = 'unknown'
  /** The account that the links were evaluated on. `undefined`: Organizations does not know it. */
  located: Account | undefined
  selectors: Selectors = new Map()
  prepared: Prepared | undefined
  /** How many of our calls Identity Center did not take for now. */
  refusals = 0
  /** When the evaluation began, in monotonic milliseconds. */
  readonly sinceMs: number
  /** The links whose status this evaluation changes. */
  readonly concerned = new Set<string>()
  readonly lacks = new Map<string, Lack | 'none'>()
  /** The file that suspends the user. */
  suspension: string | undefined
  known: Learnt = {}

  constructor(key: AssignmentKey, context: SettleContext) {
    this.key = key
    this.id = assignmentOf(key)
    this.context = context
    this.sinceMs = context.clock.monotonicMs()
    this.#readMs = this.sinceMs
    this.lookedMs = this.sinceMs
    this.#readings = this.#openReadings(context.pulledMs)
  }

  /** Steps reuse the last reading of the links while it is fresh. */
  get readings(): LinkReadings {
    const isFresh = this.context.clock.monotonicMs() - this.#readMs < freshMs
    return isFresh ? this.#readings : this.readAnew()
  }

  readAnew(): LinkReadings {
    this.#readMs = this.context.clock.monotonicMs()
    this.#readings = this.#openReadings()
    return this.#readings
  }

  #openReadings(sinceMs?: number): LinkReadings {
    const { objects, configuration, links } = this.context
    return new LinkReadings(objects, configuration, links, sinceMs)
  }

  /** The present name of this id, or the last name of a principal that is gone. `undefined`: no link can spell it. */
  get name(): PrincipalName | undefined {
    return this.whereabouts === 'gone' ? this.entry?.principal : this.whereabouts.name
  }

  /** For records: the present name, otherwise the last known name, otherwise the id. */
  get recordedName(): PrincipalName {
    return this.name ?? this.entry?.principal ?? principalName.parse(this.id.principalId)
  }

  /** The assignment that a link would name. */
  get assignment(): Assignment {
    const { accountId, permissionSet, type } = this.id
    return { accountId, permissionSet, type, principal: this.recordedName }
  }

  get facts(): Facts {
    const { context, entry, account, prepared, known } = this
    const { clock, requests, configuration, mayStart } = context
    const isOld = clock.monotonicMs() - this.lookedMs > liveMs
    const wish = 'isLive' in this.wish && isOld ? { ...this.wish, isLive: false } : this.wish
    const target = this.findTarget()
    return {
      now: clock.now(),
      entry,
      wish,
      isPrincipalGone: this.whereabouts === 'gone',
      account,
      refusal: refusalOf(this.located),
      known,
      inProgress: target && requests.findInProgress(target)?.kind,
      prepared,
      mayStart: mayStart(),
      onDrift: configuration.onDrift,
      graceMs: configuration.orphanGraceMinutes * 60_000,
    }
  }

  get entry(): LedgerEntry | undefined {
    return this.stored?.entry
  }

  /** A request of ours is in progress. */
  get isAsked(): boolean {
    return this.entry !== undefined && this.context.requests.findInProgress(this.target) !== undefined
  }

  get now(): string {
    return renderInstant(this.context.clock.now())
  }

  /** Identity Center's names of this assignment. `undefined`: there is no entry, and no link asks for it. */
  findTarget(): AssignmentTarget | undefined {
    const { entry, wish } = this
    const permissionSetArn = entry?.permissionSetArn ?? (wish.is === 'wanted' ? wish.permissionSetArn : undefined)
    if (permissionSetArn === undefined) return undefined
    const { accountId, principalId, type: principalType } = this.id
    return { accountId, permissionSetArn, principalId, principalType }
  }

  /** Throws RecordChangedError if there is no entry and no link asks for the access. */
  get target(): AssignmentTarget {
    const target = this.findTarget()
    if (!target) throw new RecordChangedError(this.key)
    return target
  }

  know(learned: Learnt): void {
    this.known = { ...this.known, ...learned }
  }

  noteLacks(lacks: Lacks): void {
    for (const [link, lack] of lacks) this.lacks.set(link, lack)
  }

  /** The entry, for steps that need one. Throws RecordChangedError. */
  get access(): LedgerEntry {
    if (!this.entry) throw new RecordChangedError(this.key)
    return this.entry
  }

  /** Changes the entry in memory; the next write records it. */
  anticipate(access: Access): void {
    if (this.stored) this.stored = { ...this.stored, entry: { ...this.stored.entry, ...access } }
  }

  /** Writes the entry with this access in it. Throws RecordChangedError. */
  record(access: Access, change: EntryChange = {}): Promise<void> {
    return this.#write(access, change)
  }

  /** Removes the entry and its twin. Throws RecordChangedError. */
  drop(): Promise<void> {
    return this.#write(undefined)
  }

  async #write(access: Access | undefined, { attempts, next }: EntryChange = {}): Promise<void> {
    const { context, key, stored } = this
    const { ledger } = context.standings
    const before = stored && attemptOf(stored.entry)
    const after = !access || next === 'none' ? undefined : (next ?? before)
    const stays = access && next === undefined
    this.stored = await moveTwin(context.objects, key, stays ? {} : { before, next: after }, async () => {
      if (access) {
        const open = { openUntil: after?.at, isOpenUrgent: after?.isUrgent === true ? (true as const) : undefined }
        const tried = attempts ?? stored?.entry.attempts ?? 0
        return ledger.write(key, { ...access, ...open, attempts: tried, v: 1, updatedAt: this.now }, stored)
      }
      if (stored) await ledger.remove(stored)
      return undefined
    })
  }
}

function attemptOf({ openUntil, isOpenUrgent }: LedgerEntry): Attempt | undefined {
  return openUntil === undefined ? undefined : { at: openUntil, isUrgent: isOpenUrgent === true }
}
