import pLimit from 'p-limit'
import * as z from 'zod'
import { type Assignment, assignmentKey, parseAssignmentKey } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import { listAccess } from '../domain/former-access.ts'
import type { PrincipalId } from '../domain/identity-center-ids.ts'
import { type LedgerEntry, ledgerPrefix } from '../domain/ledger-entry.ts'
import { type PrincipalName, type PrincipalType, principalName, principalTypes } from '../domain/principal.ts'
import type { IdentityStore } from '../ports/identity-store.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Ports } from '../ports/ports.ts'
import { foreignPrefix, readForeign } from './foreign-assignments.ts'
import { Ledger } from './ledger.ts'
import { patientIdentityStore } from './patient-identity-store.ts'
import { type NamedId, PrincipalNames } from './principal-names.ts'
import { isSpoiled, readJson, renderJson, unlessSpoiled } from './stored-json.ts'

const checkpointKey = 'state/principals.json'
/** Since when entries are read for the ids in them; without it, all of them once. */
const checkpoint = z.strictObject({ v: z.literal(1), startedAt: z.iso.datetime() })
/** For clocks, and for writes under way. */
const overlapMs = 30 * 60_000
const readsAtOnce = 32

/** Where the ids that the ledger has differ from those that its names stand for now: a value. */
export type PrincipalChanges = {
  /** Assignments whose access is another id's than their name's, or nobody's. Those whose grace is running are not among them. */
  readonly assignments: readonly Assignment[]
  /** What `state/principals/` lacks, and has too many. */
  readonly toNote: readonly NamedId[]
  readonly toForget: readonly NamedId[]
}

/** What somebody has read of the ledger already: which entries, and the ids in them. Of 100,000 entries thousands of ids. */
export class SeenIds {
  readonly #keys = new Set<string>()
  readonly #pairs = new Map<string, NamedId>()

