import type { Rule } from '../../../domain/files/rule-file.ts'
import type { PrincipalId } from '../../../domain/principals/identity-center-ids.ts'
import type { MembershipId, OwnedMembership } from '../../../domain/principals/owned-membership.ts'
import type { PrincipalName } from '../../../domain/principals/principal.ts'
import { endOfGrace } from './ask-rule.ts'

type Entry = { readonly id: MembershipId; readonly entry: OwnedMembership }

/** One group: the people its rule matches, the memberships that ssofile made, and the members in the directory. */
export type RuleFacts = {
  readonly key: string
  /** `undefined`: there is no file. */
  readonly rule: Pick<Rule, 'moverGraceDays'> | undefined
  readonly matching: ReadonlyMap<PrincipalId, PrincipalName>
  /** Users whose attributes cannot be read, so nobody knows whether the rule matches them. */
  readonly unread: ReadonlySet<PrincipalId>
  readonly isListed: (user: PrincipalId) => boolean
  readonly entries: readonly Entry[]
  readonly members: ReadonlySet<PrincipalId>
  readonly onDrift: 'restore' | 'report'
  readonly now: Date
}

/** `joining`, `leaving`: memberships to look at. The comparison decides nothing else. */
export type RuleComparison = {
  readonly joining: readonly { readonly user: PrincipalId; readonly name: PrincipalName }[]
  /** People in the group by the rule, which no longer matches them. `isAlone`: no other file asks, and the directory lists the user. */
  readonly leaving: readonly (Entry & { readonly isAlone: boolean })[]
  /** Members of the group among the people the rule matches. */
  readonly members: number
  /** Somebody else took them out, and `onDrift` is `report`. */
  readonly reported: number
  readonly kept: number
  /** The memberships that name this rule. */
  readonly byRule: readonly OwnedMembership[]
}

/**
 * The people whose membership differs from the rule.
 *
 * | the rule       | entry                    | member | then                               |
 * | -------------- | ------------------------ | ------ | ---------------------------------- |
 * | matches        | none                     | yes    | others put the user in: left alone |
 * | matches        | none                     | no     | joins                              |
 * | matches        | granted, by the rule     | yes    | is in                              |
 * | matches        | granted, drift reported  | no     | reported                           |
 * | matches        | any other                | any    | joins: is looked at                |
 * | unknown        | any                      | any    | left alone                         |
 * | does not match | by the rule, kept        | any    | stays until that time              |
 * | does not match | by the rule, kept, but the file says fewer days now | any | is looked at, and stays for these days |
 * | does not match | by the rule              | any    | leaves, or its days of grace begin |
 * | does not match | any other                | any    | left alone                         |
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
    const until = rule && isThere && entry.keptUntil !== undefined ? endOfGrace(rule, entry, now) : ''
    const isKept = until > now.toISOString()
    if (isKept && until === entry.keptUntil) {
      count.kept++
      continue
    }
    const isBegun = rule === undefined || rule.moverGraceDays === 0 || (entry.keptUntil !== undefined && !isKept)
    const isAlone = isThere && isBegun && entry.files.every((file) => file.key === key)
    leaving.push({ ...one, isAlone })
  }
  return { joining, leaving, byRule: byRule.map(({ entry }) => entry), ...count }
}

function isInOrder(entry: OwnedMembership, key: string, name: PrincipalName): boolean {
  const isByRule = entry.files.some((file) => file.key === key)
  return entry.state === 'granted' && isByRule && entry.user === name && entry.keptUntil === undefined
}
