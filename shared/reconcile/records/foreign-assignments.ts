import * as z from 'zod'
import { type AssignmentId, type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { grantingLink, type LedgerEntry, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { type Author, author } from '../../domain/by-hand/author.ts'
import { record } from '../../domain/json/record.ts'
import { permissionSetArn, principalId } from '../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../domain/principals/principal.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { followAccess, renderAccessKey } from './access-list.ts'
import { definePlace } from './define-record.ts'
import { recordHistory } from './history.ts'
import { JsonRecord } from './json-record.ts'
import { forEachAssignmentKey, listAssignmentKeys } from './ledger.ts'
import { spoiledAsAbsent } from './stored-json.ts'

export const foreignAccess = definePlace({
  at: 'foreign/',
  meaning: 'one access that others gave',
  source: { is: 'cache', of: 'Identity Center' },
})

/** An assignment that existed before any link of ours granted it. ssofile never revokes it. */
const foreignAssignment = record({
  v: z.literal(1),
  /** The principal's name when it was found; its id if no link can spell the name. */
  principal: principalName,
  principalId,
  permissionSetArn,
  /** The links that also grant it, as last seen. */
  links: z.array(grantingLink),
  seenAt: z.iso.datetime(),
  /** The author who granted it. Absent: unknown. */
  by: author.optional(),
})
export type ForeignAssignment = Readonly<z.infer<typeof foreignAssignment>>
export const foreignRecord = (objects: ObjectStore, key: AssignmentKey) =>
  new JsonRecord(objects, foreignAccess.at + key, foreignAssignment)

export type KnownAssignment = {
  readonly key: AssignmentKey
  readonly assignment: AssignmentId
  readonly isForeign: boolean
}

/** `etag`: of its record, as it was listed. */
type ListedKnown = KnownAssignment & { readonly etag: string }

/** All access with this beginning: first under `assignments/`, then under `foreign/`. */
export async function* listKnown(objects: ReadingObjects, beginning = ''): AsyncGenerator<KnownAssignment> {
  for (const prefix of [ledgerPrefix, foreignAccess.at])
    for await (const key of listAssignmentKeys(objects, prefix, beginning))
      yield { key, assignment: assignmentOf(key), isForeign: prefix === foreignAccess.at }
}

/**
 * All access, in no order. Keeps nothing. All callers in this process who wait share the next listing, because listing 500,000 keys takes 13 s
 * of processor. It begins after they asked, so it shows what was written before. If it fails, it fails for all; `work` that throws fails alone.
 */
export async function forEachKnown(objects: ReadingObjects, work: Work): Promise<void> {
  const failures: { readonly cause: unknown }[] = []
  await joinListing(objects, (known) => {
    if (failures.length > 0) return
    try {
      work(known)
    } catch (cause) {
      failures.push({ cause })
    }
  })
  const [failed] = failures
  if (failed) throw failed.cause
}

type Work = (known: ListedKnown) => void
/** The listing that runs, and the one that begins when it is over, by bucket. */
const running = new WeakMap<ReadingObjects, Promise<void>>()
const waiting = new WeakMap<ReadingObjects, { readonly callers: Work[]; readonly listed: Promise<void> }>()

/** No `work` throws. */
function joinListing(objects: ReadingObjects, work: Work): Promise<void> {
  const next = waiting.get(objects)
  next?.callers.push(work)
  if (next) return next.listed
  const callers = [work]
  const listed = listNext(objects, callers)
  waiting.set(objects, { callers, listed })
  return listed
}

async function listNext(objects: ReadingObjects, callers: readonly Work[]): Promise<void> {
  // Its own callers receive its error.
  await running.get(objects)?.catch(() => {})
  waiting.delete(objects)
  const listed = listFor(objects, callers)
  running.set(objects, listed)
  return listed
}

async function listFor(objects: ReadingObjects, callers: readonly Work[]): Promise<void> {
  for (const prefix of [ledgerPrefix, foreignAccess.at])
    await forEachAssignmentKey(objects, prefix, (key, { etag }) => {
      const known = { key, assignment: assignmentOf(key), isForeign: prefix === foreignAccess.at, etag }
      for (const work of callers) work(known)
    })
}

/** `by`: who did it; absent: unknown. `reason`: why it is reported loudly. */
type ForeignEvent = {
  readonly key: AssignmentKey
  readonly at: string
  readonly by?: Author | undefined
  readonly reason?: string | undefined
}

/** History first: if the process dies before it writes the record, it records the event again. */
export function tellForeign(
  objects: ObjectStore,
  { key, at, event, by, reason }: ForeignEvent & { readonly event: 'foreign-found' | 'foreign-gone' },
  { principal, permissionSetArn: arn }: Pick<LedgerEntry, 'principal' | 'permissionSetArn'>,
): Promise<void> {
  const access = { principal, permissionSetArn: arn, links: [] }
  return recordHistory(objects, { key, event, at, access, confirmedAt: at, by, reason })
}

/** Call it before the record says that others granted this access. Records that, unless the record says so already. */
export async function tellFound(
  objects: ObjectStore,
  told: ForeignEvent,
  found: Pick<LedgerEntry, 'principal' | 'permissionSetArn'>,
): Promise<void> {
  const known = await spoiledAsAbsent(readForeign(objects, told.key))
  if (known?.permissionSetArn === found.permissionSetArn) return
  if (known) await tellForeign(objects, { key: told.key, at: told.at, event: 'foreign-gone' }, known)
  await tellForeign(objects, { ...told, event: 'foreign-found' }, found)
}

/** Replaces the record under this key. `isNew`: writes only if there is none. */
export async function writeForeign(
  objects: ObjectStore,
  key: AssignmentKey,
  found: Omit<ForeignAssignment, 'v' | 'principalId'>,
  { isNew = false }: { readonly isNew?: boolean } = {},
): Promise<void> {
  const record = foreignRecord(objects, key)
  const value = { v: 1 as const, principalId: assignmentOf(key).principalId, ...found }
  if (isNew) await record.write(value, undefined)
  else await record.overwrite(value)
  await followAccess(objects, key, { before: undefined, after: renderAccessKey(key, found.principal, 'foreign') })
}

/** Deletes the record because the access is gone or ours. `lost`: somebody changed the record since it had this etag. */
export async function removeForeign(
  objects: ObjectStore,
  key: AssignmentKey,
  { principal }: Pick<ForeignAssignment, 'principal'>,
  etag?: string,
): Promise<'deleted' | 'lost'> {
  const outcome = await objects.delete(foreignAccess.at + key, etag === undefined ? undefined : { ifMatch: etag })
  if (outcome === 'lost') return outcome
  await followAccess(objects, key, { before: renderAccessKey(key, principal, 'foreign'), after: undefined })
  return 'deleted'
}

export async function readForeign(objects: ObjectStore, key: AssignmentKey): Promise<ForeignAssignment | undefined> {
  return (await foreignRecord(objects, key).read())?.value
}
