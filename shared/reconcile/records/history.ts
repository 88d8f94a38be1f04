import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { AccountId } from '../../domain/account-id.ts'
import { type AssignmentKey, assignmentKey, assignmentOf } from '../../domain/assignment.ts'
import { type PermissionSetArn, permissionSetArn, principalId } from '../../domain/identity-center-ids.ts'
import {
  type Access,
  type AccessIds,
  type GrantingLink,
  grantingLink,
  isSameAccess,
} from '../../domain/ledger-entry.ts'
import { renderNameInKey } from '../../domain/name-in-key.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from './json-record.ts'
import type { PermissionSetEvent } from './owned-permission-sets.ts'
import { renderJson, spoiledAsAbsent } from './stored-json.ts'

/** S3 allows 1,024 bytes (S3 User Guide, "Naming Amazon S3 objects"); the instant and the event need 40. */
const folderMostBytes = 1024 - 40

const permissionSetFolders = 'history/permission-set%'
const permissionSetBody = z.looseObject({ event: z.string(), at: z.string(), arn: permissionSetArn.optional() })

const historyEvents = ['granted', 'revoked', 'adopted', 'released'] as const
export type HistoryEvent = (typeof historyEvents)[number]

export type HistoryRecord = {
  readonly key: AssignmentKey
  readonly event: HistoryEvent
  /** The instant of the call, from the ledger entry, so that a repeated run writes the same key. */
  readonly at: string
  readonly access: Access
  readonly confirmedAt: string
}

export function recordHistory(objects: ObjectStore, record: HistoryRecord): Promise<void> {
  const { key, event, at, access, confirmedAt } = record
  const { principalId: id, permissionSetArn: arn, links, call } = access
  const ids = { principalId: id, permissionSetArn: arn }
  const body = { assignment: key, confirmedAt, ...ids, requestId: call?.id, links }
  return writeOnce(objects, historyFolder(key), { event, at, body })
}

type WrittenOnce<Event> = { readonly event: Event; readonly at: string; readonly body: object }

/** `at` is from the record, so that a repeated run writes the same key. */
export function recordPermissionSetHistory(
  objects: ObjectStore,
  name: PermissionSetName,
  record: WrittenOnce<PermissionSetEvent>,
): Promise<void> {
  return writeOnce(objects, `${permissionSetFolders}${name}/`, record)
}

/** Written twice, the first stands. */
async function writeOnce(objects: ObjectStore, folder: string, { event, at, body }: WrittenOnce<string>) {
  const text = renderJson({ v: 1, event, at, ...body })
  await objects.put(`${folder}${at}%${event}.json`, text, { ifNoneMatch: '*' })
}

/** Read at a time, newest first: the first ones mostly tell. */
const readAtOnce = 16

/** What history says last of one access. `settledMs`: how long ago it was written, by S3's clock. */
export type LastWord =
  | { readonly says: 'nothing' }
  /** We gave it or took it over, and it has not ended since. `links`: granted it then. */
  | { readonly says: 'ours'; readonly at: string; readonly links: readonly GrantingLink[] }
  | {
      readonly says: 'ended'
      readonly event: 'revoked' | 'released'
      readonly at: string
      readonly settledMs: number
    }

export type ListedEvent = {
  readonly folder: string
  readonly event: HistoryEvent
  readonly at: string
  readonly head: ObjectHead
}

const historyBody = z.looseObject({ principalId, permissionSetArn, links: z.array(grantingLink) })

/**
 * What history says last of the access with these ids, under any name that its principal may have had. One listing, and
 * the bodies from the newest on until one tells. With `isRecorded` the ledger says that we have it: then mostly one
 * listing, of this key's own events, is all. `untold`: the instant of a creation in the entry that is not confirmed. Where
 * history has no grant of that instant, it says nothing of this access: an end in it is of an earlier one.
 *
 * | from the newest on            | then                                                                     |
 * | ----------------------------- | ------------------------------------------------------------------------ |
 * | revoked                       | ended                                                                    |
 * | released                      | ended under this name; it may have gone on under another (a renaming)    |
 * | granted, adopted              | ours, unless it was released under this name since                       |
 */
export async function readLastWord(
  objects: ObjectStore,
  key: AssignmentKey,
  ids: AccessIds,
  { isRecorded = false, untold }: { readonly isRecorded?: boolean; readonly untold?: string | undefined } = {},
): Promise<LastWord> {
  const own = historyFolder(key)
  if (isRecorded) {
    const told = await listNewestFirst(objects, [own])
    const [newest] = told
    if (newest === undefined) return { says: 'nothing' }
    if (untold !== undefined && !told.some(({ event, at }) => event === 'granted' && at === untold))
      return { says: 'nothing' }
    if (!isEnd(newest.event)) return { says: 'ours', at: newest.at, links: [] }
  }
  const { accountId, permissionSet } = assignmentOf(key)
  const shared = `history/account%${accountId}%${permissionSet}%`
  const events = await listNewestFirst(objects, own.startsWith(shared) ? [shared] : [shared, own])
  const released = new Set<string>()
  let end: LastWord = { says: 'nothing' }
  for (let from = 0; from < events.length; from += readAtOnce) {
    const read = await Promise.all(events.slice(from, from + readAtOnce).map((event) => readEvent(objects, event, ids)))
    for (const found of read) {
      if (found === undefined) continue
      const { folder, event, at, links, settledMs } = found
      if (isEnd(event)) {
        if (end.says === 'nothing') end = { says: 'ended', event, at, settledMs }
        if (event === 'revoked') return end
        released.add(folder)
      } else if (!released.has(folder)) return { says: 'ours', at, links }
    }
  }
  return end
}

