import type { AssignmentKey } from '../assignments/assignment.ts'
import { type BrakeList, type BrakeRecord, isSameScope } from './brake-record.ts'
import { findList } from './lists.ts'
import { isReleased } from './releases.ts'
import type { BrakeTerms } from './windows.ts'

/** Whether a policy's minimum has to be asked: not where somebody has released the access, or another rule holds it. */
export function asksMinimum(brake: BrakeRecord, key: AssignmentKey, { now }: BrakeTerms): boolean {
  const releases = brake.releases.filter(({ rule }) => rule === 'minimum')
  return !isReleased({ ...brake, releases }, key, now) && (findList(brake, key)?.rule ?? 'minimum') === 'minimum'
}

/** Holds it, on the list of its account, and says again why. */
export function holdForMinimum(
  brake: BrakeRecord,
  key: AssignmentKey,
  { account, objection }: { readonly account: string; readonly objection: string },
  { now }: BrakeTerms,
): BrakeRecord {
  const scopeOfList = { rule: 'minimum', cause: 'account', name: account } as const
  const known = brake.lists.find((list) => isSameScope(list, scopeOfList))
  if (known?.held.includes(key) && known.objection === objection) return brake
  const none = { since: now.toISOString(), base: 0, limit: 0, minutes: 0, passed: 0, items: [], held: [] }
  const before: BrakeList = known ?? { ...scopeOfList, ...none }
  const add = <T extends string>(all: readonly T[], one: T) => [...new Set([...all, one])].sort()
  const next = { ...before, objection, items: add(before.items, key), held: add(before.held, key) }
  return { ...brake, lists: [...brake.lists.filter((list) => list !== known), next] }
}

/** Lets it go: from now on it does not count among what is left. */
export function letLeave(brake: BrakeRecord, access: string, { now }: BrakeTerms): BrakeRecord {
  const others = (brake.leaving ?? []).filter((one) => one.access !== access)
  return { ...brake, leaving: [...others, { access, at: now.toISOString() }] }
}
