import pLimit from 'p-limit'
import {
  ownedPerson,
  ownedPersonPrefix,
  parseEndReason,
  parsePersonFile,
  parsePersonKey,
} from '../../domain/files/person-file.ts'
import { nameInReviewKey } from '../../domain/files/review-file.ts'
import { kindAt, kinds } from '../../domain/inputs/kinds.ts'
import { isFolderMarker } from '../../domain/links/link.ts'
import { suspensionKey } from '../../domain/suspensions/suspension.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { KeyVersions, ObjectVersion, ObjectVersions } from '../../ports/object-versions.ts'
import { findReview } from '../../reconcile/records/deletion-notes.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce, listHeads } from '../../reconcile/records/list-heads.ts'
import { readParsedInput } from '../../reconcile/records/read-input.ts'
import { isSpoiled, unlessSpoiled } from '../../reconcile/records/stored-json.ts'
import { readRun } from '../reviews/review-records.ts'
import { isRunning } from '../reviews/rules/review-record.ts'
import { givesAccessBack } from './rules/judge-return.ts'

/** `over`: the present object. `deletedAt`: since when there is none. */
export type OldInput = {
  readonly key: string
  readonly body: Uint8Array
  readonly over?: ObjectHead
  readonly deletedAt?: Date | undefined
}
export type InputChangesBack = {
  readonly uploads: readonly OldInput[]
  /** Earlier files of people that would give access back to somebody whose time is over or limited. */
  readonly returns: readonly OldInput[]
  /** Files that a review deleted, and files of reviews that run. */
  readonly ofReviews: readonly { readonly key: string; readonly review: string }[]
  /** Objects that were uploaded since. */
  readonly deletions: readonly ObjectHead[]
  readonly same: readonly ObjectHead[]
  /** Objects written since while the bucket kept no versions: what they were at the instant is lost. */
  readonly unversioned: readonly ObjectHead[]
}

/**
 * The writes and deletions that bring the inputs in these places back to their state at `at`. Reads only. A suspension may
 * return but never goes, not even one that ssofile wrote: an earlier state frees nobody. An earlier state neither gives back what a review
 * ended, nor ends a review.
 */
export async function findInputsAt(
  objects: ObjectStore,
  versions: ObjectVersions,
  { places, at }: { readonly places: readonly string[]; readonly at: Date },
): Promise<InputChangesBack> {
  const found = await pLimit(1).map(places, (place) => findPlaceAt(objects, versions, place, at))
  const all = found.flatMap(({ uploads }) => uploads)
  const freeing = new Set<string>()
  await forEachAtOnce(all, async (one) => {
    if (await isReturn(objects, one)) freeing.add(one.key)
  })
  const deletions = found.flatMap(({ deletions }) => deletions).filter(({ key }) => kindAt(key) !== kinds.suspension)
  const running = new Map<string, string>()
  await forEachAtOnce(deletions, async ({ key }) => {
    if (await isOfRunningReview(objects, key)) running.set(key, nameInReviewKey(key))
  })
  return {
    uploads: all.filter(({ key }) => !freeing.has(key)),
    returns: all.filter(({ key }) => freeing.has(key)),
    ofReviews: [...found.flatMap(({ ended }) => ended), ...Array.from(running, ([key, review]) => ({ key, review }))],
    deletions: deletions.filter(({ key }) => !running.has(key)),
    same: found.flatMap(({ same }) => same),
    unversioned: found.flatMap(({ unversioned }) => unversioned),
  }
}

async function isReturn(objects: ObjectStore, { key, body }: OldInput): Promise<boolean> {
  const name = kindAt(key) === kinds.person ? parsePersonKey(key) : undefined
  if (!name?.ok) return false
  const read = await unlessSpoiled(new JsonRecord(objects, ownedPersonPrefix + name.value, ownedPerson).read())
  const suspension = await readParsedInput(objects, suspensionKey(name.value), kinds.suspension)
  const file = parsePersonFile(key, body)
  return givesAccessBack({
    entry: isSpoiled(read) ? 'spoiled' : read?.value,
    isSuspended: suspension?.file.ok === true && parseEndReason(suspension.file.value.reason) === key,
    endsAt: file.ok ? file.value.endsAt : undefined,
  })
}

async function isOfRunningReview(objects: ObjectStore, key: string): Promise<boolean> {
  if (kindAt(key) !== kinds.review) return false
  const run = await unlessSpoiled(readRun(objects, nameInReviewKey(key)))
  return isSpoiled(run) || isRunning(run?.phase)
}

/** The review that deleted the file as it was last. `undefined`: it is there, or somebody else deleted it. */
export async function findEndingReview(objects: ObjectStore, kept: KeyVersions): Promise<string | undefined> {
  const [last] = kept.versions
  if (last === undefined || kept.deletedAt === undefined) return undefined
  return findReview(objects, { key: kept.key, etag: last.etag, lastModified: renderInstant(last.lastModified) })
}

type PlaceAt = Omit<InputChangesBack, 'returns' | 'ofReviews'> & { readonly ended: InputChangesBack['ofReviews'] }

async function findPlaceAt(objects: ObjectStore, versions: ObjectVersions, place: string, at: Date): Promise<PlaceAt> {
  const present = await listHeads(objects, place)
  const all = (await Array.fromAsync(versions.list(place))).filter(({ key }) => !isFolderMarker(key))
  const uploads: OldInput[] = []
  const deletions: ObjectHead[] = []
  const same: ObjectHead[] = []
  const ended: { readonly key: string; readonly review: string }[] = []
  const unversioned = all.flatMap(({ versions }) =>
    versions.filter((one) => isUnversioned(one) && one.lastModified > at),
  )
  await forEachAtOnce(all, async (kept) => {
    const { key } = kept
    const over = present.get(key)
    const old = versionAt(kept, at)
    if (old?.isLatest || (over && old && over.etag === old.etag)) same.push(...(over ? [over] : []))
    else if (old) {
      const review = await findEndingReview(objects, kept)
      if (review !== undefined) {
        ended.push({ key, review })
        return
      }
      const body = await versions.get(key, old.versionId)
      if (body) uploads.push({ key, body, over, deletedAt: kept.deletedAt })
    } else if (over) deletions.push(over)
  })
  const byKey = (a: { readonly key: string }, b: { readonly key: string }) => (a.key < b.key ? -1 : 1)
  return {
    uploads: uploads.sort(byKey),
    deletions: deletions.sort(byKey),
    same: same.sort(byKey),
    unversioned: unversioned.sort(byKey),
    ended: ended.sort(byKey),
  }
}

/** S3 User Guide, "How S3 Versioning works": what is written without versioning has the version id `null`, and overwrites what had it. */
const isUnversioned = ({ versionId }: ObjectVersion) => versionId === 'null'

/** The version at that time; `undefined`: none. S3's instants are whole seconds: within one, the upload came first. */
export function versionAt({ versions, deletions }: KeyVersions, at: Date): ObjectVersion | undefined {
  const version = versions.find(({ lastModified }) => lastModified <= at)
  const deletedAt = deletions.find((time) => time <= at)
  const isDeleted = deletedAt !== undefined && version !== undefined && deletedAt >= version.lastModified
  return isDeleted && !version.isLatest ? undefined : version
}

/** The version right before the loss, if the object was deleted since. Something may have written it again. */
export function lostSince(kept: KeyVersions, lostAt: Date): ObjectVersion | undefined {
  return kept.deletions.some((time) => time > lostAt) ? versionAt(kept, lostAt) : undefined
}
