import type { AssignmentKey } from '../assignments/assignment.ts'
import type { PermissionSetName } from '../permission-sets/permission-set-name.ts'
import { type BrakeList, type BrakeRecord, type BrakeWindow, isSameScope } from './brake-record.ts'
import { describeContents, type HeldContents } from './held-contents.ts'

export function isHeld(brake: BrakeRecord, key: AssignmentKey): boolean {
  return findList(brake, key) !== undefined
}

/** What stands on all lists together, ascending. */
export function listHeld({ lists }: BrakeRecord): readonly AssignmentKey[] {
  return lists.flatMap(({ held }) => held).sort()
}

/** What stands on lists of the rule `minimum`: it is judged again whenever somebody looks. */
export function listJudgedAgain({ lists }: BrakeRecord): readonly AssignmentKey[] {
  return lists.filter(({ rule }) => rule === 'minimum').flatMap(({ held }) => held)
}

/** Takes this one off its list: it is gone, or must not be revoked any more. */
export function takeOffList(brake: BrakeRecord, key: AssignmentKey): BrakeRecord {
  const list = findList(brake, key)
  if (!list) return brake
  const held = list.held.filter((other) => other !== key)
  if (held.length === 0) return withoutList(brake, list)
  const next = { ...list, held, items: list.items.filter((item) => item !== key) }
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

/** The list that an assignment stands on. */
export function findList({ lists }: BrakeRecord, key: AssignmentKey): BrakeList | undefined {
  return lists.find(({ held }) => held.includes(key))
}

/** Holds the file of a permission set, in place of another one of that name. The same record where nothing new is to be said. */
export function holdContents(brake: BrakeRecord, held: HeldContents): BrakeRecord {
  if (brake.contents.some((one) => one.digest === held.digest && describeContents(one) === describeContents(held)))
    return brake
  const others = brake.contents.filter(({ name }) => name !== held.name)
  return { ...brake, contents: [...others, held].sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

/** The file of this permission set is not held any more. */
export function dropContents(brake: BrakeRecord, permissionSet: PermissionSetName): BrakeRecord {
  if (!brake.contents.some(({ name }) => name === permissionSet)) return brake
  return { ...brake, contents: brake.contents.filter(({ name }) => name !== permissionSet) }
}
