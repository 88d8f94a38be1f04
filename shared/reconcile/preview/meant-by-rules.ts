import { endOfGrace } from '../../domain/people/ask-rule.ts'
import type { MembershipId, OwnedMembership } from '../../domain/people/owned-membership.ts'
import { type Rule, ruleKey } from '../../domain/people/rule-file.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { Parsed } from '../../domain/statuses/complaint.ts'
import type { ListedPeople } from '../directory/directory-listing.ts'
import type { AskingFile } from '../records/asking-files.ts'

/** The wish of a rule, in the form of a file that asks for one user. `userId`: the matching user. */
export type AskingRule = AskingFile & { readonly userId: PrincipalId }

type KnownMembership = { readonly id: MembershipId; readonly entry: OwnedMembership }

/**
 * The wishes of all rules: a file for each user whom a rule matches now, keeps for some days, or may match. A user who is in
 * the group already has the name from the ledger.
 */
export function listMeantByRules(
  rules: ReadonlyMap<PrincipalName, Parsed<Rule>>,
  {
    known,
    people,
    now,
  }: { readonly known: readonly KnownMembership[]; readonly people: ListedPeople; readonly now: Date },
): readonly AskingRule[] {
  const byGroup = Map.groupBy(known, ({ entry }) => entry.group)
  return [...rules].flatMap(([group, rule]) => {
    const key = ruleKey(group)
    const entries = byGroup.get(group) ?? []
    const nameOf = new Map(entries.map(({ id, entry }) => [id.user, entry.user]))
    const byRule = entries.filter(({ entry }) => entry.files.some((file) => file.key === key))
    const ask = (user: PrincipalName, userId: PrincipalId, reading: AskingFile['reading']): AskingRule => {
      return { group, user, userId, key, head: undefined, reading }
    }
    if (!rule.ok)
      return byRule.map(({ id, entry }) => ask(entry.user, id.user, { state: 'unreadable', complaint: rule.complaint }))
    const { matching, unread } = people.meantBy(rule.value, group)
    const { reason } = rule.value
    const inForce = { state: 'in-force', body: reason === undefined ? {} : { reason } } as const
    const kept = byRule.filter(({ id, entry }) => {
      if (matching.has(id.user)) return false
      return unread.has(id.user) || Date.parse(endOfGrace(rule.value, entry, now)) > now.getTime()
    })
    return [
      ...[...matching].map(([id, name]) => ask(nameOf.get(id) ?? name, id, inForce)),
      ...kept.map(({ id, entry }) => ask(entry.user, id.user, inForce)),
    ]
  })
}
