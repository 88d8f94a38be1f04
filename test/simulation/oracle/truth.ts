import type { AssignmentTarget, RequestKind } from '../../../shared/ports/sso-admin.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { linksOf, nameOf, recordedName } from './names.ts'

/** `either`: the access appeared while our entry existed or was being decided, so nobody can tell who made it. */
type Owner = {
  readonly of: 'ours' | 'foreign' | 'either'
  readonly sinceMs: number
}
type Requested = {
  readonly kind: RequestKind
  readonly name: string
  /** Known once the request was seen in progress. */
  readonly id?: string
  /** The owner before the request. */
  readonly before: Owner | undefined
}
type Entry = Readonly<Record<string, unknown>>

/** The owner of each existing access, by ids, and its ledger entry. */
export class Truth {
  readonly #world: SimulatedWorld
  /** Absent access has no owner. */
  readonly #owner = new Map<string, Owner>()
  /** Requests of the product that are in progress, by account. */
  readonly #requested = new Map<string, Requested>()
  /** The ledger by key. Entries that somebody spoils or deletes stay as they were. */
  readonly entries = new Map<string, Entry>()

  constructor(world: SimulatedWorld) {
    this.#world = world
    for (const target of world.ssoAdmin.assignments()) this.#owner.set(nameOf(target), { of: 'foreign', sinceMs: -1 })
  }

  ownerOf(name: string): Owner | undefined {
    return this.#owner.get(name)
  }

  isOurs(name: string): boolean {
    return this.#owner.get(name)?.of === 'ours'
  }

  /** Access of this link is held by the brake, is stuck in an account that takes no changes, or is removed by others again and again. */
  hasEntryOf(link: string, how: 'held' | 'stuck' | 'contested'): boolean {
    const isSo = (entry: Entry) => (how === 'contested' ? isContested(entry) : entry.state === how)
    return [...this.entries.values()].some((entry) => isSo(entry) && linksOf(entry).includes(link))
  }

  isContested(ledgerKey: string): boolean {
    return isContested(this.entries.get(ledgerKey) ?? {})
  }

  /** AWS refuses every change in a suspended or closed account, so access there stays until the state changes. */
  isStuck(accountId: string): boolean {
    return ['SUSPENDED', 'CLOSED'].includes(this.#world.accountNow(accountId)?.state ?? '')
  }

  /** The access stays although no link asks for it: its account takes no changes, or the brake holds it. */
  isLeft(target: AssignmentTarget): boolean {
    const isHeld = this.entriesOf(nameOf(target)).some(({ state }) => state === 'held')
    return isHeld || this.isStuck(target.accountId)
  }

  entriesOf(name: string): readonly Entry[] {
    return [...this.entries].filter(([key, entry]) => recordedName(key, entry) === name).map(([, entry]) => entry)
  }

  recorded(): ReadonlySet<string> {
    return new Set([...this.entries].map(([key, entry]) => recordedName(key, entry)))
  }

  /** Others may have given the access within the last `windowMs`, between our look and our entry, which says that a request is coming. */
  noteWritten(key: string, entry: Entry, windowMs: number): void {
    this.entries.set(key, entry)
    const name = recordedName(key, entry)
    const owner = this.#owner.get(name)
    if (owner?.of === 'foreign' && isAsking(entry) && owner.sinceMs >= this.#nowMs - windowMs)
      this.#owner.set(name, { ...owner, of: 'either' })
    else if (owner?.of === 'either' && entry.state === 'granted') this.#owner.set(name, { ...owner, of: 'ours' })
  }

  /** An operator's import took the access over, or a release gave it back to others. */
  noteTakenOver(name: string, of: 'ours' | 'foreign'): void {
    if (this.#owner.has(name)) this.#owner.set(name, { of, sinceMs: this.#nowMs })
  }

  /** A call of the product is about to take effect. */
  noteRequest(kind: RequestKind, target: AssignmentTarget): void {
    const name = nameOf(target)
    this.#requested.set(target.accountId, { kind, name, before: this.#owner.get(name) })
    if (kind === 'creation' && !this.#world.ssoAdmin.isAssigned(target)) this.#noteOurs(name)
  }

  /** Whether the request in progress is the product's. */
  isRequested(target: AssignmentTarget, kind?: RequestKind): boolean {
    const requested = this.#requested.get(target.accountId)
    return requested?.name === nameOf(target) && (kind === undefined || requested.kind === kind)
  }

  /** Somebody adds the access by hand. If the ledger has it as granted, it stays ours. If the ledger misses it, nobody can tell. */
  noteForeign(target: AssignmentTarget): void {
    this.settle()
    const name = nameOf(target)
    const entries = this.entriesOf(name)
    const isGranted = entries.some(
      (one) => one.grantedAt !== undefined && one.missingSince === undefined && callOf(one)?.kind !== 'deletion',
    )
    // Our refused creation cannot take effect. An earlier creation without an answer may.
    const mayHaveCome = ({ grantedAt, unansweredAt }: Entry) => grantedAt !== undefined || unansweredAt !== undefined
    const isRefused =
      entries.length > 0 && entries.every((one) => callOf(one)?.outcome === 'FAILED' && !mayHaveCome(one))
    const isKnown = (entries.length > 0 && !isRefused) || this.#world.losses.hasLost(name)
    const of = isGranted ? 'ours' : isKnown ? 'either' : 'foreign'
    if (!this.#owner.has(name)) this.#owner.set(name, { of, sinceMs: this.#nowMs })
  }

  /** Notes assignments that came or went. Access that existed when our creation was accepted is ours, unless the creation FAILED. */
  settle(): void {
    const { ssoAdmin } = this.#world
    const there = new Set(ssoAdmin.assignments().map(nameOf))
    const inProgress = new Map(ssoAdmin.outstandingRequests().map((one) => [nameOf(one.target), one.requestId]))
    for (const [accountId, requested] of this.#requested) {
      const { kind, name, before, id } = requested
      const current = inProgress.get(name)
      if (current !== undefined) {
        if (id === undefined) this.#requested.set(accountId, { ...requested, id: current })
        if (kind === 'creation' && !this.isOurs(name)) this.#noteOurs(name)
        continue
      }
      this.#requested.delete(accountId)
      const state = id === undefined ? undefined : ssoAdmin.assignmentRequestState(id)
      if (kind === 'creation' && state === 'FAILED' && before) this.#owner.set(name, before)
    }
    for (const name of this.#owner.keys()) if (!there.has(name) && !inProgress.has(name)) this.#owner.delete(name)
  }

  #noteOurs(name: string): void {
    this.#owner.set(name, { of: 'ours', sinceMs: this.#nowMs })
  }

  get #nowMs(): number {
    return this.#world.clock.monotonicMs()
  }
}

/** Others removed this access more often than ssofile restores it within an hour. It is left to a person. */
function isContested({ missingSince, removals }: Entry): boolean {
  return missingSince !== undefined && Array.isArray(removals) && removals.length > 3
}

/** The last call for the entry. A call that `FAILED` has no effect. */
export function callOf({ call }: Entry): { readonly kind?: unknown; readonly outcome?: unknown } | undefined {
  return typeof call === 'object' && call !== null ? call : undefined
}

/** A creation may have been sent, and its outcome is unknown. */
function isAsking(entry: Entry): boolean {
  const call = callOf(entry)
  return call !== undefined && call.kind !== 'deletion' && call.outcome === undefined
}
