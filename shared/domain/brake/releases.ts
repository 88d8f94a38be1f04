import type { AssignmentKey } from '../assignments/assignment.ts'
import type { PrincipalId } from '../principals/identity-center-ids.ts'
import type { BrakeList, BrakeRecord } from './brake-record.ts'
import type { HeldContents } from './held-contents.ts'
import { dropContents, withoutList } from './lists.ts'
import { ageMs, type BrakeTerms, lengthMs } from './windows.ts'

const releasedForMs = 60 * 60_000

export function isReleased({ releases }: BrakeRecord, key: AssignmentKey, now: Date): boolean {
  return releases.some((release) => isInForce(release, now) && release.keys.includes(key))
}

export function isPersonReleased({ releases }: BrakeRecord, user: PrincipalId, now: Date): boolean {
  return releases.some((release) => isInForce(release, now) && release.people?.includes(user) === true)
}

export function isInForce({ at }: { readonly at: string }, now: Date): boolean {
  return now.getTime() - Date.parse(at) < releasedForMs
}

/** Releases exactly this list. Later revocations are held on a new one. */
export function releaseHeld(
  brake: BrakeRecord,
  list: BrakeList,
  { at, digest, by }: { at: Date; digest: string; by: string },
): BrakeRecord {
  const rule = list.rule === 'minimum' ? { rule: list.rule } : {}
  const people = list.rule === 'people' ? { people: list.items } : {}
  const release = { digest, at: at.toISOString(), by, hinted: false, ...rule, keys: list.held, ...people }
  return withoutList({ ...brake, releases: [...brake.releases, release] }, list)
}

/** Releases exactly this content of a file. */
export function releaseContents(
  brake: BrakeRecord,
  { digest, name }: HeldContents,
  { at, by }: { readonly at: Date; readonly by: string },
): BrakeRecord {
  const release = { digest, at: at.toISOString(), by, hinted: false, keys: [], permissionSet: name }
  return dropContents({ ...brake, releases: [...brake.releases, release] }, name)
}

/** The release of this list that is in force. */
export function findRelease({ releases }: BrakeRecord, digest: string, now: Date) {
  return releases.findLast((release) => release.digest === digest && isInForce(release, now))
}

/** The releases whose keys are still to be hinted at. */
export function findUnhinted({ releases }: BrakeRecord, now: Date): BrakeRecord['releases'] {
  return releases.filter((release) => !release.hinted && isInForce(release, now))
}

/** The record without windows and releases that are long over. */
export function pruneBrake(brake: BrakeRecord, terms: BrakeTerms): BrakeRecord {
  const windows = brake.windows.filter((window) => ageMs(window, terms) < 2 * lengthMs(window.rule, terms.limits))
  const releases = brake.releases.filter((release) => isInForce(release, terms.now))
  const leaving = brake.leaving?.filter((one) => isInForce(one, terms.now))
  const isSame =
    windows.length === brake.windows.length &&
    releases.length === brake.releases.length &&
    leaving?.length === brake.leaving?.length
  return isSame ? brake : { ...brake, windows, releases, ...(leaving && { leaving }) }
}
