import * as z from 'zod'
import {
  type AccessId,
  type AccessKey,
  type AssignmentKey,
  accessOf,
  assignmentKey,
} from '../../domain/assignments/assignment.ts'
import { entitlementKey, type RoleArn, roleArn } from '../../domain/assignments/entitlement.ts'
import { type Access, type GrantingLink, grantingLink } from '../../domain/assignments/ledger-entry.ts'
import { type Author, author } from '../../domain/by-hand/author.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { type PermissionSetArn, permissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from './json-record.ts'
import { renderNameInKey } from './name-in-key.ts'
import type { PermissionSetEvent } from './owned-permission-sets.ts'
import { spoiledAsAbsent } from './stored-json.ts'
import { type EventSubject, type ToldOnce, tellEvent } from './tell-event.ts'

const permissionSetFolders = 'history/permission-set%'
const permissionSetBody = z.looseObject({ event: z.string(), at: z.string(), arn: permissionSetArn.optional() })

/** These events decide whether access is ours. */
const ownEvents = ['granted', 'adopted', 'revoked', 'released'] as const
const ends = ['revoked', 'released'] as const
const beginnings = ['granted', 'adopted'] as const
type End = (typeof ends)[number]

/**
 * | event                           | means                                                                            |
 * | ------------------------------- | -------------------------------------------------------------------------------- |
 * | `granted`, `adopted`            | it is there, and ours                                                            |
 * | `revoked`                       | it is gone                                                                       |
 * | `released`                      | it is no longer ours                                                             |
 * | `terms-changed`                 | its links, or their expiry, reason, ticket or owner changed                      |
 * | `held`                          | the brake holds its revocation: it is still there                                |
 * | `foreign-found`, `foreign-gone` | someone else granted it, or took it away                                         |
 */
export const historyEvents = [...ownEvents, 'terms-changed', 'held', 'foreign-found', 'foreign-gone'] as const
export type HistoryEvent = (typeof historyEvents)[number]

export type HistoryRecord = {
  readonly key: AccessKey
  readonly event: HistoryEvent
  /** The instant of the call, from the ledger entry, so that a replay writes the same key. */
  readonly at: string
  readonly access: Pick<Access, 'principal' | 'links'> &
    (Pick<Access, 'permissionSetArn'> | { readonly roleArn: RoleArn }) &
    Partial<Pick<Access, 'call' | 'grantedAt'>>
  readonly confirmedAt: string
  /** Why the brake holds it, or why it is reported loudly. */
  readonly reason?: string | undefined
  /** The author, if ssofile did not do it. Absent: ssofile did, or the author is unknown. */
  readonly by?: Author | undefined
}

export function recordHistory(objects: ObjectStore, record: HistoryRecord): Promise<void> {
  const { key, event, at, access, confirmedAt, reason, by } = record
  const { principal, links, call } = access
  const body = {
    assignment: key,
    principal,
    confirmedAt,
    // When the access began; the ledger has the same instant.
    grantedAt: access.grantedAt ?? (event === 'granted' ? confirmedAt : undefined),
    ...('roleArn' in access ? { roleArn: access.roleArn } : { permissionSetArn: access.permissionSetArn }),
    requestId: call?.id,
    reason,
    by,
    links,
  }
  const subject = { folder: historyFolder(key), name: nameInChanges(accessOf(key), principal), id: key }
  return tellEvent(objects, subject, { event, at, body, by, reason })
}

export function permissionSetSubject(name: PermissionSetName): EventSubject {
  return { folder: `${permissionSetFolders}${name}/`, name }
}

/** `at` comes from the record, so that a replay writes the same key. */
export function recordPermissionSetHistory(
  objects: ObjectStore,
  name: PermissionSetName,
  { event, at, body, by }: ToldOnce<PermissionSetEvent>,
): Promise<void> {
  return tellEvent(objects, permissionSetSubject(name), { event, named: `permission-set-${event}`, at, body, by })
}

