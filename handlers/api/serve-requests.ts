import type { Eligibility } from '../../shared/domain/files/eligibility-file.ts'
import { renderScope } from '../../shared/domain/scopes/scope.ts'
import { renderIsoDuration } from '../../shared/domain/text/iso-duration.ts'
import { findEligible } from '../../shared/modules/requests/find-eligible.ts'
import { type Answer, answer, refuse } from './answer.ts'
import type { ApiEvent } from './api-request.ts'
import { ask, decide, finish, withdraw } from './change-request.ts'
import { readBody } from './read-body.ts'
import { listRequests, readDecision, readRequest } from './read-requests.ts'
import { approvalRequest, approvalRequestRules, requestEnvelope, requestRules } from './request-bodies.ts'
import type { RequestContext } from './request-context.ts'
import { findSignedIn } from './signed-in-person.ts'

/** Temporary access. Author and approver are always the person who signed in by IAM Identity Center, never a name in the request. */
export async function serveRequests(event: ApiEvent, called: Omit<RequestContext, 'statusPath'>): Promise<Answer> {
  const [method = '', path = ''] = event.routeKey.split(' ')
  const base = event.rawPath.replace(/\/$/, '')
  const context = { ...called, statusPath: (name: string) => `${base}/${encodeURIComponent(name)}` }
  const { request, digest } = event.pathParameters ?? {}
  if (method === 'GET' && path === '/eligibility') return listEligibility(context)
  if (method === 'GET' && path === '/requests') return listRequests(event.queryStringParameters ?? {}, context)
  if (method === 'GET' && request !== undefined) return readRequest(request, context)
  if (method === 'GET' && digest !== undefined) return readDecision(digest, context)
  if (method !== 'POST') return refuseMethod(path)
  if (path === '/approvals') {
    const approval = readBody(event, approvalRequest, approvalRequestRules)
    return 'statusCode' in approval ? approval : decide(approval, context)
  }
  const asked = readBody(event, requestEnvelope, requestRules)
  if ('statusCode' in asked) return asked
  if (asked.action === 'withdraw') return withdraw(asked, context)
  return asked.action === 'finish' ? finish(asked, context) : ask(asked, context)
}

function refuseMethod(path: string): Answer {
  const mayPost = path !== '/eligibility' && !path.includes('{')
  const allowed = [...(path === '/approvals' ? [] : ['GET']), ...(mayPost ? ['POST'] : [])]
  const remedy = 'send GET to read, POST /requests to ask or finish, POST /approvals to decide'
  return refuse(405, 'another method', allowed.join(' or ') || 'none', remedy, { allow: allowed.join(', ') })
}

/**
 * The caller, and the access that the caller may request, by name. `unusable`: eligibilities that have no effect now. `unreadGroups`: why
 * the groups of the caller are unknown.
 */
async function listEligibility(context: RequestContext): Promise<Answer> {
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  const { eligibilityFiles: files, people } = context.known
  const question = { user: { id: person.userId, name: person.name } }
  const { eligible, broken, unread } = await findEligible(question, { files, people })
  const about = { user: person.userId, name: person.name, unusable: broken, unreadGroups: unread }
  return answer(200, { ...about, eligible: eligible.map(tell) })
}

/** The content of the eligibility file, without the names of other people. */
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
