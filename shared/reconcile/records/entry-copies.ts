import * as z from 'zod'
import { isAssignmentKey } from '../../domain/assignments/assignment.ts'
import { type LedgerEntry, ledgerEntry, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { record } from '../../domain/json/record.ts'
import { hasName, placeOf } from '../../domain/text/sorted-names.ts'
import type { ObjectHead, ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { once } from '../../ports/once.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { definePlace } from './define-record.ts'
import { JsonRecord } from './json-record.ts'
import { collectHeads, forEachAtOnce } from './list-heads.ts'
import { type AccountRange, allAccounts, listInRange } from './ranges.ts'
import { readStored, SpoiledObjectError } from './stored-json.ts'

/** `state/entries/account%ID.json` has the copies of the entries of this account and those after it, up to the next object. */
export const entryCopyPlace = definePlace({
  at: 'state/entries/',
  meaning: 'copies of the entries of the ledger, account by account',
  source: { is: 'index', of: 'assignments/' },
})
export const copiesPrefix = entryCopyPlace.at

/** By the ledger's key: the content of the entry while it has this etag. */
const entryCopies = record({
  v: z.literal(1),
  entries: z.record(z.string(), record({ etag: z.string(), entry: z.unknown() })),
})
type Copies = z.infer<typeof entryCopies>['entries']
const noCopies: Copies = {}

type ListedEntry = Pick<ObjectHead, 'key' | 'etag'>

/** Fewer entries are quickly read one by one. `most`: as many as S3 lists in a call. */
const copySizes = { least: 100, most: 1_000 }

/** Readers take the keys in ascending order, so a few objects at a time are enough. */
const keptMost = 4

/**
 * Copies of ledger entries, about a thousand in an object: a reader of all entries lists the ledger, and reads only entries whose copy has
 * another etag. The copies are a cache: without them, or without the right to read them, every entry is read itself.
 */
export class EntryCopies {
  readonly #objects: ReadingObjects
  readonly #firsts: () => Promise<readonly string[]>
  readonly #kept = new Map<string, Promise<Copies>>()

  constructor(objects: ReadingObjects, range: AccountRange = allAccounts) {
    this.#objects = objects
    this.#firsts = once(async () => {
      const listed = Array.fromAsync(listInRange(objects, copiesPrefix, range), ({ key }) => key)
      return (await unlessRefused(listed)) ?? []
    })
  }

  /** The keys of the objects with copies, ascending. */
  list(): Promise<readonly string[]> {
    return this.#firsts()
  }

  /** The entry as it was listed, or as it is now. `undefined`: it is gone. Throws SpoiledObjectError. */
  async read(listed: ListedEntry): Promise<LedgerEntry | undefined> {
    const copy = ledgerEntry.safeParse(await this.find(listed))
    return copy.success ? copy.data : (await readStored(this.#objects, listed.key, ledgerEntry))?.value
  }

  /** The copied content of the object with this etag. */
  async find({ key, etag }: ListedEntry): Promise<unknown> {
    const firsts = await this.#firsts()
    const own = copyKey(key)
    const place = placeOf(firsts, own)
    const first = firsts[place] === own ? own : firsts[place - 1]
    const copy = first === undefined ? undefined : (await this.open(first))[key]
    return copy?.etag === etag ? copy.entry : undefined
  }

  /** The copies in one object; none if it is spoiled, gone or refused. */
  open(first: string): Promise<Copies> {
    const known = this.#kept.get(first)
    if (known) return known
    const [oldest] = this.#kept.keys()
    if (oldest !== undefined && this.#kept.size >= keptMost) this.#kept.delete(oldest)
    const asked = unlessRefused(readStored(this.#objects, first, entryCopies)).then(
      (stored) => stored?.value.entries ?? noCopies,
    )
    this.#kept.set(first, asked)
    return asked
  }
}

/** The entry of a listed object. `copies`: absent where few entries are read. Throws SpoiledObjectError. */
export async function readListedEntry(
  objects: ReadingObjects,
  head: ObjectHead,
  copies: EntryCopies | undefined,
): Promise<LedgerEntry | undefined> {
  return copies ? copies.read(head) : (await readStored(objects, head.key, ledgerEntry))?.value
}

/** Brings the copies of a range up to date. Reads only entries without a copy; one that S3 refuses has none. */
export async function writeCopies(
  objects: ObjectStore,
  range: AccountRange,
  { least, most }: typeof copySizes = copySizes,
): Promise<void> {
  const ledger = await collectHeads(listInRange(objects, ledgerPrefix, range))
  const old = new EntryCopies(objects, range)
  const written = new Set<string>()
  for (const heads of cut(ledger.size < least ? [] : ledger.values(), most)) {
    const [first] = heads
    if (first === undefined) continue
    const entries = new Map<string, Copies[string]>()
    const missing: ObjectHead[] = []
    for (const head of heads) {
      const entry = await old.find(head)
      if (entry === undefined) missing.push(head)
      else entries.set(head.key, { etag: head.etag, entry })
    }
    const key = copyKey(first.key)
    written.add(key)
    const isKnown = hasName(await old.list(), key) && Object.keys(await old.open(key)).length === heads.length
    if (missing.length === 0 && isKnown) continue
    await forEachAtOnce(missing, async (head) => {
      const found = await unlessRefused(readStored(objects, head.key, z.unknown()))
      if (found && ledgerEntry.safeParse(found.value).success)
        entries.set(head.key, { etag: found.object.etag, entry: found.value })
    })
    await new JsonRecord(objects, key, entryCopies).overwrite({ v: 1, entries: Object.fromEntries(entries) })
  }
  const superfluous = (await old.list()).filter((key) => !written.has(key))
  await forEachAtOnce(superfluous, async (key) => void (await objects.delete(key)))
}

/** Whole accounts: an object has one account at least, and `most` entries or those of its last account more. */
function* cut(ledger: Iterable<ObjectHead>, most: number): Generator<readonly ObjectHead[]> {
  const entries = Iterator.from(ledger).filter(({ key }) => isAssignmentKey(key.slice(ledgerPrefix.length)))
  const heads: ObjectHead[] = []
  for (const head of entries) {
    const last = heads.at(-1)
    if (last && heads.length >= most && copyKey(last.key) !== copyKey(head.key)) yield heads.splice(0)
    heads.push(head)
  }
  yield heads
}

function copyKey(key: string): string {
  const [, account] = key.slice(ledgerPrefix.length).split('%')
  return `${copiesPrefix}account%${account}.json`
}

async function unlessRefused<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (error instanceof SpoiledObjectError || isServiceError(error)) return undefined
    throw error
  })
}