/** How many events to read at once, newest first: the first ones usually decide. */
const readAtOnce = 16

/** The last state of one access in history. `ageMs`: how long ago that event was written, by S3's clock. */
export type LastWord =
  | { readonly says: 'nothing' }
  /** We granted it or took it over, and it has not ended. `links`: the links that granted it then. */
  | { readonly says: 'ours'; readonly at: string; readonly links: readonly GrantingLink[] }
  | {
      readonly says: 'ended'
      readonly event: End
      readonly at: string
      readonly ageMs: number
    }

export type ListedEvent = {
  readonly folder: string
  readonly event: HistoryEvent
  readonly at: string
  readonly head: ObjectHead
}

const historyBody = z.looseObject({
  links: z.array(grantingLink),
  grantedAt: z.string().optional(),
})

/**
 * Finds the last state of one access in history: one listing, then the bodies from the newest on until one decides. `recorded`:
 * the ledger says that we have it, since `at`. Then the listing usually suffices: the newest event began it at that instant. An
 * unconfirmed creation may be newer than an end in history: if history has no grant of its instant, history says nothing about
 * it.
 *
 * | the newest             | then  |
 * | ---------------------- | ----- |
 * | revoked, released      | ended |
 * | granted, adopted       | ours  |
 */
export async function readLastWord(
  objects: ObjectStore,
  key: AssignmentKey,
  recorded?: { readonly at: string | undefined; readonly isConfirmed: boolean },
): Promise<LastWord> {
  const told = await listNewestFirst(objects, key)
  if (recorded) {
    const [newest] = told
    if (newest === undefined) return { says: 'nothing' }
    if (!recorded.isConfirmed && !told.some(({ event, at }) => event === 'granted' && at === recorded.at))
      return { says: 'nothing' }
    const isAlone = told.every((other) => other === newest || secondOf(other) !== secondOf(newest))
    if (isAlone && !isEnd(newest.event) && newest.at === recorded.at) return { says: 'ours', at: newest.at, links: [] }
  }
  for await (const { event, at, links, ageMs } of readNewestFirst(objects, told))
    return isEnd(event) ? { says: 'ended', event, at, ageMs } : { says: 'ours', at, links }
  return { says: 'nothing' }
}

export function isEnd<E extends HistoryEvent>(event: E): event is Extract<E, End> {
  return ends.some((end) => end === event)
}

export function isBeginning(event: HistoryEvent): event is (typeof beginnings)[number] {
  return beginnings.some((beginning) => beginning === event)
}

type OwnListedEvent = ListedEvent & { readonly event: (typeof ownEvents)[number] }
const isOwn = (listed: ListedEvent): listed is OwnListedEvent => ownEvents.some((own) => own === listed.event)

/**
 * Lists our own events, the newest first: by S3's clock, because our processes' clocks may differ, and within one of its seconds by the
 * instants of the events.
 */
async function listNewestFirst(objects: ObjectStore, key: AssignmentKey): Promise<readonly OwnListedEvent[]> {
  return (await Array.fromAsync(listOwnHistory(objects, `${key}/`))).sort(compareNewestFirst)
}

/** Beginnings and ends of our own access under all keys with this start, from the listing alone. */
export async function* listOwnHistory(objects: ObjectStore, start: string): AsyncGenerator<OwnListedEvent> {
  for await (const head of objects.list(`history/${start}`)) yield* parseEvent(head).filter(isOwn)
}

export function compareNewestFirst(a: ListedEvent, b: ListedEvent): number {
  const atOf = ({ at }: ListedEvent) => Date.parse(at)
  // At one instant the end comes first: access is recorded as gone at the moment when it is granted again.
  const rankOf = ({ event }: ListedEvent) => (isEnd(event) ? 1 : 0)
  return secondOf(b) - secondOf(a) || atOf(b) - atOf(a) || rankOf(a) - rankOf(b)
}

