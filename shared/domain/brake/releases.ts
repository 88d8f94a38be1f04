import type { AssignmentKey } from '../assignments/assignment.ts'
import { isAhead } from '../text/instant.ts'
import { hasName, type Names, withoutName } from '../text/sorted-names.ts'
import type { BrakeList, BrakeRecord } from './brake-record.ts'
import type { HeldContents } from './held-contents.ts'
import { dropContents, withoutList } from './lists.ts'
import { isGoneForLong } from './minimum.ts'
import { ageMs, type BrakeTerms, isForged, lengthMs } from './windows.ts'

const releasedForMs = 60 * 60_000

type Release = BrakeRecord['releases'][number]
/** `at`: by S3's clock. */
type Releasing = { readonly at: Date; readonly digest: string; readonly by: string }

/** An access, or another item on lists of this rule. A minimum's list may have either, too. */
type Released = { readonly key: AssignmentKey } | { readonly rule: BrakeList['rule']; readonly item: string }

export function isReleased(brake: BrakeRecord, one: Released, now: Date): boolean {
  return brake.releases.some((release) => lets(release, one) && isInForce(release, now))
}

/** Whether some release still has it, in force or not. */
export function hasRelease({ releases }: BrakeRecord, one: Released): boolean {
  return releases.some((release) => lets(release, one))
}

function lets({ rule, keys, items, used }: Release, one: Released): boolean {
  const name = 'key' in one ? one.key : one.item
  if (used?.includes(name)) return false
  if ('key' in one) return hasName(keys, name)
  return (rule === one.rule || rule === 'minimum') && hasName(items, name)
}

/** The items that a person released from lists of this rule. */
export function listReleased(brake: BrakeRecord, rule: BrakeList['rule'], now: Date): ReadonlySet<string> {
  const ofRule = brake.releases.filter((release) => release.rule === rule && isInForce(release, now))
  return new Set(ofRule.flatMap(({ items, used = [] }) => [...items].filter((item) => !used.includes(item))))
}

/**
 * Takes the access or other item out of its releases, because it is gone or wanted again. If something takes it away again within the
 * hour, the brake judges that removal like any other.
 */
export function useUpRelease(brake: BrakeRecord, one: Released): BrakeRecord {
  if (!hasRelease(brake, one)) return brake
  const name = 'key' in one ? one.key : one.item
  const use = (release: Release): Release => {
    const after = { ...release, used: [...(release.used ?? []), name] }
    return release.hinted ? withoutUsed(after) : after
  }
  return { ...brake, releases: brake.releases.map((release) => (lets(release, one) ? use(release) : release)) }
}

/** Its hints are sent, and history has its names. */
export function noteHinted(brake: BrakeRecord, { digest, at }: Pick<Release, 'digest' | 'at'>): BrakeRecord {
  const isHinted = (one: Release) => one.digest === digest && one.at === at
  const releases = brake.releases.map((one) => (isHinted(one) ? withoutUsed({ ...one, hinted: true }) : one))
  return { ...brake, releases }
}

function withoutUsed({ used = [], keys, items, ...release }: Release): Release {
  const without = <T extends string>(names: Names<T>): Names<T> => used.reduce<Names<T>>(withoutName, names)
  return { ...release, keys: without(keys), items: without(items) }
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
    !isForged(window, terms) && ageMs(window, terms) < 2 * lengthMs(window, terms.limits)
  const windows = brake.windows.filter(isKept)
  const releases = brake.releases.filter((release) => isInForce(release, terms.now))
  const leaving = brake.leaving?.filter((one) => isInForce(one, terms.now) && !isGoneForLong(one, terms.now))
  const isSame =
    windows.length === brake.windows.length &&
    releases.length === brake.releases.length &&
    leaving?.length === brake.leaving?.length
  return isSame ? brake : { ...brake, windows, releases, ...(leaving && { leaving }) }
}
