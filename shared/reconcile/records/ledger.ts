import { type AssignmentKey, assignmentOf, isAssignmentKey } from '../../domain/assignments/assignment.ts'
import { type LedgerEntry, ledgerEntry, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { Grant } from '../../domain/links/link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { ObjectHead, ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { accessKeyOf, followAccess } from './access-list.ts'
import { defineRecords } from './define-record.ts'
import { type JsonRecord, RecordChangedError } from './json-record.ts'
import { NameIndex } from './principal-names.ts'
import { forEachHead, listByRanges } from './ranges.ts'

export type StoredEntry = {
  readonly key: AssignmentKey
  readonly entry: LedgerEntry
  readonly etag: string
  /** The key under `access/` for the stored entry. `entry` may be newer than the stored one. */
  readonly listed: string | undefined
}

export const ledgerRecords = defineRecords({
  at: ledgerPrefix,
  meaning: 'one account assignment that ssofile made or adopted',
  source: { is: 'primary' },
  key: (key: AssignmentKey) => key,
  value: ledgerEntry,
})

export function ledgerKey(key: AssignmentKey): string {
  return `${ledgerPrefix}${key}`
}

/** The account assignments that we own, one record each under `assignments/`. If an assignment exists, `access/` lists it too. */
export class Ledger {
  readonly #objects: ObjectStore
  readonly #onKnown: (key: AssignmentKey, entry: LedgerEntry | undefined) => void
  /** The number of this process's changes to each entry. */
  readonly #changes = new Map<AssignmentKey, number>()

  /** Calls `onKnown` for each entry after it was read, written or removed (`undefined`). */
  constructor(objects: ObjectStore, onKnown: (key: AssignmentKey, entry: LedgerEntry | undefined) => void = () => {}) {
    this.#objects = objects
    this.#onKnown = onKnown
  }

  async read(key: AssignmentKey): Promise<StoredEntry | undefined> {
    const changes = this.#changes.get(key)
    const stored = await this.#record(key).read()
    // An answer is outdated if this process changed the entry meanwhile.
    if (this.#changes.get(key) === changes) this.#onKnown(key, stored?.value)
    if (!stored) return undefined
    const { value: entry, object } = stored
    return { key, entry, etag: object.etag, listed: accessKeyOf(key, entry) }
  }

  /** `previous`: the entry that the caller read; `undefined`: there was none. Throws RecordChangedError. */
  async write(key: AssignmentKey, entry: LedgerEntry, previous: StoredEntry | undefined): Promise<StoredEntry> {
    const result = await this.#record(key).write(entry, previous?.etag)
    if (result.outcome === 'lost') throw new RecordChangedError(ledgerKey(key))
    this.#noteChange(key, entry)
    const listed = accessKeyOf(key, entry)
    await followAccess(this.#objects, key, { before: previous?.listed, after: listed })
    return { key, entry, etag: result.etag, listed }
  }

  /** Throws RecordChangedError. */
  async remove({ key, etag, listed }: StoredEntry): Promise<void> {
    if ((await this.#record(key).remove(etag)) === 'lost') throw new RecordChangedError(ledgerKey(key))
    this.#noteChange(key, undefined)
    await followAccess(this.#objects, key, { before: listed, after: undefined })
  }

  #record(key: AssignmentKey): JsonRecord<LedgerEntry> {
    return ledgerRecords.of(this.#objects, key)
  }

  #noteChange(key: AssignmentKey, entry: LedgerEntry | undefined): void {
    this.#changes.set(key, (this.#changes.get(key) ?? 0) + 1)
    this.#onKnown(key, entry)
  }
}

/** The assignment keys under `assignments/` or `foreign/` with this beginning, ascending. Skips other keys. */
export async function* listAssignmentKeys(
  objects: ReadingObjects,
  prefix: string,
  beginning = '',
): AsyncGenerator<AssignmentKey> {
  for await (const { key } of listAssignmentHeads(objects, prefix, beginning)) yield key
}

/** One assignment and its object. */
export type ListedAssignment = { readonly key: AssignmentKey; readonly head: ObjectHead }

/** The same, each with its object. */
export async function* listAssignmentHeads(
  objects: ReadingObjects,
  prefix: string,
  beginning = '',
): AsyncGenerator<ListedAssignment> {
  const heads = beginning === '' ? listByRanges(objects, prefix) : objects.list(prefix + beginning)
  for await (const head of heads) {
    const key = head.key.slice(prefix.length)
    if (isAssignmentKey(key)) yield { key, head }
  }
}

/** All assignment keys under `assignments/` or `foreign/`, in no order. Skips other keys. */
export function forEachAssignmentKey(
  objects: ReadingObjects,
  prefix: string,
  work: (key: AssignmentKey, head: ObjectHead) => void,
): Promise<void> {
  return forEachHead(objects, prefix, (head) => {
    const text = head.key.slice(prefix.length)
    if (isAssignmentKey(text)) work(text, head)
  })
}

/** The accounts where the ledger has an assignment of this permission set to a principal that has or had this name. */
export async function listAccountsOf(
  objects: ReadingObjects,
  { permissionSet, principal, type }: Grant,
): Promise<readonly AccountId[]> {
  const ids = new Set((await NameIndex.read(objects)).everIdsOf(type, principal))
  if (ids.size === 0) return []
  const accounts = new Set<AccountId>()
  await forEachAssignmentKey(objects, ledgerPrefix, (key) => {
    const found = assignmentOf(key)
    if (found.permissionSet === permissionSet && found.type === type && ids.has(found.principalId))
      accounts.add(found.accountId)
  })
  return [...accounts].sort()
}
