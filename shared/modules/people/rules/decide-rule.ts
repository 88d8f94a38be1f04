import type { FoundGroup } from './describe-membership.ts'

/** One file under `rules/`, before ssofile compares anybody with it. */
export type RuleLookFacts = {
  readonly file: 'none' | 'invalid' | 'valid'
  readonly group: Pick<FoundGroup, 'is' | 'isExternal'>
  /** The brake still holds as many people as this upload's status says, and less than a minute has passed. */
  readonly isHeldAsBefore: boolean
}

export const ruleActions = ['compare'] as const
export const ruleEnds = ['invalid', 'held', 'no group', 'nothing'] as const
export type RuleAction = { readonly do: (typeof ruleActions)[number] }
export type RuleEnd = { readonly tell: (typeof ruleEnds)[number] }

/**
 * The next step for one rule. Comparing everybody in the directory takes many calls. The first row that fits counts.
 *
 * | file    | held as before | group                                        | step     |
 * | ------- | -------------- | -------------------------------------------- | -------- |
 * | invalid | any            | any                                          | invalid  |
 * | any     | yes            | any                                          | held     |
 * | valid   | no             | not ssofile's, or a provider manages it      | no group |
 * | none    | no             | not ssofile's                                | nothing  |
 * | any     | no             | ours, also under another name                | compare  |
 */
export function decideRule({ file, group, isHeldAsBefore }: RuleLookFacts): RuleAction | RuleEnd {
  if (file === 'invalid') return { tell: 'invalid' }
  if (isHeldAsBefore) return { tell: 'held' }
  const isOurs = group.is === 'ours' || group.is === 'renamed' || group.is === 'given up'
  if (file === 'valid' && (!isOurs || group.is === 'given up' || group.isExternal)) return { tell: 'no group' }
  return isOurs ? { do: 'compare' } : { tell: 'nothing' }
}
