import type { AssignmentKey } from '../assignments/assignment.ts'
import type { BrakeList, BrakeRecord } from './brake-record.ts'
import type { HeldContents } from './held-contents.ts'
import type { HeldRetirements } from './held-retirements.ts'
import { dropContents, membershipsOn, peopleOn, withoutList } from './lists.ts'
import { ageMs, type BrakeTerms, lengthMs } from './windows.ts'

const releasedForMs = 60 * 60_000

type Release = BrakeRecord['releases'][number]
/** `at`: by S3's clock. */
type Releasing = { readonly at: Date; readonly digest: string; readonly by: string }

export function isReleased(brake: BrakeRecord, key: AssignmentKey, now: Date): boolean {
  return hasRelease(brake, now, ({ keys }) => keys.includes(key))
}

export function isPersonReleased(brake: BrakeRecord, item: string, now: Date): boolean {
  return hasRelease(brake, now, ({ people = [] }) => people.includes(item))
}

/** What a policy's minimum holds: only its own release lets it go. Releases of older versions have keys alone. */
export function isMinimumReleased(brake: BrakeRecord, item: string, now: Date): boolean {
  return hasRelease(
    brake,
    now,
    ({ rule, keys, minimum }) => rule === 'minimum' && (minimum ?? keys).some((one) => one === item),
  )
}

/** A removal from a group. */
export function isMembershipReleased(brake: BrakeRecord, membership: string, now: Date): boolean {
  return hasRelease(brake, now, ({ memberships = [] }) => memberships.includes(membership))
}

/** What has this name under this rule. */
export function isItemReleased(
  brake: BrakeRecord,
  { rule, item }: { rule: BrakeList['rule']; item: string },
  now: Date,
) {
  return rule === 'people' ? isPersonReleased(brake, item, now) : isMembershipReleased(brake, item, now)
}

/** A change of the attributes for access control. */
export function isAttributeReleased(brake: BrakeRecord, change: string, now: Date): boolean {
  return hasRelease(brake, now, ({ attributes = [] }) => attributes.includes(change))
}

/** An act on a credential. */
export function isActReleased(brake: BrakeRecord, item: string, now: Date): boolean {
  return hasRelease(brake, now, ({ items = [] }) => items.includes(item))
}

function hasRelease({ releases }: BrakeRecord, now: Date, lets: (release: Release) => boolean): boolean {
  return releases.some((release) => isInForce(release, now) && lets(release))
}

function isInForce({ at }: { readonly at: string }, now: Date): boolean {
  return now.getTime() - Date.parse(at) < releasedForMs
}

/** Releases exactly this list. Later revocations are held on a new one. */
export function releaseHeld(brake: BrakeRecord, list: BrakeList, releasing: Releasing): BrakeRecord {
  const rule = list.rule === 'minimum' ? { rule: list.rule } : {}
  return withoutList(withRelease(brake, releasing, { ...rule, keys: list.held, ...itemsReleased(list) }), list)
}

type OfItems = Pick<Release, 'people' | 'memberships' | 'attributes' | 'minimum'>

/** Of some rules a list has more than keys, or no keys at all: its items are released too, and are part of its name. */
export function hasItems({ rule }: Pick<BrakeList, 'rule'>): boolean {
  return rule === 'people' || rule === 'memberships' || rule === 'attributes' || rule === 'minimum'
}

/** What a list has besides keys, by the name of its rule. */
export function itemsReleased(list: BrakeList): OfItems {
  if (!hasItems(list)) return {}
  const [memberships, people] = [[...membershipsOn(list)], [...peopleOn(list)]]
  return {
    [list.rule]: list.items,
    ...(memberships.length > 0 && { memberships }),
    ...(people.length > 0 && { people }),
  }
}

/** Releases exactly this content of a file. */
export function releaseContents(
  brake: BrakeRecord,
  { digest, name }: HeldContents,
  { at, by }: Omit<Releasing, 'digest'>,
): BrakeRecord {
  return dropContents(withRelease(brake, { at, by, digest }, { keys: [], permissionSet: name }), name)
}

/** Releases exactly this list. Later acts are held on a new one. */
export function releaseRetirements(brake: BrakeRecord, list: HeldRetirements, releasing: Releasing): BrakeRecord {
  const retirements = brake.retirements.filter((one) => one !== list)
  return { ...withRelease(brake, releasing, { keys: [], items: list.items }), retirements }
}

function withRelease(
  brake: BrakeRecord,
  { at, digest, by }: Releasing,
  what: Omit<Release, 'digest' | 'at' | 'by' | 'hinted'>,
): BrakeRecord {
  return { ...brake, releases: [...brake.releases, { digest, at: at.toISOString(), by, hinted: false, ...what }] }
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