export function isEnd(event: HistoryEvent): event is 'revoked' | 'released' {
  return event === 'revoked' || event === 'released'
}

/** By S3's clock, since those of our processes may differ; within one of its seconds by the instant of the event. */
async function listNewestFirst(objects: ObjectStore, prefixes: readonly string[]): Promise<readonly ListedEvent[]> {
  const found: ListedEvent[] = []
  for (const prefix of prefixes) for await (const head of objects.list(prefix)) found.push(...parseEvent(head))
  return found.sort(compareNewestFirst)
}

export function compareNewestFirst(a: ListedEvent, b: ListedEvent): number {
  const timeOf = ({ head }: ListedEvent) => head.lastModified.getTime()
  const atOf = ({ at }: ListedEvent) => Date.parse(at)
  // At one instant it ended first: it is recorded as gone in the moment in which it is given again.
  const rankOf = ({ event }: ListedEvent) => (isEnd(event) ? 1 : 0)
  return timeOf(b) - timeOf(a) || atOf(b) - atOf(a) || rankOf(a) - rankOf(b)
}

/** The last event of each assignment, by its folder, from one listing of all history. */
export async function listLastEvents(objects: ObjectStore): Promise<ReadonlyMap<string, ListedEvent>> {
  const last = new Map<string, ListedEvent>()
  for await (const event of listAllHistory(objects, undefined)) {
    const known = last.get(event.folder)
    if (known === undefined || compareNewestFirst(event, known) < 0) last.set(event.folder, event)
  }
  return last
}

/** One or none. */
export function parseEvent(head: ObjectHead): ListedEvent[] {
  const end = head.key.lastIndexOf('/') + 1
  const [at = '', name = ''] = head.key.slice(end).split('%')
  const event = historyEvents.find((known) => `${known}.json` === name)
  return event === undefined ? [] : [{ folder: head.key.slice(0, end), event, at, head }]
}

/** `undefined`: it is not of this access, or nobody can read it. */
async function readEvent(objects: ObjectStore, listed: ListedEvent, ids: AccessIds) {
  const stored = await spoiledAsAbsent(new JsonRecord(objects, listed.head.key, historyBody).read())
  if (!stored || !isSameAccess(stored.value, ids)) return undefined
  const { servedAt, lastModified } = stored.object
  const settledMs = servedAt.getTime() - lastModified.getTime()
  return { ...listed, links: stored.value.links, settledMs }
}

/** The events of an assignment, ascending by instant: one listing. */
export async function listHistory(
  objects: ObjectStore,
  key: AssignmentKey,
): Promise<readonly { readonly at: string; readonly event: HistoryEvent }[]> {
  const heads = await Array.fromAsync(objects.list(historyFolder(key)))
  return heads.flatMap((head) => parseEvent(head).map(({ at, event }) => ({ at, event })))
}

const wholeBody = historyBody.extend({ assignment: assignmentKey, confirmedAt: z.iso.datetime() })

/** An event of an assignment as history has it. `confirmedAt`: when it was known to have taken effect. */
export type ToldEvent = Pick<ListedEvent, 'folder' | 'event' | 'at'> & z.infer<typeof wholeBody>

/** The events of all assignments of an account, or of all accounts, from the listing alone, in no useful order. */
export async function* listAllHistory(
  objects: ObjectStore,
  account: AccountId | undefined,
): AsyncGenerator<ListedEvent> {
  for (const prefix of [`history/account%${account === undefined ? '' : `${account}%`}`, 'history/too-long/'])
    for await (const head of objects.list(prefix)) yield* parseEvent(head)
}

/** `undefined`: nobody can read it. */
export async function readHistoryEvent(
  objects: ObjectStore,
  { folder, event, at, head }: ListedEvent,
): Promise<ToldEvent | undefined> {
  const stored = await spoiledAsAbsent(new JsonRecord(objects, head.key, wholeBody).read())
  return stored && { folder, event, at, ...stored.value }
}

/**
 * The assignment key without the suffix of links: here it is a folder. Its name may not have a `/`. Where the keys in it
 * would be longer than S3 allows, its hash; the objects name the assignment.
 */
export function historyFolder(key: AssignmentKey): string {
  const { accountId, permissionSet, principal, type } = assignmentOf(key)
  const folder = `history/account%${accountId}%${permissionSet}%${renderNameInKey(principal)}%${type}/`
  if (Buffer.byteLength(folder) <= folderMostBytes) return folder
  return `history/too-long/${createHash('sha256').update(key).digest('hex')}/`
}

/** What history says last of a permission set of ours; `undefined`: nothing. `arn`: where it has one. */
export async function readPermissionSetWord(
  objects: ObjectStore,
  name: PermissionSetName,
): Promise<{ readonly event: string; readonly at: string; readonly arn?: PermissionSetArn | undefined } | undefined> {
  const heads = await Array.fromAsync(objects.list(`${permissionSetFolders}${name}/`))
  const told = heads.sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime() || (a.key < b.key ? 1 : -1))
  for (const { key } of told) {
    const stored = await spoiledAsAbsent(new JsonRecord(objects, key, permissionSetBody).read())
    if (stored) return stored.value
  }
  return undefined
}

/** The permission sets that history tells of. */
export async function listToldPermissionSets(objects: ObjectStore): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for await (const { key } of objects.list(permissionSetFolders))
    names.add(key.slice(permissionSetFolders.length, key.lastIndexOf('/')))
  return names
}
