import { sayFirst } from '../say-first.ts'
import { sayDuration, sayScope } from './say.ts'
import type { ToldEligibility } from './told-request.ts'

/** Nobody reads more scopes than that; the form suggests them all. */
const scopesMost = 10

/** The facts about an eligibility, for a person. */
export function describeEligibility(told: ToldEligibility): readonly (readonly [string, string])[] {
  const { scopes, needs, ticketPattern, mayStartLater } = told
  const ticket = ticketPattern === undefined ? 'ticket' : `ticket (${ticketPattern})`
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['About', told.description],
    ['Permission sets', told.permissionSets.join(', ')],
    [
      'Where',
      sayFirst(
        scopes.map((scope) => sayScope(scope)),
        scopesMost,
      ),
    ],
    ['At most', sayDuration(told.longest)],
    ['Approved by', sayApproval(told)],
    ['Needs', needs.map((need) => (need === 'ticket' ? ticket : need)).join(', ')],
    ['May begin later', mayStartLater && `up to ${sayDuration(mayStartLater)} ahead`],
    ['At its end', told.endsSessions ? 'running sessions are ended too' : undefined],
  ]
  return facts.flatMap(([label, text]) => (text ? [[label, text] as const] : []))
}

function sayApproval({ approvals, approvers, approvedByItself }: ToldEligibility): string {
  const { groups, users, ownerTag } = approvers
  const who = [...groups, ...users, ...(ownerTag === undefined ? [] : [`the account's tag ${ownerTag}`])].join(', ')
  const needed = approvals === 0 ? [] : [`${approvals} of ${who}`]
  return [...needed, ...(approvedByItself === undefined ? [] : ['nobody, for some people or at some times'])].join('; ')
}
