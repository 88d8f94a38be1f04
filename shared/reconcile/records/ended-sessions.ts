import { createHash } from 'node:crypto'
import pLimit from 'p-limit'
import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import {
  type EndedSession,
  endedSession,
  endedSessionsKey,
  endSession,
  endWhileSuspended,
  isWhileSuspended,
  mergeEndedSessions,
  revocationMs,
} from '../../domain/sessions/ended-sessions.ts'
import {
  type EndedSessions,
  judgeEndedSessions,
  type SpoiledEnding,
} from '../../domain/sessions/judge-ended-sessions.ts'
import { status } from '../../domain/statuses/status.ts'
import { isAdmitted } from '../../domain/suspensions/describe-suspension.ts'
import { parseSuspensionKey } from '../../domain/suspensions/suspension.ts'
import type { Log } from '../../ports/log.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { defineRecord, defineRecords } from './define-record.ts'
import { forEachAtOnce, listHeads, readsAtOnce } from './list-heads.ts'
import { statusKey } from './status-store.ts'
import { isUnreadable, parseSaved, readStored, type Stored, spoiledAsAbsent, unlessUnreadable } from './stored-json.ts'
import { isMeant } from './suspensions.ts'

/** Parses each entry by itself, so that a spoiled one leaves the others in force. */
const endedSessions = record({ v: z.literal(1), ended: z.array(z.unknown()) })
type EndedRecord = z.infer<typeof endedSessions>
export const endedSessionsRecord = defineRecord({
  at: endedSessionsKey,
  meaning: 'whose sessions are denied, and until when',
  source: { is: 'primary' },
  value: endedSessions,
})

/**
 * Denials that ssofile could not record, because it could not read the record. Each is an object with its hash as its name: no writer
 * changes the note of another.
 */
const owedEndings = record({ v: z.literal(1), ended: z.array(endedSession) })
export const owedEndingRecords = defineRecords({
  at: 'state/owed-endings/',
  meaning: 'denials that the unreadable record of ended sessions lacks',
  source: { is: 'note', until: 'the record can be read' },
  key: (hash: string) => `${hash}.json`,
  value: owedEndings,
})

/** `now`: by S3's clock. Without a record, nothing depends on it. */
export type ReadEndedSessions = EndedSessions & { readonly now: Date }

/** The sessions to deny, and former ones that their permission set still denies. Throws SpoiledObjectError. */
export async function readEndedSessions(objects: ReadingObjects): Promise<ReadEndedSessions> {
  const stored = await endedSessionsRecord.read(objects)
  return judge(objects, stored?.value, stored?.object.servedAt)
}

/** `undefined`: ssofile cannot read the record. The log says so, and the caller changes nothing. */
export async function readEndedOrLog(
  ports: Readonly<{ objects: ReadingObjects; log: Log }>,
): Promise<ReadEndedSessions | undefined> {
  const read = await unlessUnreadable(readEndedSessions(ports.objects))
  if (!isUnreadable(read)) return read
  ports.log.error('ssofile cannot read the list of ended sessions, and changes nothing about them', { error: read })
  return undefined
}

async function judge(
  objects: ReadingObjects,
  record: EndedRecord | undefined,
  now = new Date(0),
): Promise<ReadEndedSessions> {
  const entries = record?.ended ?? []
  const lasting = new Map(entries.flatMap(parseLasting).map((one) => [nameOf(one), one]))
  const suspended = new Set<string>()
  await pLimit(readsAtOnce).map([...lasting], async ([named, one]) => {
    if (await isSuspended(objects, one)) suspended.add(named)
  })
  return { ...judgeEndedSessions(entries, now, (session) => suspended.has(nameOf(session))), now }
}

const nameOf = ({ user, by }: Pick<EndedSession, 'user' | 'by'>): string => `${user} ${by}`

function parseLasting(entry: unknown): readonly EndedSession[] {
  const { data } = endedSession.safeParse(entry)
  return data !== undefined && isWhileSuspended(data) ? [data] : []
}

/** Whether the file exists, means this user, and has passed the brake. Anybody may have written the entry. */
async function isSuspended(objects: ReadingObjects, { user, by }: EndedSession): Promise<boolean> {
  const name = parseSuspensionKey(by)
  if (!name.ok || (await objects.head(by)) === undefined) return false
  const told = await spoiledAsAbsent(readStored(objects, statusKey(by), status))
  if (!isAdmitted(told?.value)) return false
  return told?.value.principalId === user || (await isMeant(objects, user, name.value))
}

/**
 * Denies these sessions from now on; permission sets follow within a minute. Spoiled entries stay until someone ends the sessions of the same
 * user in the same permission set again. If the record is unreadable, notes keep the denials until the record can be read: nobody keeps access
 * because of it. Safe to repeat. Calls that come while a write is on its way share the next one: a dispatcher that revokes fifteen accesses
 * of a person at once would otherwise write the record fifteen times, and lose half of the writes.
 */
export function recordEndedSessions(objects: ObjectStore, added: readonly EndedSession[]): Promise<void> {
  const waiting = waitingWrites.get(objects)
  if (waiting) {
    waiting.added.push(...added)
    return waiting.written
  }
  const next = [...added]
  const write = () => {
    waitingWrites.delete(objects)
    return reviseOrOwe(objects, next, adding(objects, next))
  }
  const written = (lastWrites.get(objects) ?? Promise.resolve()).then(write, write)
  waitingWrites.set(objects, { added: next, written })
  lastWrites.set(objects, written)
  return written
}

/** By the store of a process: the write that has not begun, and the last one. */
const waitingWrites = new WeakMap<ObjectStore, { readonly added: EndedSession[]; readonly written: Promise<void> }>()
const lastWrites = new WeakMap<ObjectStore, Promise<void>>()

