import { kindAt, kinds } from '../../domain/inputs/kinds.ts'
import { linkPrefix, parseLinkAnywhere, temporaryPrefix } from '../../domain/links/link.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { type Status, status } from '../../domain/statuses/status.ts'
import { parseSuspensionKey } from '../../domain/suspensions/suspension.ts'
import type { FoundObject, ObjectStore } from '../../ports/object-store.ts'
import type { ObjectVersion, ObjectVersions } from '../../ports/object-versions.ts'
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
