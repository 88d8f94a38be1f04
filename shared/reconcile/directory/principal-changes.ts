import pLimit from 'p-limit'
import { type Assignment, type AssignmentKey, nameAssignment } from '../../domain/assignments/assignment.ts'
import { listHeld } from '../../domain/brake/lists.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { splitLinkFields } from '../../domain/links/link-fields.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import {
  type PrincipalName,
  type PrincipalType,
  principalName,
  principalTypes,
} from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { brakeFile } from '../records/brake-file.ts'
import { forEachKnown, type KnownAssignment, readForeign } from '../records/foreign-assignments.ts'
import { listEntitlementKeys } from '../records/foreign-entitlements.ts'
import { Ledger } from '../records/ledger.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { Policies } from '../records/policies.ts'
import { type NamedId, NameIndex, PrincipalNames } from '../records/principal-names.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { Suspensions } from '../records/suspensions.ts'
import { PrincipalIndex, type Whereabouts } from './principal-index.ts'

/** A pair that is younger than this stays in the index, because ssofile may be about to write its ledger entry. */
const keptMs = 30 * 60_000

/** Differences between the names of ids in the ledger and their present names. */
export type PrincipalChanges = {
  /** Ledger keys of renamed principals and of deleted groups. Groups in their grace period are not among them. */
  readonly keys: readonly AssignmentKey[]
  /**
   * Ledger keys of users who were disabled, suspended or deleted, without those in their grace period. An earlier evaluation missed these
   * keys.
   */
  readonly ended: readonly AssignmentKey[]
  /** Such keys whose revocation the brake holds. There may be tens of thousands, and most stay held. */
  readonly held: readonly AssignmentKey[]
  /** Assignments that links ask for by the former names: somebody else may have such a name now, or nobody. */
  readonly assignments: readonly Assignment[]
  /** New names of ids that only `foreign/` has: they need no evaluation. */
  readonly toNote: readonly NamedId[]
  /** Pairs in `state/principals/` that are not needed any more. */
  readonly toForget: readonly NamedId[]
}

/**
 * Compares the names in the ledger and `foreign/` with the directory, to catch changes without an event. Changes nothing.
 * Throws if a listing fails.
 */
export async function findPrincipalChanges(
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
  { principalSuffix }: Pick<Configuration, 'principalSuffix'>,
  types: readonly PrincipalType[] = principalTypes,
): Promise<PrincipalChanges> {
  const { objects, clock } = ports
  const before = new Date(clock.now().getTime() - keptMs)
  const noted = await Array.fromAsync(new PrincipalNames(objects).list())
  const index = new NameIndex(noted)
  const principals = new PrincipalIndex(patientIdentityStore(ports), clock, principalSuffix)
  const suspensionOf = await new Suspensions({ objects, policies: new Policies(ports) }).readAll()
  // Never filled by spreading: a principal may have more access than a call may have arguments.
  const keys: AssignmentKey[] = []
  const ended: AssignmentKey[] = []
  const assignments: Assignment[] = []
  const toNote: NamedId[] = []
  const needed = new Set<string>()
  const ids = { GROUP: new Set<PrincipalId>(), USER: new Set<PrincipalId>() }
  await forEachKnown(objects, ({ assignment }) => void ids[assignment.type].add(assignment.principalId))
  const entitled = await Array.fromAsync(listEntitlementKeys(objects))
  for (const type of types) {
    // Their names are from the last night; they need no evaluation.
    for (const { principalId: id } of entitled.filter((one) => one.type === type))
      for (const name of index.namesOf(type, id)) needed.add(pairKey({ type, id, name }))
    await principals.foreseeNames(type, ids[type])
    const changed = new Set<PrincipalId>()
    const hasEnded = (id: PrincipalId, found: Whereabouts) =>
      found !== 'gone' && (found.isDisabled || (type === 'USER' && suspensionOf?.(id, found.name) !== undefined))
    for (const id of ids[type]) {
      const found = await principals.whereabouts(type, id, Number.NEGATIVE_INFINITY)
      const name = found === 'gone' ? undefined : found.name
      const names = index.everNamesOf(type, id)
      // Only these ids need their access, so that nothing holds the whole ledger.
      if (names.length !== 1 || names[0] !== name || hasEnded(id, found)) changed.add(id)
      else for (const one of names) needed.add(pairKey({ type, id, name: one }))
    }
    for (const [id, known] of await listOf(objects, type, changed)) {
      const found = await principals.whereabouts(type, id, Number.NEGATIVE_INFINITY)
      const name = found === 'gone' ? undefined : found.name
      const former = index.everNamesOf(type, id).length > 1 ? await listNamed(objects, known) : []
      for (const one of [name ?? [], index.namesOf(type, id), former].flat())
        needed.add(pairKey({ type, id, name: one }))
      const ours = known.filter(({ isForeign }) => !isForeign).map(({ key }) => key)
      if (index.namesOf(type, id).join('\n') === (name ?? '')) {
        if (hasEnded(id, found)) for (const key of ours) ended.push(key)
        continue
      }
      const isDeletedUser = found === 'gone' && type === 'USER'
      const due = found === 'gone' ? await withoutWaiting(objects, ours) : ours
      const list = isDeletedUser ? ended : keys
      for (const key of due) list.push(key)
      for (const last of index.namesOf(type, id)) {
        if (last === name) continue
        // If nobody else has the name, the evaluation of its own access updates the links of a principal that is gone. Foreign
        // access has no such evaluation.
        const isNobodys =
          found === 'gone' && (await principals.resolve(type, last, Number.NEGATIVE_INFINITY)) === undefined
        const asked = isNobodys ? await listLinkedForeign(objects, known) : known
        for (const { assignment } of asked) assignments.push(nameAssignment(assignment, last))
      }
      if (ours.length === 0 && name !== undefined) toNote.push({ type, id, name })
    }
  }
  const isNeeded = (pair: (typeof noted)[number]) =>
    !types.includes(pair.type) || pair.lastModified >= before || needed.has(pairKey(pair))
  return {
    keys,
    ...(await divideHeld(objects, ended)),
    assignments,
    toNote,
    toForget: noted.filter((pair) => !isNeeded(pair)),
  }
}

