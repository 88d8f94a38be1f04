import type { BrakeRecord, BrakeWindow } from './brake-record.ts'
import { findListWith, hold } from './lists.ts'
import { isMembershipReleased } from './releases.ts'
import { addedTo, type BrakeTerms, isBeyond, type Tally, windowOf, withWindow } from './windows.ts'

/**
 * One person who is about to be taken out of a group: `<group>%<user name>`, and the folders whose files asked for it.
 * `undefined`: directly under `memberships/`.
 */
export type Removal = { readonly item: string; readonly folders: readonly (string | undefined)[] }

function tally({ item, folders }: Removal): readonly Tally[] {
  return [...new Set(folders)].map((name) => ({ rule: 'memberships', cause: 'folder', name, items: [item] }))
}

/** The windows in which this removal seems to be one too many, and whose base has to be counted before that is said. */
export function findBaselessRemoval(brake: BrakeRecord, removal: Removal, terms: BrakeTerms): readonly BrakeWindow[] {
  if (isDecided(brake, removal, terms)) return []
  return tally(removal).flatMap((one) => {
    const window = windowOf(brake, one, terms)
    return window.base === undefined && isBeyond(window, addedTo(window, one), terms) ? [window] : []
  })
}

/**
 * Whether somebody may be taken out of a group, and the record that has to be written before. `findBaselessRemoval` comes first.
 *
 * | released | on a list | counted | within the limits | then                             |
 * | -------- | --------- | ------- | ----------------- | -------------------------------- |
 * | yes      | any       | any     | any               | passes, uncounted                |
 * | no       | yes       | any     | any               | stays held                       |
 * | no       | no        | yes     | any               | passes, counted before           |
 * | no       | no        | no      | yes               | passes, and is counted           |
 * | no       | no        | no      | no                | is held, on the first list of it |
 */
export function judgeRemoval(
  brake: BrakeRecord,
  removal: Removal,
  terms: BrakeTerms,
): { readonly brake: BrakeRecord; readonly passes: boolean } {
  const { item } = removal
  if (isMembershipReleased(brake, item, terms.now)) return { brake, passes: true }
  if (findListWith(brake, 'memberships', item)) return { brake, passes: false }
  const added = tally(removal).map((one) => {
    const window = windowOf(brake, one, terms)
    return { window, items: addedTo(window, one) }
  })
  const beyond = added.find(({ window, items }) => isBeyond(window, items, terms))
  if (beyond) return { brake: hold(brake, [], beyond, terms), passes: false }
  const counted = added
    .filter(({ items }) => items.length > 0)
    .reduce(
      (record, { window, items }) => withWindow(record, { ...window, counted: [...window.counted, ...items] }),
      brake,
    )
  return { brake: counted, passes: true }
}

function isDecided(brake: BrakeRecord, { item }: Removal, { now }: BrakeTerms): boolean {
  return isMembershipReleased(brake, item, now) || findListWith(brake, 'memberships', item) !== undefined
}