/** S3 dates objects in whole seconds. */
function secondOf({ head }: Pick<ListedEvent, 'head'>): number {
  return head.lastModified.getTime()
}

/** The events of this access, newest first. Reads a portion at a time, because the first ones usually decide. */
async function* readNewestFirst(objects: ObjectStore, events: readonly OwnListedEvent[]) {
  const seconds = [...Map.groupBy(events, secondOf).values()]
  while (seconds.length > 0) {
    const portion: OwnListedEvent[][] = []
    do portion.push(...seconds.splice(0, 1))
    while (seconds.length > 0 && portion.flat().length < readAtOnce)
    const read = await Promise.all(portion.flat().map((event) => readEvent(objects, event)))
    const found = Map.groupBy(
      read.filter((event) => event !== undefined),
      ({ second }) => second,
    )
    for (const second of found.values()) yield* orderSecond(second)
  }
}

/**
 * Newest first: access that has not ended, then the ends, then the beginnings of these ends. An end names the instant of its
 * grant. The instants of events are less reliable: they come from several machines, whose clocks may differ by minutes.
 */
function orderSecond(found: readonly ReadEvent[]): readonly ReadEvent[] {
  const isOf = (end: ReadEvent, { grantedAt }: ReadEvent) => isEnd(end.event) && end.grantedAt === grantedAt
  const rankOf = (one: ReadEvent) => (isEnd(one.event) ? 1 : found.some((end) => isOf(end, one)) ? 2 : 0)
  return found.toSorted((a, b) => rankOf(a) - rankOf(b) || Date.parse(b.at) - Date.parse(a.at))
}

/** The last beginning or end of each assignment, by its folder, from one listing of all history. */
export async function listLastEvents(objects: ObjectStore): Promise<ReadonlyMap<string, ListedEvent>> {
  const last = new Map<string, ListedEvent>()
  for await (const event of listAllHistory(objects, undefined)) {
    if (!isOwn(event)) continue
    const known = last.get(event.folder)
    if (known === undefined || compareNewestFirst(event, known) < 0) last.set(event.folder, event)
  }
  return last
}

/**
 * The story of each assignment since then, by its folder, from one listing of all history. `beganAt`: when it began, by S3's
 * clock, if it did not exist before. If its first two events share a second, it counts as older.
 */
export async function listStoriesSince(
  objects: ObjectStore,
  since: Date,
): Promise<ReadonlyMap<string, Story<OwnListedEvent>>> {
  const events: OwnListedEvent[] = []
  for await (const event of listAllHistory(objects, undefined))
    if (isOwn(event) && event.head.lastModified >= since) events.push(event)
  return joinStories(events, compareNewestFirst, ({ event }) => isBeginning(event))
}

type StoryEvent = { readonly folder: string; readonly head: ObjectHead }
/** The story of something. `beganAt`: when it began, by S3's clock, if the events include the beginning. */
export type Story<E extends StoryEvent> = { readonly last: E; readonly beganAt: Date | undefined }

/** Joins the events of each folder into one story. If the first two share a second, it is unknown which one began it. */
export function joinStories<E extends StoryEvent>(
  events: readonly E[],
  newestFirst: (a: E, b: E) => number,
  begins: (event: E) => boolean,
): ReadonlyMap<string, Story<E>> {
  const told = [...Map.groupBy(events, ({ folder }) => folder)].flatMap(([folder, all]) => {
    const ordered = all.toSorted(newestFirst)
    const [last] = ordered
    if (!last) return []
    const [first = last, second] = ordered.toReversed()
    const isPlain = !second || secondOf(first) < secondOf(second)
    return [[folder, { last, beganAt: isPlain && begins(first) ? first.head.lastModified : undefined }] as const]
  })
  return new Map(told)
}

export function parseEvent(head: ObjectHead): ListedEvent[] {
  const end = head.key.lastIndexOf('/') + 1
  const [at = '', name = ''] = head.key.slice(end).split('%')
  const event = historyEvents.find((known) => `${known}.json` === name)
  return event === undefined ? [] : [{ folder: head.key.slice(0, end), event, at, head }]
}