/** If the brake's record cannot be read, nothing counts as held. */
async function divideHeld(objects: ObjectStore, all: readonly AssignmentKey[]) {
  if (all.length === 0) return { ended: [], held: [] }
  const brake = (await spoiledAsAbsent(brakeFile(objects).read()))?.value
  const listed = new Set(brake && listHeld(brake))
  return { ended: all.filter((key) => !listed.has(key)), held: all.filter((key) => listed.has(key)) }
}

export async function notePrincipals(objects: ObjectStore, pairs: readonly NamedId[]): Promise<void> {
  if (pairs.length === 0) return
  const names = new PrincipalNames(objects)
  const index = await NameIndex.read(objects)
  for (const pair of pairs) if (!index.namesOf(pair.type, pair.id).includes(pair.name)) await names.note(pair)
}

function pairKey({ type, id, name }: NamedId): string {
  return `${id}%${type}%${name}`
}

async function listOf(objects: ObjectStore, type: PrincipalType, ids: ReadonlySet<PrincipalId>) {
  const found: KnownAssignment[] = []
  if (ids.size > 0)
    await forEachKnown(objects, (known) => {
      if (known.assignment.type === type && ids.has(known.assignment.principalId)) found.push(known)
    })
  const inOrder = found.sort((a, b) => Number(a.isForeign) - Number(b.isForeign) || (a.key < b.key ? -1 : 1))
  return Map.groupBy(inOrder, ({ assignment }) => assignment.principalId)
}

/** The names in the links that granted an id's access: their statuses have these names. */
async function listNamed(objects: ObjectStore, known: readonly KnownAssignment[]): Promise<readonly PrincipalName[]> {
  const ledger = new Ledger(objects)
  const named = await pLimit(readsAtOnce).map(known, async ({ key }) => {
    const { links = [] } = (await spoiledAsAbsent(ledger.read(key)))?.entry ?? {}
    return links.map((link) => splitLinkFields(link.key)?.principal ?? '')
  })
  return named.flat().flatMap((name) => principalName.safeParse(name).data ?? [])
}

/** Foreign access that links also ask for. */
async function listLinkedForeign(objects: ObjectStore, known: readonly KnownAssignment[]) {
  const linked = await pLimit(readsAtOnce).map(known, async (one) => {
    const record = one.isForeign ? await spoiledAsAbsent(readForeign(objects, one.key)) : undefined
    return record && record.links.length > 0 ? [one] : []
  })
  return linked.flat()
}

/** Leaves out entries in their grace period, and spoiled entries, which every sweep looks at. */
async function withoutWaiting(objects: ObjectStore, keys: readonly AssignmentKey[]): Promise<readonly AssignmentKey[]> {
  const ledger = new Ledger(objects)
  const due = await pLimit(readsAtOnce).map(keys, async (key) => {
    const entry = (await spoiledAsAbsent(ledger.read(key)))?.entry
    return entry && (entry.orphanedAt === undefined || entry.openUntil === undefined) ? [key] : []
  })
  return due.flat()
}
