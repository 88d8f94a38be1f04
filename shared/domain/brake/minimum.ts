import type { AssignmentKey } from '../assignments/assignment.ts'
import type { PrincipalId } from '../principals/identity-center-ids.ts'
import type { MembershipId } from '../principals/owned-membership.ts'
import { hasName, withName } from '../text/sorted-names.ts'
import { type BrakeList, type BrakeRecord, isSameScope } from './brake-record.ts'
import { takeOffItem } from './lists.ts'
import type { BrakeTerms } from './windows.ts'

/** The loss in one act: an access, a person's place in a group (`item`: its name for the brake), or everything that a person has. */
export type Taking =
  | { readonly key: AssignmentKey }
  | { readonly membership: MembershipId; readonly item: string }
  | { readonly person: PrincipalId }

type Leaving = NonNullable<BrakeRecord['leaving']>[number]

/** A policy's objection to a taking, and its account. */
export type MinimumObjection = { readonly account: string; readonly objection: string }

/** The taking's name on a list. */
export function itemOf(taking: Taking): string {
  if ('key' in taking) return taking.key
  return 'person' in taking ? taking.person : taking.item
}

/** The taking's name in `leaving`. It has ids, since names change. */
export function leavingOf(taking: Taking | { readonly membership: MembershipId }): string {
  if ('key' in taking) return taking.key
  if ('person' in taking) return `person ${taking.person}`
  return `membership ${taking.membership.group}%${taking.membership.user}`
}

/** The facts on which a judgement rests: the accounts that it looked at, and the groups with access there. */
export type JudgedPlaces = { readonly accounts: ReadonlySet<string>; readonly groups: ReadonlySet<string> }

/**
 * Whether a loss, as `leaving` names it, may change a judgement about these places. A person who loses everything may be in any group.
 *
 * | the loss                     | may change it                        |
 * | ---------------------------- | ------------------------------------ |
 * | an access                    | in one of the accounts               |
 * | a place in a group           | if the group has access there        |
 * | everything that a person has | yes                                  |
 */
export function mayChange(leaving: string, { accounts, groups }: JudgedPlaces): boolean {
  const [, account] = /^account%([^%]*)%/.exec(leaving) ?? []
  if (account !== undefined) return accounts.has(account)
  const [, group] = /^membership ([^%]*)%/.exec(leaving) ?? []
  return group === undefined || groups.has(group)
}

/** Holds the taking on the list of its account, with the current objection. */
export function holdForMinimum(
  before: BrakeRecord,
  taking: Taking,
  { account, objection }: MinimumObjection,
  { now }: BrakeTerms,
): BrakeRecord {
  const item = itemOf(taking)
  const scopeOfList = { rule: 'minimum', cause: 'account', name: account } as const
  const isHere = (list: BrakeList) => isSameScope(list, scopeOfList)
  const isKnown = before.lists.some((list) => isHere(list) && hasName(list.items, item))
  // Another account's list may have held it.
  const brake = isKnown ? before : takeOffItem(before, 'minimum', item)
  const known = brake.lists.find(isHere)
  if (isKnown && known?.objection === objection) return before
  const none = { since: now.toISOString(), base: 0, limit: 0, minutes: 0, passed: 0, items: [], held: [] }
  const list: BrakeList = known ?? { ...scopeOfList, ...none }
  const held = 'key' in taking ? withName(list.held, taking.key) : list.held
  const next = { ...list, objection, items: withName(list.items, item), held }
  return { ...brake, lists: [...brake.lists.filter((one) => one !== known), next] }
}

/** Lets the access go. From now on it does not count among the access that people keep. */
export function letLeave(brake: BrakeRecord, taking: Taking, { now }: BrakeTerms): BrakeRecord {
  const { leaving = [], left = 0 } = stopLeaving(brake, taking)
  const isNew = leaving.length === (brake.leaving?.length ?? 0)
  const access = { access: leavingOf(taking), at: now.toISOString() }
  return { ...brake, leaving: [...leaving, access], ...(isNew && { left: left + 1 }) }
}

/** How long a process may know the members of a group as they were, and as long again. */
const goneMs = 2 * 60_000

/** The access is gone. It still counts as leaving, since others may judge by an earlier reading of the group. */
export function noteGone(brake: BrakeRecord, taking: Taking, now: Date): BrakeRecord {
  const isNew = ({ access, goneAt }: Leaving) => access === leavingOf(taking) && goneAt === undefined
  if (!brake.leaving?.some(isNew)) return brake
  const goneAt = now.toISOString()
  return { ...brake, leaving: brake.leaving.map((one) => (isNew(one) ? { ...one, goneAt } : one)) }
}

export function isGoneForLong({ goneAt }: Leaving, now: Date): boolean {
  return goneAt !== undefined && now.getTime() - Date.parse(goneAt) >= goneMs
}

/** ssofile leaves the access, or the access is back: it counts again among the access that people keep. */
export function stopLeaving(brake: BrakeRecord, taking: Taking): BrakeRecord {
  const { leaving } = brake
  if (!leaving?.some(({ access }) => access === leavingOf(taking))) return brake
  return { ...brake, leaving: leaving.filter(({ access }) => access !== leavingOf(taking)) }
}
