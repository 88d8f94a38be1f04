import type { Eligibility } from '../../shared/domain/requests/eligibility-file.ts'
import { renderIsoDuration } from '../../shared/domain/requests/iso-duration.ts'
import { renderScope } from '../../shared/domain/scopes/scope.ts'
import { findEligible } from '../../shared/reconcile/requests/find-eligible.ts'
import { type Answer, answer } from './answer.ts'
import type { RequestContext } from './request-context.ts'
import { findSignedIn } from './signed-in-person.ts'

/**
 * Who the caller is, and what the caller may ask for, by name. `unusable`: eligibilities that count for nothing now. `unreadGroups`: why
 * the groups of the caller are not known.
 */
export async function listEligibility(context: RequestContext): Promise<Answer> {
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  const { eligibilityFiles: files, people } = context.known
  const question = { user: { id: person.userId, name: person.name } }
  const { eligible, broken, unread } = await findEligible(question, { files, people })
  const about = { user: person.userId, name: person.name, unusable: broken, unreadGroups: unread }
  return answer(200, { ...about, eligible: eligible.map(tell) })
}

/** As its file says it, but for whom else it holds. */
function tell({ longestMs, mayStartLaterMs, lapsesAfterMs, ...one }: Eligibility) {
  return {
    name: one.name,
    description: one.description,
    permissionSets: one.permissionSets,
    scopes: one.scopes.map(renderScope),
    longest: renderIsoDuration(longestMs),
    approvals: one.approvals,
    approvers: one.approvers,
    approvedByItself: one.approvedByItself,
    needs: one.needs,
    ticketPattern: one.ticketPattern,
    mayStartLater: mayStartLaterMs === undefined ? undefined : renderIsoDuration(mayStartLaterMs),
    lapsesAfter: renderIsoDuration(lapsesAfterMs),
    endsSessions: one.endsSessions,
  }
}
