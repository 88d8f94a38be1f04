import type { AssignmentKey } from '../assignments/assignment.ts'
import { isAhead } from '../text/instant.ts'
import { hasName, withoutName } from '../text/sorted-names.ts'
import type { BrakeList, BrakeRecord } from './brake-record.ts'
import type { HeldContents } from './held-contents.ts'
import { dropContents, withoutList } from './lists.ts'
import { isGoneForLong } from './minimum.ts'
import { ageMs, type BrakeTerms, isForged, lengthMs } from './windows.ts'

const releasedForMs = 60 * 60_000

type Release = BrakeRecord['releases'][number]
/** `at`: by S3's clock. */
type Releasing = { readonly at: Date; readonly digest: string; readonly by: string }

export function isReleased(brake: BrakeRecord, key: AssignmentKey, now: Date): boolean {
  return hasRelease(brake, now, ({ keys }) => hasName(keys, key))
}

/** Whether some release still has this access, in force or not. */
export function hasReleasedKey({ releases }: BrakeRecord, key: AssignmentKey): boolean {
  return releases.some(({ keys }) => hasName(keys, key))
}

/** The same for the membership of a person. */
export function hasReleasedItem({ releases }: BrakeRecord, item: string): boolean {
  return releases.some(({ items }) => hasName(items, item))
}

/** The items that a person released from lists of this rule. */
export function listReleased(brake: BrakeRecord, rule: BrakeList['rule'], now: Date): ReadonlySet<string> {
  const ofRule = brake.releases.filter((release) => release.rule === rule && isInForce(release, now))
  return new Set(ofRule.flatMap(({ items }) => [...items]))
}

/** An item that a policy's minimum holds: only a release of that rule lets it go. */
export function isMinimumReleased(brake: BrakeRecord, item: string, now: Date): boolean {
  return hasRelease(brake, now, ({ rule, items }) => rule === 'minimum' && hasName(items, item))
}

/** An item on lists of this rule. A minimum's list may have it too. */
export function isItemReleased(
  brake: BrakeRecord,
  { rule, item }: { readonly rule: BrakeList['rule']; readonly item: string },
  now: Date,
): boolean {
  return hasRelease(brake, now, (one) => (one.rule === rule || one.rule === 'minimum') && hasName(one.items, item))
}

/**
 * Takes the access or other item out of its releases, because it is gone or wanted again. If something takes it away again within the
 * hour, the brake judges that anew. A release keeps all its names until its hints are sent: history gets the names with them.
 */
export function useUpRelease(
  brake: BrakeRecord,
  { rule, key, item }: { readonly rule: BrakeList['rule']; readonly key?: AssignmentKey; readonly item?: string },
): BrakeRecord {
  const isOf = (one: Release) => one.rule === rule || one.rule === 'minimum'
  const isUsed = (one: Release) =>
    one.hinted &&
    ((key !== undefined && hasName(one.keys, key)) || (item !== undefined && isOf(one) && hasName(one.items, item)))
  if (!brake.releases.some(isUsed)) return brake
  const without = (one: Release): Release => {
    const items = key === undefined ? one.items : withoutName(one.items, key)
    return {
      ...one,
      keys: key === undefined ? one.keys : withoutName(one.keys, key),
      items: item === undefined ? items : withoutName(items, item),
    }
  }
  return { ...brake, releases: brake.releases.map((one) => (isUsed(one) ? without(one) : one)) }
}

function hasRelease({ releases }: BrakeRecord, now: Date, lets: (release: Release) => boolean): boolean {
  return releases.some((release) => isInForce(release, now) && lets(release))
}

function isInForce({ at }: { readonly at: string }, now: Date): boolean {
  return !isAhead(at, now) && now.getTime() - Date.parse(at) < releasedForMs
}

/** Releases exactly this list. The brake holds later acts on a new one. */
export function releaseHeld(brake: BrakeRecord, list: BrakeList, releasing: Releasing): BrakeRecord {
  const { rule, held: keys } = list
  return withoutList(withRelease(brake, releasing, { rule, keys, items: hasItems(list) ? list.items : [] }), list)
}

/** Whether a release covers the list's items too. Lists of `own` and `indirect` have keys, which are enough. */
export function hasItems({ rule }: Pick<BrakeList, 'rule'>): boolean {
  return rule !== 'own' && rule !== 'indirect'
}

export function releaseContents(
  brake: BrakeRecord,
  { digest, name }: HeldContents,
  { at, by }: Omit<Releasing, 'digest'>,
): BrakeRecord {
  return dropContents(
    withRelease(brake, { at, by, digest }, { rule: 'contents', keys: [], items: [], permissionSet: name }),
    name,
  )
}

function withRelease(
  brake: BrakeRecord,
  { at, digest, by }: Releasing,
  what: Omit<Release, 'digest' | 'at' | 'by' | 'hinted'>,
): BrakeRecord {
  return { ...brake, releases: [...brake.releases, { digest, at: at.toISOString(), by, hinted: false, ...what }] }
}

export function findRelease({ releases }: BrakeRecord, digest: string, now: Date) {
  return releases.findLast((release) => release.digest === digest && isInForce(release, now))
}

/** The releases for whose keys ssofile must still send hints. */
export function findUnhinted({ releases }: BrakeRecord, now: Date): BrakeRecord['releases'] {
  return releases.filter((release) => !release.hinted && isInForce(release, now))
}

/** The record without old windows and releases, and without forged ones. */
export function pruneBrake(brake: BrakeRecord, terms: BrakeTerms): BrakeRecord {
  const isKept = (window: BrakeRecord['windows'][number]) =>
    !isForged(window, terms) && ageMs(window, terms) < 2 * lengthMs(window.rule, terms.limits)
  const windows = brake.windows.filter(isKept)
  const releases = brake.releases.filter((release) => isInForce(release, terms.now))
  const leaving = brake.leaving?.filter((one) => isInForce(one, terms.now) && !isGoneForLong(one, terms.now))
  const isSame =
    windows.length === brake.windows.length &&
    releases.length === brake.releases.length &&
    leaving?.length === brake.leaving?.length
  return isSame ? brake : { ...brake, windows, releases, ...(leaving && { leaving }) }
}
