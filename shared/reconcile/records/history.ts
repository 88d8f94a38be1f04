import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { AccountId } from '../../domain/account-id.ts'
import { type AssignmentKey, assignmentKey, assignmentOf } from '../../domain/assignment.ts'
import {
  type PermissionSetArn,
  type PrincipalId,
  permissionSetArn,
  principalId,
} from '../../domain/identity-center-ids.ts'
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
import { spoiledAsAbsent } from './stored-json.ts'
import { type EventSubject, shortNameOf, type ToldOnce, tellEvent } from './tell-event.ts'

/** S3 allows 1,024 bytes (S3 User Guide, "Naming Amazon S3 objects"); the instant and the event need 40. */
const folderMostBytes = 1024 - 40

const permissionSetFolders = 'history/permission-set%'
const permissionSetBody = z.looseObject({ event: z.string(), at: z.string(), arn: permissionSetArn.optional() })

/** Whether access is ours is decided by these. */
const ownEvents = ['granted', 'adopted', 'revoked', 'released', 'replaced'] as const
const ends = ['revoked', 'released'] as const
type End = (typeof ends)[number]

/**
 * | event                           | means                                                                            |
 * | ------------------------------- | -------------------------------------------------------------------------------- |
 * | `granted`, `adopted`            | it is there, and ours                                                            |
 * | `revoked`                       | it is gone                                                                       |
 * | `released`                      | it is not ours any more under this name                                          |
 * | `replaced`                      | either of these, while the name stands for another id that has the access        |
 * | `terms-changed`                 | other links grant it, until another instant, for another reason or ticket        |
 * | `held`                          | the brake holds its revocation: it is still there                                |
 * | `foreign-found`, `foreign-gone` | somebody else gave it, took it away                                              |
 */
const historyEvents = [...ownEvents, 'terms-changed', 'held', 'foreign-found', 'foreign-gone'] as const
export type HistoryEvent = (typeof historyEvents)[number]
type OwnEvent = (typeof ownEvents)[number]

export type HistoryRecord = {
  readonly key: AssignmentKey
  readonly event: HistoryEvent
  /** The instant of the call, from the ledger entry, so that a repeated run writes the same key. */
  readonly at: string
  readonly access: AccessIds & Pick<Access, 'links' | 'call' | 'grantedAt'>
  readonly confirmedAt: string
  /** With `replaced`: how it ended, and the id that has the access under this name now. */
  readonly replaced?: { readonly ended: End; readonly replacedBy: PrincipalId }
  /** Why the brake holds it. */
  readonly reason?: string | undefined
  /** Only the name changed: the access goes on. */
  readonly isRenaming?: boolean | undefined
}

export function recordHistory(objects: ObjectStore, record: HistoryRecord): Promise<void> {
  const { key, event, at, access, confirmedAt, replaced, reason, isRenaming } = record
  const { principalId: id, permissionSetArn: arn, links, call } = access
  const ids = { principalId: id, permissionSetArn: arn }
  // In force since: the ledger says the same. A renaming does not change it.
  const grantedAt = access.grantedAt ?? (event === 'granted' ? confirmedAt : undefined)
  const body = {
    assignment: key,
    confirmedAt,
    grantedAt,
    ...ids,
    requestId: call?.id,
    ...replaced,
    reason,
    isRenaming,
    links,
  }
  return tellEvent(objects, subjectOf(key), { event, at, body })
}

/** `at` is from the record, so that a repeated run writes the same key. */
export function recordPermissionSetHistory(
  objects: ObjectStore,
  name: PermissionSetName,
  { event, at, body }: ToldOnce<PermissionSetEvent>,
): Promise<void> {
  const subject = { folder: `${permissionSetFolders}${name}/`, name }
  return tellEvent(objects, subject, { event, named: `permission-set-${event}`, at, body })
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
      readonly event: End
      readonly at: string
      readonly settledMs: number
    }

export type ListedEvent = {
  readonly folder: string
  readonly event: HistoryEvent
  readonly at: string
  readonly head: ObjectHead
}

const historyBody = z.looseObject({
  principalId,
  permissionSetArn,
  links: z.array(grantingLink),
  grantedAt: z.string().optional(),
  ended: z.enum(ends).optional(),
  isRenaming: z.boolean().optional(),
})

/**
 * What history says last of the access with these ids, under any name that its principal may have had. One listing, and
 * the bodies from the newest on until one tells. `recorded`: the ledger says that we have it, since `at`. Then mostly one
 * listing is all: the newest event under this name began it at that very instant. A creation that is not confirmed yet
 * may have come after an end in history: where history has no grant of its instant, it says nothing of this access.
 *
 * | from the newest on     | then                                                                              |
 * | ---------------------- | --------------------------------------------------------------------------------- |
 * | a move to another name | the next: the access goes on, and a process that stood still may tell a move late |
 * | revoked, released      | ended                                                                             |
 * | granted, adopted       | ours                                                                              |
 */