type Change = (current: EndedRecord | undefined, now: Date | undefined) => Promise<EndedRecord | undefined>

function adding(objects: ObjectStore, added: readonly EndedSession[]): Change {
  const isReplaced = ({ session }: SpoiledEnding) =>
    added.some(({ user, permissionSet }) => session?.user === user && session.permissionSet === permissionSet)
  return async (current, now) => {
    const { ended, over, spoiled } = await judge(objects, current, now)
    const kept = spoiled.filter((one) => !isReplaced(one)).map(({ entry }) => entry)
    return toRecord([...mergeEndedSessions([...ended, ...added]), ...over, ...kept])
  }
}

async function reviseOrOwe(objects: ObjectStore, owed: readonly EndedSession[], change: Change): Promise<void> {
  const record = endedSessionsRecord.of(objects)
  const stored = await unlessUnreadable(record.read())
  if (isUnreadable(stored)) await forEachAtOnce(owed, (one) => owe(objects, one))
  else await record.revise(change, { stored })
}

async function owe(objects: ObjectStore, session: EndedSession): Promise<void> {
  const hash = createHash('sha256').update(JSON.stringify(session)).digest('hex')
  await owedEndingRecords.of(objects, hash).overwrite({ v: 1, ended: [session] })
}

/** Records the owed denials if the record can be read, and returns them. Leaves unreadable notes, and logs them. Safe to repeat. */
export async function recordOwedEndings(objects: ObjectStore, log: Log): Promise<readonly EndedSession[]> {
  const keys = [...(await listHeads(objects, owedEndingRecords.at)).keys()]
  if (keys.length === 0) return []
  const record = endedSessionsRecord.of(objects)
  const stored = await unlessUnreadable(record.read())
  if (isUnreadable(stored)) return []
  const notes: Stored<z.infer<typeof owedEndings>>[] = []
  await forEachAtOnce(keys, async (key) => {
    const note = await unlessUnreadable(owedEndingRecords.readListed(objects, key))
    if (isUnreadable(note)) log.error('ssofile cannot read an owed denial of sessions', { key, error: note })
    else if (note) notes.push(note)
  })
  const owed = notes.flatMap(({ value }) => value.ended)
  await record.revise(adding(objects, owed), { stored })
  await forEachAtOnce(notes, async ({ object: { key, etag } }) => {
    await objects.delete(key, { ifMatch: etag })
  })
  return owed
}

/** `saved`: an earlier body of the record. Its entries come back beside the present ones. Safe to repeat. */
export async function bringBackEndedSessions(objects: ObjectStore, saved: Uint8Array): Promise<void> {
  const data = parseSaved(saved, endedSessions)
  await endedSessionsRecord.of(objects).revise((current) => {
    const all = [...(current?.ended ?? []), ...(data?.ended ?? [])]
    return toRecord([...new Map(all.map((entry) => [JSON.stringify(entry), entry])).values()])
  })
}

type Suspended = Omit<EndedSession, 'permissionSet' | 'account' | 'before' | 'until'>

/**
 * The permission sets that deny this user as long as the file `by` suspends them. Read it before the access: while that is read, another
 * process may add a denial for access that it is about to give.
 */
export async function listDeniedWhileSuspended(
  objects: ReadingObjects,
  whose: Pick<Suspended, 'user' | 'by'>,
): Promise<ReadonlySet<PermissionSetName>> {
  const stored = await unlessUnreadable(endedSessionsRecord.read(objects))
  const all = isUnreadable(stored) ? [] : (stored?.value.ended ?? []).flatMap(parseLasting)
  return new Set(all.filter((one) => nameOf(one) === nameOf(whose)).map(({ permissionSet }) => permissionSet))
}

/**
 * While the file `by` suspends this user, denies every session of these permission sets. For sets in `over` that are not among these,
 * denies only sessions that have begun, so that people who left long ago take no room from others. If the record is unreadable, notes keep
 * the denials. Safe to repeat.
 */
export async function recordWhileSuspended(
  objects: ObjectStore,
  whose: Suspended,
  sets: ReadonlySet<PermissionSetName>,
  { over: left }: { readonly over: ReadonlySet<PermissionSetName> },
): Promise<void> {
  const isLeft = (one: EndedSession) =>
    isWhileSuspended(one) &&
    nameOf(one) === nameOf(whose) &&
    left.has(one.permissionSet) &&
    !sets.has(one.permissionSet)
  const lasting = [...sets].map((permissionSet) => endWhileSuspended({ ...whose, permissionSet }))
  await reviseOrOwe(objects, lasting, async (current, now = new Date(0)) => {
    const { ended, over, spoiled } = await judge(objects, current, now)
    const begun = ended
      .filter(isLeft)
      .map(({ permissionSet }) => endSession({ ...whose, permissionSet }, new Date(now.getTime() + revocationMs)))
    const all = mergeEndedSessions([...ended.filter((one) => !isLeft(one)), ...begun, ...lasting])
    return toRecord([...all, ...over, ...spoiled.map(({ entry }) => entry)])
  })
}

/** Forgets the expired denials that this permission set no longer has. */
export async function forgetEndedSessions(objects: ObjectStore, name: PermissionSetName): Promise<void> {
  await endedSessionsRecord.of(objects).revise(async (current, now) => {
    const { ended, over, spoiled } = await judge(objects, current, now)
    const left = over.filter(({ permissionSet }) => permissionSet !== name)
    const kept = spoiled.filter(({ session, isOver }) => !isOver || session?.permissionSet !== name)
    return toRecord([...ended, ...left, ...kept.map(({ entry }) => entry)])
  })
}

function toRecord(ended: readonly unknown[]): EndedRecord | undefined {
  return ended.length === 0 ? undefined : { v: 1, ended: [...ended] }
}
