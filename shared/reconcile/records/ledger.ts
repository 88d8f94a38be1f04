import { type AssignmentKey, assignmentKey, parseAssignmentKey } from '../../domain/assignment.ts'
import { type LedgerEntry, ledgerEntry, ledgerPrefix } from '../../domain/ledger-entry.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { accessKeyOf, followAccess } from './access-list.ts'
import { JsonRecord, RecordChangedError } from './json-record.ts'

export type StoredEntry = {
  readonly key: AssignmentKey
  readonly entry: LedgerEntry
  readonly etag: string
}

export function ledgerKey(key: AssignmentKey): string {
  return `${ledgerPrefix}${key}`
}

/** The account assignments that we own: one record each under `assignments/`, and as far as it is there, under `access/`. */
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
    const before = accessKeyOf(key, previous?.entry)
    await followAccess(this.#objects, { before, after: accessKeyOf(key, entry) })
    return { key, entry, etag: result.etag }
  }

  /** Throws RecordChangedError. */
  async remove({ key, entry, etag }: StoredEntry): Promise<void> {
    if ((await this.#record(key).remove(etag)) === 'lost') throw new RecordChangedError(ledgerKey(key))
    this.#noteChange(key, undefined)
    await followAccess(this.#objects, { before: accessKeyOf(key, entry), after: undefined })
  }

  #record(key: AssignmentKey): JsonRecord<LedgerEntry> {
    return new JsonRecord(this.#objects, ledgerKey(key), ledgerEntry)
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