export async function readLastWord(
  objects: ObjectStore,
  key: AssignmentKey,
  ids: AccessIds,
  recorded?: { readonly at: string | undefined; readonly isConfirmed: boolean },
): Promise<LastWord> {
  const own = historyFolder(key)
  if (recorded) {
    const told = await listNewestFirst(objects, [own])
    const [newest] = told
    if (newest === undefined) return { says: 'nothing' }
    if (!recorded.isConfirmed && !told.some(({ event, at }) => event === 'granted' && at === recorded.at))
      return { says: 'nothing' }
    const isAlone = told.every((other) => other === newest || secondOf(other) !== secondOf(newest))
    if (isAlone && !isEnd(newest.event) && newest.at === recorded.at) return { says: 'ours', at: newest.at, links: [] }
  }
  const { accountId, permissionSet } = assignmentOf(key)
  const shared = `history/account%${accountId}%${permissionSet}%`
  const events = await listNewestFirst(objects, own.startsWith(shared) ? [shared] : [shared, own])
  let end: Extract<LastWord, { says: 'ended' }> | undefined
  for await (const { event, at, links, settledMs, isRenaming } of readNewestFirst(objects, events, ids)) {
    if (isRenaming) continue
    // Earlier versions did not mark a move: both of its events have one instant.
    if (end && !(end.event === 'released' && event === 'adopted' && at === end.at)) return end
    if (!isEnd(event)) return { says: 'ours', at, links }
    end = { says: 'ended', event, at, settledMs }
  }
  return end ?? { says: 'nothing' }
}

/** Whether history says under this very name that this access is there, and ours. */
export async function isToldUnder(objects: ObjectStore, key: AssignmentKey, ids: AccessIds): Promise<boolean> {
  const events = await listNewestFirst(objects, [historyFolder(key)])
  for await (const { event } of readNewestFirst(objects, events, ids)) return !isEnd(event)
  return false
}

/** It ended under its name. */
export function isEnd<E extends HistoryEvent>(event: E): event is Extract<E, End | 'replaced'> {
  return event === 'replaced' || ends.some((end) => end === event)
}

/** Whether it began to be ours under its name. */
export function isBeginning(event: HistoryEvent): event is 'granted' | 'adopted' {
  return event === 'granted' || event === 'adopted'
}

type OwnListedEvent = ListedEvent & { readonly event: OwnEvent }
const isOwn = (listed: ListedEvent): listed is OwnListedEvent => ownEvents.some((own) => own === listed.event)

/** By S3's clock, since those of our processes may differ; within one of its seconds by the instants of the events. */
async function listNewestFirst(objects: ObjectStore, prefixes: readonly string[]): Promise<readonly OwnListedEvent[]> {
  const found: OwnListedEvent[] = []
  for (const prefix of prefixes)
    for await (const head of objects.list(prefix)) found.push(...parseEvent(head).filter(isOwn))
  return found.sort(compareNewestFirst)
}

function compareNewestFirst(a: ListedEvent, b: ListedEvent): number {
  const atOf = ({ at }: ListedEvent) => Date.parse(at)
  // At one instant it ended first: it is recorded as gone in the moment in which it is given again.
  const rankOf = ({ event }: ListedEvent) => (isEnd(event) ? 1 : 0)
  return secondOf(b) - secondOf(a) || atOf(b) - atOf(a) || rankOf(a) - rankOf(b)
}

/** S3 dates objects in whole seconds. */
function secondOf({ head }: ListedEvent): number {
  return head.lastModified.getTime()
}

/** The events of this access, newest first. A portion is read at a time: the first ones mostly tell. */
async function* readNewestFirst(objects: ObjectStore, events: readonly OwnListedEvent[], ids: AccessIds) {
  const seconds = [...Map.groupBy(events, secondOf).values()]
  while (seconds.length > 0) {
    const portion: OwnListedEvent[][] = []
    do portion.push(...seconds.splice(0, 1))
    while (seconds.length > 0 && portion.flat().length < readAtOnce)
    const read = await Promise.all(portion.flat().map((event) => readEvent(objects, event, ids)))
    const found = Map.groupBy(
      read.filter((event) => event !== undefined),
      ({ second }) => second,
    )
    for (const second of found.values()) yield* orderSecond(second)
  }
}

/**
 * Newest first: what has not ended, then the ends, then what they ended. An end says since when it had been granted. The
 * instants of events say less: they are by the clocks of several machines, which may differ by minutes.
 */
