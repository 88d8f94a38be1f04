import { type BrakeRecord, type BrakeWindow, isSameScope } from './brake-record.ts'
import { findListWith, hold, takeOffMembership } from './lists.ts'
import { isMembershipReleased } from './releases.ts'
import { addedTo, type BrakeTerms, isBeyond, type Tally, windowOf, withWindow } from './windows.ts'

/**
 * One person who is about to be taken out of a group: `<group>%<user name>`, and the folders whose files asked for it.
 * `undefined`: directly under `memberships/`. `ruleOf`: the group, where its rule asked for it.
 */
export type Removal = {
  readonly item: string
  readonly folders: readonly (string | undefined)[]
  readonly ruleOf?: string | undefined
  /** The directory ended the user: that counts for all folders together, and not for those whose files asked. */
  readonly isEnded?: boolean
}

function tally({ item, folders, ruleOf, isEnded }: Removal): readonly Tally[] {
  const ofFolders: readonly Tally[] =
    isEnded && folders.length > 0
      ? [{ ...ofEnded, items: [item] }]
      : [...new Set(folders)].map((name) => ({ ...ofFolder, name, items: [item] }))
  return ruleOf === undefined ? ofFolders : [...ofFolders, { ...ofRule, name: ruleOf, items: [item] }]
}

const ofFolder = { rule: 'memberships', cause: 'folder' } as const
const ofEnded = { rule: 'memberships', cause: 'principal' } as const
const ofRule = { rule: 'memberships', cause: 'rule' } as const

/** Of a rule everything is one list: while there is one, nobody else is taken out either. */
function isTooMany(brake: BrakeRecord, window: BrakeWindow, items: readonly string[], terms: BrakeTerms): boolean {
  const isListed = window.cause === 'rule' && brake.lists.some((list) => isSameScope(list, window))
  return isBeyond(window, items, terms) || (isListed && items.length > 0)
}

/**
 * All people whom a rule means no longer, before the first of them is taken out. Where they are too many at once, all are held, on one
 * list. `all`: whom the rule has put into its group. Whoever is meant again leaves the list.
 */
export function judgeLeavers(
  brake: BrakeRecord,
  { group, items, all }: { readonly group: string; readonly items: readonly string[]; readonly all: readonly string[] },
  terms: BrakeTerms,
): BrakeRecord {
  const scope = { ...ofRule, name: group, folder: undefined }
  const kept = new Set(items)
  const stale = brake.lists.filter((list) => isSameScope(list, scope)).flatMap((list) => list.items)
  const now = stale.filter((item) => !kept.has(item)).reduce(takeOffMembership, brake)
  const open = items.filter((item) => !isSettled(now, item, terms))
  const window = windowOf(now, { ...scope, items: open }, terms)
  // Whoever passed in this window may be out already.
  const based = { ...window, base: window.base ?? new Set([...window.counted, ...all]).size }
  const added = addedTo(based, { ...scope, items: open })
  return isTooMany(now, based, added, terms) ? hold(now, [], { window: based, items: added }, terms) : now
}

/** The windows in which this removal seems to be one too many, and whose base has to be counted before that is said. */
export function findBaselessRemoval(brake: BrakeRecord, removal: Removal, terms: BrakeTerms): readonly BrakeWindow[] {
  if (isSettled(brake, removal.item, terms) && !isOutlived(brake, removal)) return []
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
 * | no       | of a folder, and its user has ended | any | any | leaves that list, and counts by its present cause |
 * | no       | yes       | any     | any               | stays held                       |
 * | no       | no        | yes     | any               | passes, counted before           |
 * | no       | no        | no      | yes               | passes, and is counted           |
 * | no       | no        | no      | no                | is held, on the first list of it |
 */
export function judgeRemoval(
  before: BrakeRecord,
  removal: Removal,
  terms: BrakeTerms,
): { readonly brake: BrakeRecord; readonly passes: boolean } {
  const { item } = removal
  if (isMembershipReleased(before, item, terms.now)) return { brake: before, passes: true }
  const brake = isOutlived(before, removal) ? takeOffMembership(before, item) : before
  if (findListWith(brake, 'memberships', item)) return { brake, passes: false }
  const added = tally(removal).map((one) => {
    const window = windowOf(brake, one, terms)
    return { window, items: addedTo(window, one) }
  })
  const beyond = added.find(({ window, items }) => isTooMany(brake, window, items, terms))
  if (beyond) return { brake: hold(brake, [], beyond, terms), passes: false }
  const counted = added
    .filter(({ items }) => items.length > 0)
    .reduce(
      (record, { window, items }) => withWindow(record, { ...window, counted: [...window.counted, ...items] }),
      brake,
    )
  return { brake: counted, passes: true }
}

/** Files of a folder that were withdrawn held it, and meanwhile its user is suspended, or ended by the directory. */
function isOutlived(brake: BrakeRecord, { item, folders, isEnded }: Removal): boolean {
  return (isEnded || folders.length === 0) && findListWith(brake, 'memberships', item)?.cause === 'folder'
}

function isSettled(brake: BrakeRecord, item: string, { now }: BrakeTerms): boolean {
  return isMembershipReleased(brake, item, now) || findListWith(brake, 'memberships', item) !== undefined
}
