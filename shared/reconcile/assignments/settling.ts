import type { Assignment, AssignmentKey } from '../../domain/assignment.ts'
import { renderInstant } from '../../domain/instant.ts'
import type { Lack } from '../../domain/lack.ts'
import {
  type Access,
  type AccessIds,
  findAccess,
  type LedgerEntry,
  withAccess,
  withoutAccess,
} from '../../domain/ledger-entry.ts'
import type { Account } from '../../domain/organization-view.ts'
import type { Selectors } from '../../domain/selector-file.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import { RecordChangedError } from '../records/json-record.ts'
import type { StoredEntry } from '../records/ledger.ts'
import { LinkReadings } from '../records/link-readings.ts'
import { moveTwin } from '../records/open-work.ts'
import type { Facts, Known, Wish } from './facts.ts'
import { targetOf } from './resolve-target.ts'
import type { Lacks, SettleContext, Subject } from './settlement.ts'

/** So long the steps that follow each other share what one of them has read. */
const freshMs = 1_000

/** `before`: the access before the call was prepared. */
export type Prepared = NonNullable<Facts['prepared']> & { readonly before: Access | undefined }

/** What else of an entry changes with one access. With `openUntil` its twin moves. */
type EntryChange = Pick<Partial<LedgerEntry>, 'attempts' | 'openUntil'>

/** One evaluation of one assignment: what was read of it, and what was learned and done since. */
export class Settling implements Subject {
  readonly key: AssignmentKey
  readonly assignment: Assignment
  readonly context: SettleContext
  /** Its entry may be ahead of the object: it knows the outcome of a request before the next write. */
  stored: StoredEntry | undefined
  wish: Wish = { is: 'unwanted', isLive: false }
  place: 'view' | 'live' = 'view'
  /** What was read of the links. */
  #readings: LinkReadings
  #readMs: number
  account: Facts['account'] = 'unknown'
  /** As the links were evaluated on; `undefined`: Organizations knows no such account. */
  located: Account | undefined
  selectors: Selectors = new Map()
  prepared: Prepared | undefined
  /** How often Identity Center refused in passing what is wanted. */
  refusals = 0
  /** When the evaluation began: monotonic milliseconds of the clock. */
  readonly sinceMs: number
  /** The links whose status this evaluation concerns. */
  readonly concerned = new Set<string>()
  readonly lacks = new Map<string, Lack | 'none'>()
  readonly known = new Map<string, Known>()

  constructor({ key, assignment, context }: Subject) {
    this.key = key
    this.assignment = assignment
    this.context = context
    this.sinceMs = context.clock.monotonicMs()
    this.#readMs = this.sinceMs
    this.#readings = this.#openReadings()
  }

  /** They go on with what was read of the links, unless that is a while ago. */
  get readings(): LinkReadings {
    const isFresh = this.context.clock.monotonicMs() - this.#readMs < freshMs
    return isFresh ? this.#readings : this.readAnew()
  }

  readAnew(): LinkReadings {
    this.#readMs = this.context.clock.monotonicMs()
    this.#readings = this.#openReadings()
    return this.#readings
  }

  #openReadings(): LinkReadings {
    const { objects, configuration, links } = this.context
    return new LinkReadings(objects, configuration, links)
  }

  get facts(): Facts {
    const { assignment, context, entry, wish, account, prepared } = this
    const { clock, requests, configuration, mayStart } = context
    return {
      now: clock.now(),
      name: assignment.principal,
      entry,
      wish,
      account,
      knownOf: (ids) => this.knownOf(ids),
      inProgress: (ids) => requests.findInProgress(this.targetOf(ids))?.kind,
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
    const accesses = this.entry?.accesses ?? []
    return accesses.some((access) => this.context.requests.findInProgress(this.targetOf(access)) !== undefined)
  }

  get now(): string {
    return renderInstant(this.context.clock.now())
  }

  targetOf(ids: AccessIds): AssignmentTarget {
    return targetOf(this.assignment, ids)
  }

  knownOf(ids: AccessIds): Known {
    return this.known.get(idOf(ids)) ?? {}
  }

  know(ids: AccessIds, learned: Known): void {
    this.known.set(idOf(ids), { ...this.knownOf(ids), ...learned })
  }

  noteLacks(lacks: Lacks): void {
    for (const [link, lack] of lacks) this.lacks.set(link, lack)
  }

  /** The access of the entry that a step is about. */
  accessOf(ids: AccessIds): Access {
    const access = findAccess(this.entry, ids)
    if (!access) throw new RecordChangedError(this.key)
    return access
  }

  /** The next write records it. */
  anticipate(access: Access): void {
    if (this.stored)
      this.stored = { ...this.stored, entry: { ...this.stored.entry, accesses: withAccess(this.entry, access) } }
  }

  /** Writes the entry with this access in it. Throws RecordChangedError. */
  record(access: Access, { first = false, ...change }: EntryChange & { readonly first?: boolean } = {}): Promise<void> {
    return this.#write(withAccess(this.entry, access, { first }), change)
  }

  /** Writes the entry without this access. The last one takes the entry and its twin along. Throws RecordChangedError. */
  drop(ids: AccessIds): Promise<void> {
    return this.#write(this.entry && withoutAccess(this.entry, ids))
  }

  async #write(accesses: LedgerEntry['accesses'] | undefined, change: EntryChange = {}): Promise<void> {
    const { context, key, stored } = this
    const { ledger } = context.standings
    const before = !accesses || 'openUntil' in change ? stored?.entry.openUntil : undefined
    this.stored = await moveTwin(context.objects, key, { before, next: change.openUntil }, async () => {
      if (accesses) {
        const entry = { attempts: 0, ...stored?.entry, ...change, accesses, updatedAt: this.now }
        return ledger.write(key, entry, stored)
      }
      if (stored) await ledger.remove(stored)
      return undefined
    })
  }
}

function idOf({ principalId, permissionSetArn }: AccessIds): string {
  return `${principalId} ${permissionSetArn}`
}
