import { parseRequestKey, requestPrefix } from '../../domain/files/access-request.ts'
import { kindAt, kinds } from '../../domain/inputs/kinds.ts'
import { linkPrefix, parseLinkAnywhere, temporaryPrefix } from '../../domain/links/link.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { endedSessionsKey } from '../../domain/sessions/ended-sessions.ts'
import { endOfRunning, type Status, status } from '../../domain/statuses/status.ts'
import { parseSuspensionKey } from '../../domain/suspensions/suspension.ts'
import type { ReadingIdentityStore } from '../../ports/identity-store.ts'
import type { FoundObject, ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import type { ObjectVersion, ObjectVersions } from '../../ports/object-versions.ts'
import type { Ports } from '../../ports/ports.ts'
import { brakeFileRecord, brakeParts } from '../../reconcile/records/brake-file.ts'
import { readRequestEnd } from '../../reconcile/records/ended-requests.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { inputOfStatus, isTooLong, statusKey, statusPrefix, tooLong } from '../../reconcile/records/status-store.ts'
import { isSpoiled, parseSaved, spoiledAsAbsent, unlessSpoiled } from '../../reconcile/records/stored-json.ts'
import { listMeantNames } from '../../reconcile/records/suspensions.ts'
import { lostSince, versionAt } from './inputs-at.ts'
import { judgeLostStatus } from './rules/judge-lost-status.ts'

/** `over`: the present object. */
export type LostStatus = { readonly status: Status; readonly over?: FoundObject | undefined }
/** The user that a suspension means, by id: `state/suspended/`. */
export type LostNote = { readonly user: PrincipalId; readonly name: PrincipalName }
export type LostBindings = {
  readonly statuses: readonly LostStatus[]
  readonly notes: readonly LostNote[]
  /** Files that were deleted with their status, and no version says which user they meant. */
  readonly unknown: readonly string[]
}

const inputPlaces = [linkPrefix, kinds.membership.at, kinds.suspension.at] as const
const statusPlaces = [...inputPlaces, tooLong].map((place) => statusPrefix + place)

/** Whether the file names a user, and its status alone says which user that name meant. */
function meansUser(input: string): boolean {
  const kind = kindAt(input)
  if (kind === kinds.suspension) return kinds.suspension.parseName(input).ok
  if (kind === kinds.membership) return kinds.membership.parseName(input).ok
  const link = kind === kinds.link && !input.startsWith(temporaryPrefix) ? parseLinkAnywhere(input) : undefined
  return link?.ok === true && link.value.type === 'USER'
}

/**
 * The lost records of the users that files mean: a user may have been renamed since, or another user may have the name now. `lostAt`: right
 * before the loss; absent: no deletion is known. Reads only.
 */
export async function findLostBindings(
  objects: ObjectStore,
  versions: ObjectVersions,
  lostAt: Date | undefined,
): Promise<LostBindings> {
  if (lostAt === undefined) return { statuses: [], notes: [], unknown: [] }
  const { kept, lost } = await listStatuses(versions, lostAt)
  const statuses: LostStatus[] = []
  const unread = new Set<string>()
  await forEachAtOnce(lost, async ({ key, versionId }) => {
    const body = await versions.get(key, versionId)
    const saved = parseSaved(body, status)
    if (saved === undefined) return void unread.add(key)
    const read = await unlessSpoiled(new JsonRecord(objects, key, status).read())
    const over = isSpoiled(read) ? read.object : read?.object
    const next = judgeLostStatus(saved, isSpoiled(read) ? undefined : read?.value)
    if (next) statuses.push({ status: next, over })
  })
  const unknown: string[] = []
  for (const place of inputPlaces)
    for await (const one of versions.list(place))
      if (meansUser(one.key) && lostSince(one, lostAt)) {
        const key = statusKey(one.key)
        if (!kept.has(key) || unread.has(key)) unknown.push(one.key)
      }
  statuses.sort((a, b) => (a.status.input < b.status.input ? -1 : 1))
  return { statuses, notes: await findLostNotes(objects, statuses), unknown: unknown.sort() }
}

/** `kept`: the keys of the statuses right before the loss. `lost`: the versions of those that were deleted since. */
async function listStatuses(versions: ObjectVersions, lostAt: Date) {
  const kept = new Set<string>()
  const lost: ObjectVersion[] = []
  for (const place of statusPlaces)
    for await (const one of versions.list(place)) {
      const input = inputOfStatus(one.key)
      if (!(isTooLong(input) || meansUser(input)) || versionAt(one, lostAt) === undefined) continue
      kept.add(one.key)
      const old = lostSince(one, lostAt)
      if (old) lost.push(old)
    }
  return { kept, lost }
}

/** The notes that the present and the restored statuses of suspensions ask for. */
async function findLostNotes(objects: ObjectStore, statuses: readonly LostStatus[]): Promise<readonly LostNote[]> {
  const meant = new Map<string, Status>()
  for await (const { key } of objects.list(statusPrefix + kinds.suspension.at)) {
    const read = await spoiledAsAbsent(new JsonRecord(objects, key, status).read())
    if (read) meant.set(key, read.value)
  }
  for (const { status } of statuses) meant.set(statusKey(status.input), status)
  const notes: LostNote[] = []
  await forEachAtOnce(meant.values(), async ({ input, principalId: user }) => {
    const name = parseSuspensionKey(input)
    if (!name.ok || user === undefined) return
    if (!(await listMeantNames(objects, user)).includes(name.value)) notes.push({ user, name: name.value })
  })
  return notes
}

type RequestSources = Pick<Ports, 'objects' | 'clock'> & {
  /** History without its deletions. */
  readonly history: ReadingObjects
  readonly identityStore: Pick<ReadingIdentityStore, 'findUser'>
}

/**
 * The requests that were granted right before the loss, whose time is not over, and whose access nothing asks for now. Only their authors
 * can ask again: an approval is about one upload. A request that somebody ended is not lost. `lostAt` absent: no deletion is known.
 * Reads only.
 */
export async function findLostRequests(
  { objects, clock, history, identityStore }: RequestSources,
  versions: ObjectVersions,
  lostAt: Date | undefined,
): Promise<readonly string[]> {
  if (lostAt === undefined) return []
  const lost: string[] = []
  for (const place of [requestPrefix, tooLong])
    await forEachAtOnce(await Array.fromAsync(versions.list(statusPrefix + place)), async (kept) => {
      const old = lostSince(kept, lostAt)
      const body = old && (await versions.get(kept.key, old.versionId))
      const saved = parseSaved(body, status)
      if (saved === undefined) return
      const source = findSource(saved, clock.now())
      if (source === undefined || (await objects.head(source)) !== undefined) return
      if (!(await isEnded(saved, { history, identityStore }))) lost.push(saved.input)
    })
  return lost.sort()
}

/**
 * Whether a person, or a fact about the requester, ended the access: the request is not lost then. S3 names its author as the person who
 * deleted it. If somebody else deleted it, that may be the loss.
 */
async function isEnded(
  { input, request }: Status,
  { history, identityStore }: Pick<RequestSources, 'history' | 'identityStore'>,
): Promise<boolean> {
  const path = parseRequestKey(input)
  const digest = request?.runs ?? request?.digest
  if (!path.ok || digest === undefined) return false
  const { userId } = path.value
  const end = await readRequestEnd(history, { user: userId, digest })
  if (end?.by !== undefined || end?.reason !== undefined) return true
  if (end?.deletedBy === undefined) return false
  const name = (await identityStore.findUser(userId))?.name
  // S3 and the API name a session by the user name, at the end.
  const { principalId: by } = end.deletedBy
  return name !== undefined && [`:${name}`, `/${name}`].some((ending) => by.endsWith(ending))
}

/** What the access that was granted comes from: its link, or the request, if it begins later. `undefined`: it is over, or is none. */
function findSource(told: Status, now: Date): string | undefined {
  const path = parseRequestKey(told.input)
  const end = endOfRunning(told)
  if (!path.ok || end === undefined || new Date(end) <= now) return undefined
  const { startsAt, runsUntil } = told.request ?? {}
  const isLater = runsUntil === undefined && startsAt !== undefined && new Date(startsAt) > now
  return isLater ? path.value.key : path.value.link.key
}

export type LostControl = { readonly key: string; readonly body: Uint8Array }

/** In this order: the brake's record names its parts. */
const places = [brakeParts.at, brakeFileRecord.at, endedSessionsKey] as const

/**
 * The counts and held lists of the brake, and the ended sessions, if they were deleted since the loss, as they were right before it. They
 * come back even if there are new ones. `lostAt` absent: no deletion is known. Reads only.
 */
export async function findLostControl(
  objects: ObjectStore,
  versions: ObjectVersions,
  lostAt: Date | undefined,
): Promise<readonly LostControl[]> {
  const lost: LostControl[] = []
  if (lostAt === undefined) return lost
  for (const place of places)
    for await (const kept of versions.list(place)) {
      const { key } = kept
      const old = lostSince(kept, lostAt)
      if (old === undefined) continue
      if (place === brakeParts.at && (await objects.head(key)) !== undefined) continue
      const body = await versions.get(key, old.versionId)
      if (body) lost.push({ key, body })
    }
  return lost
}
