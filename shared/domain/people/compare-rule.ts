import type { PrincipalId } from '../principals/identity-center-ids.ts'
import type { PrincipalName } from '../principals/principal.ts'
import { endOfGrace } from './ask-rule.ts'
import type { MembershipId, OwnedMembership } from './owned-membership.ts'
import type { Rule } from './rule-file.ts'

type Entry = { readonly id: MembershipId; readonly entry: OwnedMembership }

/** What is known of one group: whom its rule means, what ssofile made there, and who is in it. */
export type RuleFacts = {
  readonly key: string
  /** `undefined`: there is no file. */
  readonly rule: Pick<Rule, 'moverGraceDays'> | undefined
  readonly matching: ReadonlyMap<PrincipalId, PrincipalName>
  /** Nobody knows whether the rule means them. */
  readonly unread: ReadonlySet<PrincipalId>
  /** Whether the directory lists the user at all. */
  readonly isListed: (user: PrincipalId) => boolean
  readonly entries: readonly Entry[]
  readonly members: ReadonlySet<PrincipalId>
  readonly onDrift: 'restore' | 'report'
  readonly now: Date
}

/** `joining`, `leaving`: whose membership is to be looked at. Nothing else is decided by it. */
export type RuleComparison = {
  readonly joining: readonly { readonly user: PrincipalId; readonly name: PrincipalName }[]
  /** In the group by the rule, and meant by it no longer; `isAlone`: nothing else asks, and the user is there. */
  readonly leaving: readonly (Entry & { readonly isAlone: boolean })[]
  /** Of those whom the rule means. */
  readonly members: number
  /** Taken out by hand, and `onDrift` only reports. */
  readonly reported: number
  readonly kept: number
  /** Whom the rule has put in. */
  readonly byRule: readonly OwnedMembership[]
}

/**
 * Whose membership differs from what the rule asks for.
 *
 * | the rule   | entry of ours            | member | then                               |
 * | ---------- | ------------------------ | ------ | ---------------------------------- |
 * | means      | none                     | yes    | others put the user in: left alone |
 * | means      | none                     | no     | joins                              |
 * | means      | granted, by the rule     | yes    | is in                              |
 * | means      | granted, drift reported  | no     | told                               |
 * | means      | any other                | any    | joins: is looked at                |
 * | unknown    | any                      | any    | left alone                         |
 * | means not  | by the rule, kept        | any    | stays until then                   |
 * | means not  | by the rule              | any    | leaves, or its days of grace begin |
 * | means not  | any other                | any    | left alone                         |
 */
export function compareRule(facts: RuleFacts): RuleComparison {
  const { key, rule, matching, unread, isListed, entries, members, onDrift, now } = facts
  const byUser = new Map(entries.map((one) => [one.id.user, one.entry]))
  const joining: { user: PrincipalId; name: PrincipalName }[] = []
  const count = { members: 0, reported: 0, kept: 0 }
  for (const [user, name] of matching) {
    const entry = byUser.get(user)
    const isMember = members.has(user)
    if (isMember) count.members++
    if (entry === undefined && isMember) continue
    const isReported = entry?.state === 'granted' && !isMember && onDrift === 'report'
    if (isReported) count.reported++
    else if (!isMember || entry === undefined || !isInOrder(entry, key, name)) joining.push({ user, name })
  }
  const byRule = entries.filter(({ entry }) => entry.files.some((file) => file.key === key))
  const leaving: (Entry & { isAlone: boolean })[] = []
  for (const one of byRule) {
    const { id, entry } = one
    if (matching.has(id.user) || unread.has(id.user)) continue
    const isThere = isListed(id.user)
    if (rule && isThere && entry.keptUntil !== undefined && endOfGrace(rule, entry, now) > now.toISOString()) {
      count.kept++
      continue
    }
    const isBegun = rule === undefined || rule.moverGraceDays === 0 || entry.keptUntil !== undefined
    const isAlone = isThere && isBegun && entry.files.every((file) => file.key === key)
    leaving.push({ ...one, isAlone })
  }
  return { joining, leaving, byRule: byRule.map(({ entry }) => entry), ...count }
}

function isInOrder(entry: OwnedMembership, key: string, name: PrincipalName): boolean {
  const isByRule = entry.files.some((file) => file.key === key)
  return entry.state === 'granted' && isByRule && entry.user === name && entry.keptUntil === undefined
}