type ReadEvent = NonNullable<Awaited<ReturnType<typeof readEvent>>>

/** `undefined`: it cannot be read. */
async function readEvent(objects: ObjectStore, listed: OwnListedEvent) {
  const stored = await spoiledAsAbsent(new JsonRecord(objects, listed.head.key, historyBody).read())
  if (!stored) return undefined
  const { servedAt, lastModified } = stored.object
  const ageMs = servedAt.getTime() - lastModified.getTime()
  const { links, grantedAt } = stored.value
  const { at, event } = listed
  return { second: secondOf(listed), at, event, links, grantedAt, ageMs }
}

/** The links that granted the access by its last own event. One listing, and one body. */
export async function readLastLinks(objects: ObjectStore, key: AssignmentKey): Promise<readonly GrantingLink[]> {
  for await (const { links } of readNewestFirst(objects, await listNewestFirst(objects, key))) return links
  return []
}

/** When history last says that access, of ssofile or of others, was gone. `undefined`: it does not say so. */
export async function readLastGone(objects: ObjectStore, key: AccessKey): Promise<string | undefined> {
  const told = await listHistory(objects, key)
  return told.findLast(({ event }) => event === 'revoked' || event === 'foreign-gone')?.at
}

/** The events of an access, ascending by instant: one listing. */
export async function listHistory(
  objects: ObjectStore,
  key: AccessKey,
): Promise<readonly { readonly at: string; readonly event: HistoryEvent }[]> {
  const heads = await Array.fromAsync(objects.list(historyFolder(key)))
  return heads.flatMap((head) => parseEvent(head).map(({ at, event }) => ({ at, event })))
}

const common = {
  links: z.array(grantingLink),
  principal: principalName,
  confirmedAt: z.iso.datetime(),
  grantedAt: z.iso.datetime().optional(),
  by: author.optional().catch(undefined),
}
const wholeBody = z.union([
  z.object({ ...common, assignment: assignmentKey, permissionSetArn }),
  z.object({ ...common, assignment: entitlementKey, roleArn }),
])

/** An event of an assignment or an entitlement in history. `confirmedAt`: when its effect was known. */
export type ToldEvent = Pick<ListedEvent, 'folder' | 'event' | 'at'> & z.infer<typeof wholeBody>

/** The events of all assignments of an account, or of all accounts, from the listing alone, in no useful order. */
export async function* listAllHistory(
  objects: ObjectStore,
  account: AccountId | undefined,
): AsyncGenerator<ListedEvent> {
  const prefix = `history/account%${account === undefined ? '' : `${account}%`}`
  for await (const head of objects.list(prefix)) yield* parseEvent(head)
}

/** `undefined`: it cannot be read. */
export async function readHistoryEvent(
  objects: ObjectStore,
  { folder, event, at, head }: ListedEvent,
): Promise<ToldEvent | undefined> {
  const stored = await spoiledAsAbsent(new JsonRecord(objects, head.key, wholeBody).read())
  return stored && { folder, event, at, ...stored.value }
}

export function historyFolder(key: AccessKey): string {
  return `history/${key}/`
}

/** The name of an access in `changes/`, with its principal's name at that time. */
export function nameInChanges(id: AccessId, principal: PrincipalName): string {
  const { accountId, permissionSet, type } = id
  return `account%${accountId}%${permissionSet}%${renderNameInKey(principal)}%${type}%ssofile`
}

/** The last event of our permission set in history; `undefined`: none. `arn`: if the event has one. */
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

/** The permission sets with events in history. */
export async function listToldPermissionSets(objects: ObjectStore): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for await (const { key } of objects.list(permissionSetFolders))
    names.add(key.slice(permissionSetFolders.length, key.lastIndexOf('/')))
  return names
}