  /** `key`: as under `assignments/`. */
  note(key: string, { type, principal: name }: Assignment, entry: LedgerEntry): void {
    this.#keys.add(key)
    for (const { principalId: id } of listAccess(entry))
      this.#pairs.set(pairKey({ type, name, id }), { type, name, id })
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  get pairs(): Iterable<NamedId> {
    return this.#pairs.values()
  }
}

type Pair = NamedId & { readonly lastModified?: Date }

/**
 * Compares the stored ids with the directory: finds what no event reported. Changes nothing. Of the ledger it reads the
 * entries that were written since the last time and not `seen`, and those under a name whose id is another by now. Throws
 * when anything could not be listed to its end.
 */
export async function findPrincipalChanges(
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
  { principalSuffix }: Pick<Configuration, 'principalSuffix'>,
  {
    types = principalTypes,
    seen = new SeenIds(),
  }: { readonly types?: readonly PrincipalType[]; readonly seen?: SeenIds } = {},
): Promise<PrincipalChanges> {
  const { objects, clock } = ports
  const before = new Date(clock.now().getTime() - overlapMs)
  const known = new Map<string, Pair>()
  for await (const pair of new PrincipalNames(objects).list()) known.set(pairKey(pair), pair)
  const toNote = new Map<string, Pair>()
  const wanted = await isRecent(objects)
  const isUnseen: Wanted = (found, lastModified) =>
    wanted(found, lastModified) && (found.isForeign || !seen.has(found.key))
  const recent = await listEntries(objects, isUnseen)
  for (const pair of [...seen.pairs, ...(await readPairs(objects, recent))])
    if (!known.has(pairKey(pair))) toNote.set(pairKey(pair), pair)
  const pairs = [...known.values(), ...toNote.values()].filter(({ type }) => types.includes(type))
  const present = await findPresent(patientIdentityStore(ports), pairs, principalSuffix)
  const differing = pairs.filter((pair) => present.get(nameKey(pair)) !== pair.id)
  const { assignments, held } = await findHolders(objects, differing, present)
  const toForget = differing.filter(
    (pair) => pair.lastModified !== undefined && pair.lastModified < before && !held.has(pair),
  )
  return { assignments, toNote: [...toNote.values()], toForget }
}

/** Brings `state/principals/` up to date with what was found by somebody who had begun at `startedAt`. */
export async function recordPrincipals(
  objects: ObjectStore,
  { toNote, toForget }: PrincipalChanges,
  startedAt: string,
): Promise<void> {
  const names = new PrincipalNames(objects)
  for (const pair of toNote) await names.note(pair)
  for (const pair of toForget) await names.forget(pair)
  await objects.put(checkpointKey, renderJson({ v: 1, startedAt }))
}

function nameKey({ type, name }: Pick<NamedId, 'type' | 'name'>): string {
  return `${type}%${name}`
}

function pairKey(pair: NamedId): string {
  return `${pair.id}%${nameKey(pair)}`
}

type Found = { readonly assignment: Assignment; readonly key: string; readonly isForeign: boolean }
type Wanted = (found: Found, lastModified: Date) => boolean

/** What was written since somebody last recorded what it says; all of it where nobody has. */
async function isRecent(objects: ObjectStore): Promise<Wanted> {
  const last = await readJson(objects, checkpointKey, checkpoint).catch(() => undefined)
  const since = last ? new Date(Date.parse(last.value.startedAt) - overlapMs) : new Date(0)
  return (_found, lastModified) => lastModified >= since
}

/** What of the ledger and of `foreign/` is wanted: of 100,000 entries only those are kept in memory. */
async function listEntries(objects: ObjectStore, isWanted: Wanted): Promise<readonly Found[]> {
  const found: Found[] = []
  for (const prefix of [ledgerPrefix, foreignPrefix]) {
    for await (const { key, lastModified } of objects.list(prefix)) {
      const assignment = parseAssignmentKey(key.slice(prefix.length))
      const one = assignment && { assignment, key: key.slice(prefix.length), isForeign: prefix === foreignPrefix }
      if (one && isWanted(one, lastModified)) found.push(one)
    }
  }
  return found
}

/**
 * The ids that an entry has, none where nobody can read it; `waits`: its principal was seen gone, and its grace is running.
 */
async function readIds(
  objects: ObjectStore,
  { key, isForeign }: Found,
): Promise<{ readonly ids: readonly PrincipalId[]; readonly waits: boolean }> {
  const name = assignmentKey.parse(key)
  if (isForeign) {
    const foreign = await unlessSpoiled(readForeign(objects, name))
    return { ids: foreign && !isSpoiled(foreign) ? [foreign.principalId] : [], waits: false }
  }
  const read = await unlessSpoiled(new Ledger(objects).read(name))
  const entry = isSpoiled(read) ? undefined : read?.entry
  const waits = entry?.orphanedAt !== undefined && entry.openUntil !== undefined
  return { ids: entry ? listAccess(entry).map(({ principalId }) => principalId) : [], waits }
}

async function readPairs(objects: ObjectStore, entries: readonly Found[]): Promise<readonly NamedId[]> {
  const limit = pLimit(readsAtOnce)
  const read = async (entry: Found): Promise<readonly NamedId[]> => {
    const { type, principal: name } = entry.assignment
    return (await readIds(objects, entry)).ids.map((id) => ({ type, name, id }))
  }
  return (await Promise.all(entries.map((entry) => limit(() => read(entry))))).flat()
}

/** The assignments that hold an id which is not their name's any more, and which of these pairs any entry still has. */
async function findHolders(
  objects: ObjectStore,
  differing: readonly Pair[],
  present: ReadonlyMap<string, PrincipalId | undefined>,
): Promise<{ readonly assignments: readonly Assignment[]; readonly held: ReadonlySet<Pair> }> {
  const held = new Set<Pair>()
  if (differing.length === 0) return { assignments: [], held }
  const limit = pLimit(readsAtOnce)
  const assignments: Assignment[] = []
  const byName = Map.groupBy(differing, nameKey)
  const nameOf = ({ type, principal: name }: Assignment) => nameKey({ type, name })
  const entries = await listEntries(objects, ({ assignment }) => byName.has(nameOf(assignment)))
  const check = async (entry: Found): Promise<void> => {
    const { ids, waits } = await readIds(objects, entry)
    const name = nameOf(entry.assignment)
    const here = (byName.get(name) ?? []).filter(({ id }) => ids.includes(id))
    for (const pair of here) held.add(pair)
    const isWaiting = waits && present.get(name) === undefined
    if (here.length > 0 && !isWaiting) assignments.push(entry.assignment)
  }
  await Promise.all(entries.map((entry) => limit(() => check(entry))))
  return { assignments, held }
}

/**
 * The ids that these names stand for now. One call per name, or fewer where the pages of the whole directory (100
 * principals each) are fewer than the names: which, nobody knows before, so as many pages are tried as there are names.
 */
async function findPresent(
  identityStore: IdentityStore,
  pairs: readonly NamedId[],
  suffix: string,
): Promise<ReadonlyMap<string, PrincipalId | undefined>> {
  const present = new Map<string, PrincipalId | undefined>()
  for (const type of principalTypes) {
    const names = [...new Set(pairs.filter((pair) => pair.type === type).map(({ name }) => name))]
    const listed = await listWithin(identityStore, type, names.length)
    for (const name of names) {
      const whole = principalName.parse(name + suffix)
      present.set(
        nameKey({ type, name }),
        listed ? listed.get(whole) : await identityStore.findPrincipalId(type, whole),
      )
    }
  }
  return present
}

/** All principals by name; `undefined`: there are more pages than these. */
async function listWithin(
  identityStore: IdentityStore,
  type: PrincipalType,
  pagesMost: number,
): Promise<ReadonlyMap<PrincipalName, PrincipalId> | undefined> {
  const ids = new Map<PrincipalName, PrincipalId>()
  let nextToken: string | undefined
  for (let page = 0; page < pagesMost; page++) {
    const { items, nextToken: next } = await identityStore.listPrincipals(type, nextToken)
    for (const { name, id } of items) ids.set(name, id)
    if (next === undefined) return ids
    nextToken = next
  }
  return undefined
}
