import type { AccountId } from '../domain/account-id.ts'
import { type AssignmentKey, assignmentKey, parseAssignmentKey } from '../domain/assignment.ts'
import { type LedgerEntry, ledgerEntry, ledgerPrefix } from '../domain/ledger-entry.ts'
import { type Grant, renderGrant } from '../domain/link.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { readJson, renderJson } from './stored-json.ts'

export type StoredEntry = {
  readonly key: AssignmentKey
  readonly entry: LedgerEntry
  readonly etag: string
  /** Set where `entry` is one former access of this, as an entry of its own (`former-access.ts`). */
  readonly whole?: LedgerEntry
}

/** Somebody else changed the entry since we read it: what we know is old, so the hint is evaluated again. */
export class EntryChangedError extends Error {
  override readonly name = 'EntryChangedError'
  constructor(key: AssignmentKey) {
    super(`${ledgerPrefix}${key} was changed by someone else while it was evaluated; it will be evaluated again`)
  }
}

export function ledgerKey(key: AssignmentKey): string {
  return `${ledgerPrefix}${key}`
}

/** The account assignments that we own: one object each under `assignments/`. Every change is conditional. */
export class Ledger {
  readonly #objects: ObjectStore
  readonly #onKnown: (key: AssignmentKey, entry: LedgerEntry | undefined) => void
  /** How often each entry was changed here. */
  readonly #changes = new Map<AssignmentKey, number>()

  /** `onKnown` is told each entry as it is read, written or removed (`undefined`). */
  constructor(objects: ObjectStore, onKnown: (key: AssignmentKey, entry: LedgerEntry | undefined) => void = () => {}) {
    this.#objects = objects
    this.#onKnown = onKnown
  }

  async read(key: AssignmentKey): Promise<StoredEntry | undefined> {
    const changes = this.#changes.get(key)
    const stored = await readJson(this.#objects, ledgerKey(key), ledgerEntry)
    // An answer that travelled while the entry was changed tells what is no longer so.
    if (this.#changes.get(key) === changes) this.#onKnown(key, stored?.value)
    return stored && { key, entry: stored.value, etag: stored.object.etag }
  }

  /** `previous` is what the caller read: `undefined` where there was nothing. Throws EntryChangedError. */
  async write(key: AssignmentKey, entry: LedgerEntry, previous: StoredEntry | undefined): Promise<StoredEntry> {
    const condition = previous ? ({ ifMatch: previous.etag } as const) : ({ ifNoneMatch: '*' } as const)
    const result = await this.#objects.put(ledgerKey(key), renderJson(entry), condition)
    if (result.outcome === 'lost') throw new EntryChangedError(key)
    this.#noteChange(key, entry)
    return { key, entry, etag: result.etag }
  }

  /** Throws EntryChangedError. */
  async remove(stored: StoredEntry): Promise<void> {
    const result = await this.#objects.delete(ledgerKey(stored.key), { ifMatch: stored.etag })
    if (result === 'lost') throw new EntryChangedError(stored.key)
    this.#noteChange(stored.key, undefined)
  }

  #noteChange(key: AssignmentKey, entry: LedgerEntry | undefined): void {
    this.#changes.set(key, (this.#changes.get(key) ?? 0) + 1)
    this.#onKnown(key, entry)
  }
}

/** The assignment keys under `assignments/` or `foreign/` that begin so, ascending; what is not one is passed over. */
export async function* listAssignmentKeys(
  objects: ObjectStore,
  prefix: string,
  beginning = '',
): AsyncGenerator<AssignmentKey> {
  for await (const { key } of objects.list(prefix + beginning)) {
    const text = key.slice(prefix.length)
    if (parseAssignmentKey(text)) yield assignmentKey.parse(text)
  }
}

/** The accounts in which the ledger has an assignment of this permission set to this principal. */
export async function listAccountsOf(objects: ObjectStore, grant: Grant): Promise<readonly AccountId[]> {
  const accounts: AccountId[] = []
  const name = renderGrant(grant)
  for await (const key of listAssignmentKeys(objects, ledgerPrefix)) {
    const assignment = key.endsWith(name) ? parseAssignmentKey(key) : undefined
    if (assignment && renderGrant(assignment) === name) accounts.push(assignment.accountId)
  }
  return accounts
}