function orderSecond(found: readonly ReadEvent[]): readonly ReadEvent[] {
  const isOf = (end: ReadEvent, { folder, grantedAt }: ReadEvent) =>
    isEnd(end.event) && end.folder === folder && end.grantedAt === grantedAt
  const rankOf = (one: ReadEvent) => (isEnd(one.event) ? 1 : found.some((end) => isOf(end, one)) ? 2 : 0)
  return found.toSorted((a, b) => rankOf(a) - rankOf(b) || Date.parse(b.at) - Date.parse(a.at))
}

/**
 * How each assignment began or ended last, by its folder, from one listing of all history. What was replaced is no end of it:
 * the access is there, of another id.
 */
export async function listLastEvents(objects: ObjectStore): Promise<ReadonlyMap<string, ListedEvent>> {
  const last = new Map<string, ListedEvent>()
  for await (const event of listAllHistory(objects, undefined)) {
    if (!isOwn(event) || event.event === 'replaced') continue
    const known = last.get(event.folder)
    if (known === undefined || compareNewestFirst(event, known) < 0) last.set(event.folder, event)
  }
  return last
}

/**
 * What became of each assignment since then, by its folder, from one listing of all history. `beganAt`: when it began, where it
 * was not there before, by S3's clock. Of two events of one second, and where another id took its place, it was.
 */
export async function listStoriesSince(
  objects: ObjectStore,
  since: Date,
): Promise<ReadonlyMap<string, { readonly last: ListedEvent; readonly beganAt: Date | undefined }>> {
  const events: OwnListedEvent[] = []
  for await (const event of listAllHistory(objects, undefined))
    if (isOwn(event) && event.head.lastModified >= since) events.push(event)
  const told = [...Map.groupBy(events, ({ folder }) => folder)].flatMap(([folder, all]) => {
    const ordered = all.toSorted(compareNewestFirst)
    const [last] = ordered.filter(({ event }) => event !== 'replaced')
    if (!last) return []
    const [first = last, second] = ordered.toReversed()
    const isPlain = all.every(({ event }) => event !== 'replaced') && (!second || secondOf(first) < secondOf(second))
    return [
      [folder, { last, beganAt: isPlain && isBeginning(first.event) ? first.head.lastModified : undefined }] as const,
    ]
  })
  return new Map(told)
}

/** One or none. */
export function parseEvent(head: ObjectHead): ListedEvent[] {
  const end = head.key.lastIndexOf('/') + 1
  const [at = '', name = ''] = head.key.slice(end).split('%')
  const event = historyEvents.find((known) => `${known}.json` === name)
  return event === undefined ? [] : [{ folder: head.key.slice(0, end), event, at, head }]
}

type ReadEvent = NonNullable<Awaited<ReturnType<typeof readEvent>>>

/** `undefined`: it is not of this access, or nobody can read it. */
async function readEvent(objects: ObjectStore, listed: OwnListedEvent, ids: AccessIds) {
  const stored = await spoiledAsAbsent(new JsonRecord(objects, listed.head.key, historyBody).read())
  if (!stored || !isSameAccess(stored.value, ids)) return undefined
  const { servedAt, lastModified } = stored.object
  const settledMs = servedAt.getTime() - lastModified.getTime()
  const { links, grantedAt, ended = 'revoked', isRenaming } = stored.value
  const { folder, at } = listed
  const event = listed.event === 'replaced' ? ended : listed.event
  return { folder, second: secondOf(listed), at, event, links, grantedAt, settledMs, isRenaming }
}

/** The events of an assignment, ascending by instant: one listing. */
export async function listHistory(
  objects: ObjectStore,
  key: AssignmentKey,
): Promise<readonly { readonly at: string; readonly event: HistoryEvent }[]> {
  const heads = await Array.fromAsync(objects.list(historyFolder(key)))
  return heads.flatMap((head) => parseEvent(head).map(({ at, event }) => ({ at, event })))
}

const wholeBody = historyBody.extend({
  assignment: assignmentKey,
  confirmedAt: z.iso.datetime(),
  grantedAt: z.iso.datetime().optional(),
})

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

export function historyFolder(key: AssignmentKey): string {
  return subjectOf(key).folder
}

/** What `changes/` may call an assignment. */
export function namesInChanges(key: AssignmentKey): readonly string[] {
  const { name } = subjectOf(key)
  return [name, shortNameOf(name)]
}

/**
 * In history the assignment key without the suffix of links is a folder. Its name may not have a `/`. Where the keys in it
 * would be longer than S3 allows, its hash; the objects name the assignment.
 */
function subjectOf(key: AssignmentKey): EventSubject {
  const { accountId, permissionSet, principal, type } = assignmentOf(key)
  const text = `account%${accountId}%${permissionSet}%${renderNameInKey(principal)}%${type}`
  const name = `${text}%ssofile`
  const folder = `history/${text}/`
  if (Buffer.byteLength(folder) <= folderMostBytes) return { folder, name }
  return { folder: `history/too-long/${createHash('sha256').update(key).digest('hex')}/`, name }
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
