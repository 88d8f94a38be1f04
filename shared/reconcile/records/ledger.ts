import type { AccountId } from '../../domain/account-id.ts'
import { type AssignmentKey, assignmentKey, parseAssignmentKey } from '../../domain/assignment.ts'
import { type LedgerEntry, ledgerEntry, ledgerPrefix, renderEntry } from '../../domain/ledger-entry.ts'
import { type Grant, renderGrant } from '../../domain/link.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord, RecordChangedError } from './json-record.ts'

export type StoredEntry = {
  readonly key: AssignmentKey
  readonly entry: LedgerEntry
  readonly etag: string
}

export function ledgerKey(key: AssignmentKey): string {
  return `${ledgerPrefix}${key}`
}

/** The account assignments that we own: one record each under `assignments/`. */
export class Ledger {
  readonly #objects: ObjectStore
  readonly #onKnown: (key: AssignmentKey, entry: LedgerEntry | undefined) => void
  /** How often this process changed each entry. */
  readonly #changes = new Map<AssignmentKey, number>()

  /** `onKnown` gets each entry after it was read, written or removed (`undefined`). */
  constructor(objects: ObjectStore, onKnown: (key: AssignmentKey, entry: LedgerEntry | undefined) => void = () => {}) {
    this.#objects = objects
    this.#onKnown = onKnown
  }

  async read(key: AssignmentKey): Promise<StoredEntry | undefined> {
    const changes = this.#changes.get(key)
    const stored = await this.#record(key).read()
    // An answer that travelled while this process changed the entry is old.
    if (this.#changes.get(key) === changes) this.#onKnown(key, stored?.value)
    return stored && { key, entry: stored.value, etag: stored.object.etag }
  }

  /** `previous`: the entry that the caller read; `undefined`: there was none. Throws RecordChangedError. */
  async write(key: AssignmentKey, entry: LedgerEntry, previous: StoredEntry | undefined): Promise<StoredEntry> {
    const result = await this.#record(key).write(entry, previous?.etag)
    if (result.outcome === 'lost') throw new RecordChangedError(ledgerKey(key))
    this.#noteChange(key, entry)
    return { key, entry, etag: result.etag }
  }

  /** Throws RecordChangedError. */
  async remove({ key, etag }: StoredEntry): Promise<void> {
    if ((await this.#record(key).remove(etag)) === 'lost') throw new RecordChangedError(ledgerKey(key))
    this.#noteChange(key, undefined)
  }

  #record(key: AssignmentKey): JsonRecord<LedgerEntry> {
    return new JsonRecord(this.#objects, ledgerKey(key), ledgerEntry, renderEntry)
  }

  #noteChange(key: AssignmentKey, entry: LedgerEntry | undefined): void {
    this.#changes.set(key, (this.#changes.get(key) ?? 0) + 1)
    this.#onKnown(key, entry)
  }
}

/** The assignment keys under `assignments/` or `foreign/` with this beginning, ascending. Other keys are skipped. */
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
