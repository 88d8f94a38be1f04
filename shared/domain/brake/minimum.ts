import type { AssignmentKey } from '../assignments/assignment.ts'
import { type BrakeList, type BrakeRecord, isSameScope } from './brake-record.ts'
import { findList, findListWith } from './lists.ts'
import { isMinimumReleased } from './releases.ts'
import type { BrakeTerms } from './windows.ts'

/**
 * What a minimum of people is asked about: an access that is to be revoked (`key`), or somebody who is to be taken out of a
 * group. `item`: its name on a list.
 */
export type LeavingItem = { readonly item: string; readonly key?: AssignmentKey }

/** Whether a policy's minimum has to be asked: not where somebody has released it, or another rule holds it. */
export function asksMinimum(brake: BrakeRecord, { item, key }: LeavingItem, { now }: BrakeTerms): boolean {
  const list = key === undefined ? findListWith(brake, 'memberships', item) : findList(brake, key)
  return !isMinimumReleased(brake, item, now) && (list?.rule ?? 'minimum') === 'minimum'
}

/** Holds it, on the list of its account, and says again why. */
export function holdForMinimum(
  brake: BrakeRecord,
  { item, key }: LeavingItem,
  { account, objection }: { readonly account: string; readonly objection: string },
  { now }: BrakeTerms,
): BrakeRecord {
  const scopeOfList = { rule: 'minimum', cause: 'account', name: account } as const
  const known = brake.lists.find((list) => isSameScope(list, scopeOfList))
  if (known?.items.includes(item) && known.objection === objection) return brake
  const none = { since: now.toISOString(), base: 0, limit: 0, minutes: 0, passed: 0, items: [], held: [] }
  const before: BrakeList = known ?? { ...scopeOfList, ...none }
  const add = <T extends string>(all: readonly T[], one: T) => [...new Set([...all, one])].sort()
  const held = key === undefined ? before.held : add(before.held, key)
  const next = { ...before, objection, items: add(before.items, item), held }
  return { ...brake, lists: [...brake.lists.filter((list) => list !== known), next] }
}

/** Lets it go: from now on it does not count among what is left. */
export function letLeave(brake: BrakeRecord, access: string, { now }: BrakeTerms): BrakeRecord {
  const others = (brake.leaving ?? []).filter((one) => one.access !== access)
  return { ...brake, leaving: [...others, { access, at: now.toISOString() }] }
}
