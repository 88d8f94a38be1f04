import { readsAll } from '../../shared/domain/deployment/api-access.ts'
import {
  parseRequestBody,
  parseRequestKey,
  type RequestPath,
  requestMostBytes,
  requestPrefix,
  userInKey,
} from '../../shared/domain/files/access-request.ts'
import { parseApprovalKey } from '../../shared/domain/files/approval-file.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { parsePersonSession } from '../../shared/domain/principals/person-session.ts'
import type { Status } from '../../shared/domain/statuses/status.ts'
import { chooseForApprover } from '../../shared/modules/requests/approvers.ts'
import { forEachAtOnce } from '../../shared/reconcile/records/list-heads.ts'
import { attentionKey, StatusStore } from '../../shared/reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../shared/reconcile/records/stored-json.ts'
import { type Answer, answer, refusal, refuseComplaint } from './answer.ts'
import { namesOf } from './api-request.ts'
import { refuseMissing } from './change-input.ts'
import { fileOf, type Parameters, parsePage, readPage, refuseParameter } from './read-inputs.ts'
import type { RequestContext } from './request-context.ts'
import { findSignedIn, type SignedIn } from './signed-in-person.ts'

/** The lists of requests that a caller may ask for. */
export const requestLists = ['mine', 'waiting', 'all'] as const

/**
 * A page of requests: the caller's own, those that wait for the caller's approval, or all for those who read everything. For the waiting
 * ones, each page reads as many requests as the caller asked for and shows those that the caller may approve.
 */
export async function listRequests({ of = 'mine', ...page }: Parameters, context: RequestContext): Promise<Answer> {
  if (of === 'all' && !mayReadAll(context)) return refuseReader(context, requestPrefix)
  if (of === 'all') return listUnder(requestPrefix, page, context)
  if (of !== 'mine' && of !== 'waiting')
    return refuseParameter('of', of, "'mine', 'waiting' or 'all'", 'write one of the three')
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  return of === 'mine'
    ? listUnder(`${requestPrefix}${person.userId}/`, page, context)
    : listWaitingFor(person, page, context)
}

async function listUnder(prefix: string, page: Parameters, context: RequestContext): Promise<Answer> {
  const asked = parsePage(page, prefix)
  if ('statusCode' in asked) return asked
  const { heads, nextToken } = await readPage(context.ports.objects, asked)
  const keys = heads.map(({ key }) => key)
  return answer(200, { requests: await readAll(keys, context), nextToken })
}

async function listWaitingFor({ userId }: SignedIn, page: Parameters, context: RequestContext): Promise<Answer> {
  const asked = parsePage(page, waitingPrefix + requestPrefix)
  if ('statusCode' in asked) return asked
  const { heads, nextToken } = await readPage(context.ports.objects, asked)
  const keys = heads.map(({ key }) => key.slice(waitingPrefix.length))
  const read = (await readAll(keys, context)).filter(({ status }) => status?.state === 'waiting')
  return answer(200, { requests: await chooseFor(userId, read, context), nextToken })
}
const waitingPrefix = attentionKey('waiting', '')

/** The requests that this user may decide on. */
async function chooseFor(
  user: PrincipalId,
  read: readonly ReadRequest[],
  { known }: RequestContext,
): Promise<readonly ReadRequest[]> {
  const evaluated = read.flatMap((one) => {
    const path = parseRequestKey(one.key)
    return path.ok && one.status ? [{ one, path: path.value, request: one.status.request }] : []
  })
  const chosen = await chooseForApprover(user, evaluated, known)
  return chosen.flatMap(({ asked, doubt }) => (doubt === undefined ? [asked.one] : []))
}

type ReadRequest = Awaited<ReturnType<typeof readOne>>

/** Reads requests in the order of the keys, without those that have disappeared meanwhile. */
async function readAll(keys: readonly string[], context: RequestContext): Promise<readonly ReadRequest[]> {
  const read = new Map<string, ReadRequest>()
  await forEachAtOnce(keys, async (key) => void read.set(key, await readOne(key, context)))
  return keys.flatMap((key) => read.get(key) ?? []).filter(({ file, status }) => file !== null || status !== null)
}

/** The request and its status. `requestDetails`: null if it is not valid; its status says why. */
async function readOne(key: string, { ports: { objects, clock } }: RequestContext) {
  const [object, status] = await Promise.all([
    objects.get(key, { mostBytes: requestMostBytes }),
    spoiledAsAbsent(new StatusStore(objects, clock).read(key)),
  ])
  const body = object && parseRequestBody(key, object.body, object.size)
  return {
    key,
    user: userInKey(key),
    linkData: key.slice(requestPrefix.length + userInKey(key).length + 1),
    file: object === undefined ? null : fileOf(object),
    requestDetails: body?.ok && object ? (JSON.parse(new TextDecoder().decode(object.body)) as object) : null,
    status: status ?? null,
  }
}

/** One request by `<user id>/<link>`, as API Gateway decoded it or as received. */
export async function readRequest(name: string, context: RequestContext): Promise<Answer> {
  const found = await findReadable(name, context)
  return 'statusCode' in found ? found : answer(200, found.read)
}

/** A request for its author, its approvers, auditors and operators; a refusal for everybody else. */
export async function findReadable(
  name: string,
  context: RequestContext,
): Promise<Answer | { readonly path: RequestPath; readonly read: ReadRequest }> {
  const paths = namesOf(name).map((one) => parseRequestKey(requestPrefix + one))
  const path = paths.find(({ ok }) => ok) ?? paths[0]
  if (path === undefined || !path.ok)
    return path ? refuseComplaint(path.complaint, path.complaint.object) : refuseMissing(name)
  const { key, userId } = path.value
  const person = mayReadAll(context) ? undefined : await findSignedIn(context)
  if (person && 'statusCode' in person) return person
  const read = await readOne(key, context)
  const isTold =
    person === undefined || person.userId === userId || (await chooseFor(person.userId, [read], context)).length > 0
  if (!isTold) return refuseReader(context, key)
  return read.file === null && read.status === null ? refuseMissing(key) : { path: path.value, read }
}

/** The caller's decision on one request, and whether it counts. */
export async function readDecision(digest: string, context: RequestContext): Promise<Answer> {
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  const path = parseApprovalKey(`approvals/${person.userId}/${digest}`)
  if (!path.ok) return refuseComplaint(path.complaint, path.complaint.object)
  const { objects, clock } = context.ports
  const key = `approvals/${person.userId}/${digest}`
  const [object, status] = await Promise.all([
    objects.head(key),
    spoiledAsAbsent<Status | undefined>(new StatusStore(objects, clock).read(key)),
  ])
  if (object === undefined && status === undefined) return refuseMissing(key)
  return answer(200, { key, digest, file: object === undefined ? null : fileOf(object), status: status ?? null })
}

/** Auditors and operators read everything. A local system has no `access`: there, every caller without a person's session does too. */
export function mayReadAll({ access, caller }: RequestContext): boolean {
  if (caller.person !== undefined) return caller.person.isAuditor
  if (access === undefined) return parsePersonSession(caller.arn) === undefined
  return readsAll(access, caller)
}

function refuseReader({ caller: { arn } }: RequestContext, key: string): Answer {
  return refusal(403, [
    {
      key,
      received: `a request of ${arn}`,
      expected: 'its requester, one of its approvers, an auditor or an operator',
      remedy: 'send GET /requests, which lists your own, or GET /requests?of=waiting',
    },
  ])
}
