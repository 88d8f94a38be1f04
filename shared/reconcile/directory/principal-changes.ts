import pLimit from 'p-limit'
import type { Assignment } from '../../domain/assignment.ts'
import type { Configuration } from '../../domain/configuration.ts'
import type { PrincipalId } from '../../domain/identity-center-ids.ts'
import type { AccessIds } from '../../domain/ledger-entry.ts'
import { type PrincipalName, type PrincipalType, principalName, principalTypes } from '../../domain/principal.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { type KnownAssignment, listKnown, readForeign } from '../records/foreign-assignments.ts'
import { Ledger } from '../records/ledger.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { type NamedId, PrincipalNames } from './principal-names.ts'

/** A pair that is younger stays in the index: its ledger entry may be about to be written. */
const keptMs = 30 * 60_000

type Pair = NamedId & { readonly lastModified: Date }

/** Where the ids in the ledger differ from the ids that its names have now: a value. */
export type PrincipalChanges = {
  /** Assignments whose access belongs to another id than their name's, or whose name does not exist. Not those in their grace period. */
  readonly assignments: readonly Assignment[]
  /** Pairs in `state/principals/` that no entry has. */
  readonly toForget: readonly NamedId[]
}

/**
 * Compares `state/principals/` with the directory: catches changes that sent no event. Changes nothing. Of the ledger it
 * reads only entries under a name whose id is another now. Throws when a listing fails.
 */
export async function findPrincipalChanges(
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
  { principalSuffix }: Pick<Configuration, 'principalSuffix'>,
  types: readonly PrincipalType[] = principalTypes,
): Promise<PrincipalChanges> {
  const { objects, clock } = ports
  const before = new Date(clock.now().getTime() - keptMs)
  const all = await Array.fromAsync(new PrincipalNames(objects).list())
  const pairs = all.filter(({ type }) => types.includes(type))
  const present = await findPresent(patientIdentityStore(ports), pairs, principalSuffix)
  const differing = pairs.filter((pair) => present.get(nameKey(pair)) !== pair.id)
  const { assignments, held } = await findHolders(objects, differing, present)
  return { assignments, toForget: differing.filter((pair) => pair.lastModified < before && !held.has(pair)) }
}

/** Adds to `state/principals/` the pairs that it lacks. */
export async function notePrincipals(objects: ObjectStore, pairs: readonly NamedId[]): Promise<void> {
  if (pairs.length === 0) return
  const names = new PrincipalNames(objects)
  const known = new Set((await Array.fromAsync(names.list())).map(pairKey))
  for (const pair of pairs) if (!known.has(pairKey(pair))) await names.note(pair)
}

function nameKey({ type, name }: Pick<NamedId, 'type' | 'name'>): string {
  return `${type}%${name}`
}

function pairKey(pair: NamedId): string {
  return `${pair.id}%${nameKey(pair)}`
}

/**
 * Whether what others gave stands under a name. A principal without a name that a link can have stands under its id: that
 * is nobody's name, so it has no owner that could change.
 */
export function isNamed({ principal }: Assignment, { principalId }: Pick<AccessIds, 'principalId'>): boolean {
  return String(principal) !== String(principalId)
}

/**
 * The ids that an entry has, none if it is unreadable. `waits`: its principal is gone and the grace period is running.
 */
async function readIds(
  objects: ObjectStore,
  { key, assignment, isForeign }: KnownAssignment,
): Promise<{ readonly ids: readonly PrincipalId[]; readonly waits: boolean }> {
  if (isForeign) {
    const foreign = await spoiledAsAbsent(readForeign(objects, key))
    return { ids: foreign && isNamed(assignment, foreign) ? [foreign.principalId] : [], waits: false }
  }
  const entry = (await spoiledAsAbsent(new Ledger(objects).read(key)))?.entry
  const waits = entry?.openUntil !== undefined && entry.accesses.some(({ orphanedAt }) => orphanedAt !== undefined)
  return { ids: entry ? entry.accesses.map(({ principalId }) => principalId) : [], waits }
}

/** The assignments that hold an id which their name does not have any more, and which of these pairs any entry has. */
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
  const check = async (entry: KnownAssignment): Promise<void> => {
    const { ids, waits } = await readIds(objects, entry)
    const name = nameOf(entry.assignment)
    const here = (byName.get(name) ?? []).filter(({ id }) => ids.includes(id))
    for (const pair of here) held.add(pair)
    const isWaiting = waits && present.get(name) === undefined
    if (here.length > 0 && !isWaiting) assignments.push(entry.assignment)
  }
  const holders: KnownAssignment[] = []
  for await (const known of listKnown(objects)) if (byName.has(nameOf(known.assignment))) holders.push(known)
  await Promise.all(holders.map((holder) => limit(() => check(holder))))
  return { assignments, held }
}

/**
 * The ids that these names have now. One call per name, or fewer where the whole directory has fewer pages (100
 * principals each) than there are names. Its size is not known before, so as many pages are tried as there are names.
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
    const listed = await identityStore.listPrincipals(type, nextToken)
    for (const { name, id } of listed.items) ids.set(name, id)
    nextToken = listed.nextToken
    if (nextToken === undefined) return ids
  }
  return undefined
}
