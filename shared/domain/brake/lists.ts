import type { AssignmentKey } from '../assignments/assignment.ts'
import type { PermissionSetName } from '../permission-sets/permission-set-name.ts'
import { hasName, withName, withoutName } from '../text/sorted-names.ts'
import { type BrakeList, type BrakeRecord, type BrakeWindow, isSameScope } from './brake-record.ts'
import { describeContents, type HeldContents } from './held-contents.ts'
import { type BrakeTerms, isCountedRule, lengthMs, limitOf, withWindow } from './windows.ts'

export function isHeld(brake: BrakeRecord, key: AssignmentKey): boolean {
  return findList(brake, key) !== undefined
}

/** The access on all lists together, ascending. */
export function listHeld({ lists }: BrakeRecord): readonly AssignmentKey[] {
  return lists.flatMap(({ held }) => [...held]).sort()
}

/** The access on lists of the rule `minimum`. ssofile judges it again at each look. */
export function listJudgedAgain({ lists }: BrakeRecord): readonly AssignmentKey[] {
  return lists.filter(({ rule }) => rule === 'minimum').flatMap(({ held }) => [...held])
}

/** Holds these items, on the list of the window whose limit they exceed. `keys`: empty for a person without access of ours. */
export function hold(
  brake: BrakeRecord,
  keys: readonly AssignmentKey[],
  { window, items }: { readonly window: BrakeWindow; readonly items: readonly string[] },
  { limits, now }: BrakeTerms,
): BrakeRecord {
  const { rule, cause, name, folder, since, base = 0, counted } = window
  const limit = limitOf(window, base, limits)
  const minutes = lengthMs(window, limits) / 60_000
  const known = brake.lists.find((list) => isSameScope(list, window))
  const before = known ?? {
    rule,
    cause,
    name,
    folder,
    since,
    base,
    limit,
    minutes,
    passed: counted.length,
    items: [],
    held: [],
  }
  const next: BrakeList = {
    ...before,
    items: items.reduce(withName, before.items),
    held: keys.reduce(withName, before.held),
  }
  const lists = known ? brake.lists.map((list) => (list === known ? next : list)) : [...brake.lists, next]
  if (!isCountedRule(rule)) return { ...brake, lists }
  return withWindow({ ...brake, lists }, { ...window, busyAt: now.toISOString() })
}

/** Acts on credentials, each as `<credential> <act>`. */
export function listRetirements({ lists }: BrakeRecord): readonly string[] {
  return lists.flatMap(({ rule, items }) => (rule === 'retirements' ? [...items] : []))
}

/** Takes an access or another item off a list. A list of links disappears with its last access. */
export function takeOff(brake: BrakeRecord, list: BrakeList, name: string): BrakeRecord {
  const [held, items] = [withoutName(list.held, name), withoutName(list.items, name)]
  const isEmpty = held.length === 0 && (items.length === 0 || list.rule === 'own' || list.rule === 'indirect')
  return isEmpty ? withoutList(brake, list) : replaceList(brake, list, { ...list, held, items })
}

/** The item for a user to be deleted, on a list of people. */
export function deletionOf(user: string): string {
  return `${deletion}${user}`
}

const deletion = 'deletion%'

export function isDeletion(item: string): boolean {
  return item.startsWith(deletion)
}

/** The user of such an item, to be suspended or deleted. */
export function userOnList(item: string): string {
  return isDeletion(item) ? item.slice(deletion.length) : item
}

export function findListWith({ lists }: BrakeRecord, of: BrakeList['rule'], item: string): BrakeList | undefined {
  return lists.find(({ rule, items }) => rule === of && hasName(items, item))
}

/** Lists of these rules may have memberships. */
export const rulesOfMemberships: readonly BrakeList['rule'][] = ['memberships', 'minimum']

/** The memberships on a list, as `<group>%<user name>`. A list of the rule `minimum` may hold access too. */
export function membershipsOn({ rule, items, held }: Pick<BrakeList, 'rule' | 'items' | 'held'>): readonly string[] {
  if (rule === 'memberships') return [...items]
  return rule === 'minimum' ? [...items].filter((item) => item.includes('%') && !hasName(held, item)) : []
}

/** Lists of these rules can hold a suspended person. A suspension outlives all other lists. */
export const rulesOfPeople: readonly BrakeList['rule'][] = ['people', 'minimum']

/** The ids of the people on a list whom files suspend. */
export function peopleOn({ rule, items }: Pick<BrakeList, 'rule' | 'items'>): readonly string[] {
  if (rule === 'people') return [...items]
  return rule === 'minimum' ? [...items].filter((item) => !item.includes('%')) : []
}

export function takeOffItem(brake: BrakeRecord, rule: BrakeList['rule'], item: string): BrakeRecord {
  const list = findListWith(brake, rule, item)
  return list ? takeOff(brake, list, item) : brake
}

export function replaceList(brake: BrakeRecord, list: BrakeList, next: BrakeList): BrakeRecord {
  return { ...brake, lists: brake.lists.map((one) => (one === list ? next : one)) }
}

export function withoutList(brake: BrakeRecord, list: BrakeList): BrakeRecord {
  const calm = ({ busyAt: _, ...window }: BrakeWindow): BrakeWindow => window
  return {
    ...brake,
    lists: brake.lists.filter((one) => one !== list),
    windows: brake.windows.map((window) => (isSameScope(window, list) ? calm(window) : window)),
  }
}

export function findList({ lists }: BrakeRecord, key: AssignmentKey): BrakeList | undefined {
  return lists.find(({ held }) => hasName(held, key))
}

/** Holds the file of a permission set, instead of another one of that name. Returns the same record if nothing changes for a reader. */
export function holdContents(brake: BrakeRecord, held: HeldContents): BrakeRecord {
  if (brake.contents.some((one) => one.digest === held.digest && describeContents(one) === describeContents(held)))
    return brake
  const others = brake.contents.filter(({ name }) => name !== held.name)
  return { ...brake, contents: [...others, held].sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

/** The brake stops holding the file of this permission set. */
export function dropContents(brake: BrakeRecord, permissionSet: PermissionSetName): BrakeRecord {
  if (!brake.contents.some(({ name }) => name === permissionSet)) return brake
  return { ...brake, contents: brake.contents.filter(({ name }) => name !== permissionSet) }
}
