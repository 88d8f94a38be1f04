import type { Assignment, AssignmentKey } from '../assignments/assignment.ts'
import { linkPrefix } from '../links/link.ts'
import { splitFolder } from '../links/link-fields.ts'
import { type BrakeRecord, type BrakeWindow, type Cause, isSameScope } from './brake-record.ts'
import { judgeSuspension, type SuspendedPerson } from './judge-suspension.ts'
import { findList, hold, holdBesidePerson, isHeld, takeOffList } from './lists.ts'
import { isReleased } from './releases.ts'
import { addedTo, type BrakeTerms, isBeyond, isRunning, type Tally, windowOf, withWindow } from './windows.ts'

/** One assignment that is about to be revoked, and the keys of the links that granted it. */
export type Revocation = {
  readonly key: AssignmentKey
  readonly links: readonly string[]
  /** `undefined`: all its links were withdrawn. */
  readonly cause: Cause | undefined
  /** Its user is suspended by a file. `admitted`: the brake has let the person pass before. */
  readonly suspended?: SuspendedPerson | 'admitted' | undefined
  /** The directory ended its user, who is disabled or gone. */
  readonly isEnded?: boolean
}

/** It was renamed, or is gone. */
export function causeOfPrincipal({ type, principal }: Pick<Assignment, 'type' | 'principal'>): Cause {
  return { cause: 'principal', name: `${type}/${principal}` }
}

/** The folder of a link's key, declared or not; `undefined`: directly under `links_data/`. */
export function folderOf(key: string): string | undefined {
  return splitFolder(key.slice(linkPrefix.length)).folder
}

/**
 * Links are counted, not their accounts: one link may revoke on any number of accounts. Where a file suspends the user, the person
 * is counted instead (`judgeSuspension`).
 */
export function tally({ key, links, cause, suspended }: Revocation): readonly Tally[] {
  if (suspended) return []
  const byFolder = Map.groupBy(new Set(links), folderOf)
  if (!cause) return [...byFolder].map(([name, items]) => ({ rule: 'own', cause: 'folder', name, items }))
  const folders = byFolder.size > 0 ? [...byFolder.keys()] : [undefined]
  const all = [
    ...folders.map((folder) => ({ ...cause, folder })),
    ...[...byFolder.keys()].map((name) => ({ cause: 'folder' as const, name })),
    { cause: 'everything' as const },
  ]
  return all.map((one) => ({ rule: 'indirect', ...one, items: [key] }))
}

/** The windows of withdrawn links that have run out: they may have to go on (`prolongWindow`). */
export function findEnded(brake: BrakeRecord, revocation: Revocation, terms: BrakeTerms): readonly Tally[] {
  if (isDecided(brake, revocation, terms.now) || revocation.cause) return []
  return tally(revocation).filter((one) =>
    brake.windows.some((window) => isSameScope(one, window) && !isRunning(window, terms)),
  )
}

/** The windows in which this revocation seems to be one too many, and whose base has to be counted before that is said. */
export function findBaseless(brake: BrakeRecord, revocation: Revocation, terms: BrakeTerms): readonly BrakeWindow[] {
  if (isDecided(brake, revocation, terms.now)) return []
  return tally(revocation).flatMap((one) => {
    const window = windowOf(brake, one, terms)
    return window.base === undefined && isBeyond(window, addedTo(window, one), terms) ? [window] : []
  })
}

/**
 * Whether a revocation may be sent, and the record that has to be written before it is. `findBaseless` comes before.
 *
 * | released | on a list | its links or key counted | within the limits | then                             |
 * | -------- | --------- | ------------------------ | ----------------- | -------------------------------- |
 * | yes      | any       | any                      | any               | passes, uncounted                |
 * | no       | on an uploader's, and its user has ended | any | any          | leaves that list, and counts by its present cause |
 * | no       | yes       | any                      | any               | stays held                       |
 * | no       | no        | yes                      | any               | passes, counted before           |
 * | no       | no        | no                       | yes               | passes, and is counted           |
 * | no       | no        | no                       | no                | is held, on the first list of it |
 *
 * Of a person whom a file suspends all access passes, or is held, with the person.
 */
export function judgeRevocation(
  before: BrakeRecord,
  revocation: Revocation,
  terms: BrakeTerms,
): { readonly brake: BrakeRecord; readonly passes: boolean } {
  const { key, suspended } = revocation
  if (isReleased(before, key, terms.now)) return { brake: before, passes: true }
  const brake = isOutlived(before, revocation) ? takeOffList(before, key) : before
  if (isHeld(brake, key)) return { brake, passes: false }
  if (suspended && suspended !== 'admitted') {
    const person = judgeSuspension(brake, suspended, terms)
    return person.passes ? person : { brake: holdBesidePerson(person.brake, key, suspended.user), passes: false }
  }
  const added = tally(revocation).map((one) => {
    const window = windowOf(brake, one, terms)
    return { window, items: addedTo(window, one) }
  })
  const beyond = added.find(({ window, items }) => isBeyond(window, items, terms))
  if (beyond) return { brake: hold(brake, [key], beyond, terms), passes: false }
  const counted = added
    .filter(({ items }) => items.length > 0)
    .reduce((record, { window, items }) => {
      return withWindow(record, { ...window, counted: [...window.counted, ...items] })
    }, brake)
  return { brake: counted, passes: true }
}

function isDecided(brake: BrakeRecord, revocation: Revocation, now: Date): boolean {
  const { key } = revocation
  return (isHeld(brake, key) && !isOutlived(brake, revocation)) || isReleased(brake, key, now)
}

/**
 * An uploader's deletions held it, and meanwhile its user has ended: that cause is another one, with a count of its own. Of a
 * minimum its user is asked about instead.
 */
function isOutlived(brake: BrakeRecord, { key, isEnded, suspended }: Revocation): boolean {
  if (isEnded !== true && suspended === undefined) return false
  return ['own', 'minimum'].includes(findList(brake, key)?.rule ?? '')
}
