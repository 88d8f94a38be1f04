import { matchesRule, type Rule } from '../../../domain/files/rule-file.ts'
import type { OwnedMembership } from '../../../domain/principals/owned-membership.ts'
import type { UserAttributes } from '../../../domain/principals/user-attributes.ts'
import type { Parsed } from '../../../domain/statuses/complaint.ts'
import { renderInstant } from '../../../domain/text/instant.ts'

/** `keptUntil`: the rule no longer matches the user, but keeps the membership until this time. */
export type RuleWish = { readonly asks: 'yes' | 'no' | 'unknown'; readonly keptUntil?: string | undefined }

const dayMs = 24 * 60 * 60_000

/**
 * Whether a rule asks for one person's membership. `isIn`: the membership's entry names this rule.
 *
 * | rule       | matches the person | isIn | days of grace    | asks                |
 * | ---------- | ------------------ | ---- | ---------------- | ------------------- |
 * | not valid  | any                | yes  | any              | unknown             |
 * | not valid  | any                | no   | any              | no                  |
 * | valid      | the person is gone | any  | any              | no                  |
 * | valid      | yes                | any  | any              | yes                 |
 * | valid      | unknown            | yes  | any              | unknown             |
 * | valid      | unknown            | no   | any              | no                  |
 * | valid      | no                 | no   | any              | no                  |
 * | valid      | no                 | yes  | some are left    | yes, until they end |
 * | valid      | no                 | yes  | none, or over    | no                  |
 */
export function askRule(
  rule: Parsed<Rule>,
  facts: {
    readonly person: { readonly attributes: UserAttributes } | undefined
    readonly entry: Pick<OwnedMembership, 'files' | 'keptUntil'> | undefined
    readonly key: string
    readonly now: Date
  },
): RuleWish {
  const { person, entry, key, now } = facts
  const isIn = entry?.files.some((file) => file.key === key) === true
  const unknown = { asks: isIn ? 'unknown' : 'no' } as const
  if (!rule.ok) return unknown
  if (person === undefined) return { asks: 'no' }
  const matches = matchesRule(rule.value.condition, person.attributes)
  if (matches === undefined) return unknown
  if (matches) return { asks: 'yes' }
  if (!isIn) return { asks: 'no' }
  const keptUntil = endOfGrace(rule.value, entry, now)
  return Date.parse(keptUntil) > now.getTime() ? { asks: 'yes', keptUntil } : { asks: 'no' }
}

/** If the file now says fewer days, the running time ends earlier. If it says more, the running time stays as it is. */
export function endOfGrace(
  { moverGraceDays }: Pick<Rule, 'moverGraceDays'>,
  entry: Pick<OwnedMembership, 'keptUntil'> | undefined,
  now: Date,
): string {
  const latest = renderInstant(new Date(now.getTime() + moverGraceDays * dayMs))
  const begun = entry?.keptUntil
  return begun !== undefined && begun < latest ? begun : latest
}
