import { isOperatorOf } from '../../shared/domain/deployment/api-access.ts'
import { parseRequestBody, parseRequestKey, renderRequestKey } from '../../shared/domain/files/access-request.ts'
import { parseApprovalKey, renderApprovalKey } from '../../shared/domain/files/approval-file.ts'
import { temporaryPrefix } from '../../shared/domain/links/link.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { parsePersonSession } from '../../shared/domain/principals/person-session.ts'
import { foreseeTooFew } from '../../shared/modules/requests/foresee-approvers.ts'
import { complainOfShorterThan } from '../../shared/modules/requests/rules/decide-request.ts'
import type { FoundObject } from '../../shared/ports/object-store.ts'
import { StatusStore } from '../../shared/reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../shared/reconcile/records/stored-json.ts'
import { type Answer, refusal, refuseComplaint } from './answer.ts'
import { type Reading, refuseAbsent, writeOnCondition } from './change-input.ts'
import type { ApprovalRequest, RequestRequest } from './request-bodies.ts'
import type { RequestContext } from './request-context.ts'
import { findSignedIn } from './signed-in-person.ts'

type AskRequest = Extract<RequestRequest, { readonly action: 'ask' | 'extend' }>
type Withdrawn = Extract<RequestRequest, { readonly action: 'withdraw' }>
type Finished = Extract<RequestRequest, { readonly action: 'finish' }>

/**
 * Writes the caller's request under their own id. Its status says whether the caller is eligible. An extension overwrites the granted
 * request: the present access lasts until its end in any case.
 */
export async function ask({ action, linkData, requestDetails }: AskRequest, context: RequestContext): Promise<Answer> {
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  const path = parseRequestKey(renderRequestKey(person.userId, temporaryPrefix + linkData))
  if (!path.ok) return refuseComplaint(path.complaint, path.complaint.object)
  const { key, link } = path.value
  if (link.principal !== person.name) return refuseOther(key, link.principal, person.name)
  const body = new TextEncoder().encode(`${JSON.stringify(requestDetails, undefined, 2)}\n`)
  const request = parseRequestBody(key, body)
  if (!request.ok) return refuseComplaint(request.complaint, key)
  const { ports, configuration, known } = context
  const { people, suspensions } = known
  const askedAt = ports.clock.now()
  const actorOf = (user: PrincipalId) => people.actorOf(user, suspensions)
  const sources = { ...known, objects: ports.objects, configuration, actorOf }
  return changeFile(action, key, context, async (there) => {
    const status = there && (await statusOf(key, there.etag, context))
    const isOver = there === undefined || status?.state === 'rejected' || status?.state === 'expired'
    if (isOver || (action === 'extend' && status?.state === 'applied')) {
      const asked = there && { request: request.value, askedAt: there.servedAt }
      const shorter = asked && status && complainOfShorterThan(status, key, asked)
      const refused = shorter ?? (await foreseeTooFew(path.value, { request: request.value, askedAt }, sources))
      return refused ? refuseComplaint(refused, key) : { there, body }
    }
    const received = 'a second request for the same access'
    const remedy =
      'withdraw or end the first one, or extend it once it is granted: every request needs its own approvals'
    return refusal(409, [{ key, received, expected: 'one request for each access', remedy }])
  })
}

/** Writes or deletes the file of a request, as `judge` decides from the present file. */
function changeFile(
  action: RequestRequest['action'],
  key: string,
  context: RequestContext,
  judge: (there: FoundObject | undefined) => Promise<Reading>,
): Promise<Answer> {
  const statusPath = context.statusPath(key.slice(key.indexOf('/') + 1))
  const { ports } = context
  return writeOnCondition({ ...context, action, key, statusPath }, ports, async () =>
    judge(await ports.objects.head(key)),
  )
}

/** The status of exactly this upload, if ssofile has evaluated it. */
async function statusOf(key: string, etag: string, { ports: { objects, clock } }: RequestContext) {
  const status = await spoiledAsAbsent(new StatusStore(objects, clock).read(key))
  return status?.etag === etag ? status : undefined
}

/** Writes an empty request over a waiting extension: it asks for nothing more, and the granted access continues. */
export async function withdraw({ linkData }: Withdrawn, context: RequestContext): Promise<Answer> {
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  const path = parseRequestKey(renderRequestKey(person.userId, temporaryPrefix + linkData))
  if (!path.ok) return refuseComplaint(path.complaint, path.complaint.object)
  const { key } = path.value
  return changeFile('withdraw', key, context, async (there) => {
    if (there === undefined) return refuseAbsent(key, 'deletion', context.ports)
    const status = await statusOf(key, there.etag, context)
    if (status?.request?.runsUntil !== undefined) return { there, body: new Uint8Array() }
    const received = 'the withdrawal of an extension that is not there'
    const remedy = 'to withdraw the request, or to end its access, use finish'
    return refusal(409, [{ key, received, expected: 'a request that extends running access', remedy }])
  })
}

/** Deletes a request: this withdraws a waiting request and ends granted access. Operators may end other people's access. */
export async function finish({ linkData, user }: Finished, context: RequestContext): Promise<Answer> {
  const userId = user !== undefined && isOperator(context) ? user : await ownIdOf(user, context)
  if (typeof userId !== 'string') return userId
  const path = parseRequestKey(renderRequestKey(userId, temporaryPrefix + linkData))
  if (!path.ok) return refuseComplaint(path.complaint, path.complaint.object)
  const { key } = path.value
  return changeFile('finish', key, context, async (there) =>
    there === undefined ? refuseAbsent(key, 'deletion', context.ports) : { there, body: 'deleted' },
  )
}

/** A local system has no `access`: there, every caller without a person's session counts as an operator. */
export function isOperator({ access, caller }: RequestContext): boolean {
  if (caller.person !== undefined) return false
  if (access === undefined) return parsePersonSession(caller.arn) === undefined
  return isOperatorOf(access, caller)
}

async function ownIdOf(user: string | undefined, context: RequestContext): Promise<string | Answer> {
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  if (user === undefined || user === person.userId) return person.userId
  return refuseOther(`requests/${user}/`, user, person.userId)
}

/** Writes the caller's decision under their own id. The statuses of the request and of the approval say whether it counts. */
export async function decide({ digest, ...said }: ApprovalRequest, context: RequestContext): Promise<Answer> {
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  const key = renderApprovalKey({ userId: person.userId, digest })
  const path = parseApprovalKey(key)
  if (!path.ok) return refuseComplaint(path.complaint, key)
  const body = new TextEncoder().encode(`${JSON.stringify(said, undefined, 2)}\n`)
  const action = said.decision
  return writeOnCondition(
    { ...context, action, key, statusPath: context.statusPath(digest) },
    context.ports,
    async () => ({ there: await context.ports.objects.head(key), body }),
  )
}

function refuseOther(key: string, received: string, own: string): Answer {
  return refusal(403, [
    {
      key,
      received: `a request of '${received}'`,
      expected: `a request of '${own}', who signed it`,
      remedy: 'ask for yourself: nobody can ask, withdraw or approve for somebody else',
    },
  ])
}
