import { type Access, asksPathOf, principalsOf, roleNameOf } from '../../shared/domain/deployment/api-access.ts'
import type { ApiCaller } from '../../shared/domain/deployment/api-caller.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { isJsonObject } from '../../shared/domain/json/json-faults.ts'
import { type JsonObject, parseStrictJson } from '../../shared/domain/json/strict-json.ts'
import { linkPrefix } from '../../shared/domain/links/link.ts'
import {
  parsePermissionSetKey,
  permissionSetFileMostBytes,
  permissionSetPrefix,
} from '../../shared/domain/permission-sets/permission-set-file.ts'
import { isCutName, parsePersonSession } from '../../shared/domain/principals/person-session.ts'
import { EligibilityFiles } from '../../shared/modules/requests/eligibility-files.ts'
import { People } from '../../shared/modules/requests/people.ts'
import { KnownReviews } from '../../shared/modules/reviews/review-records.ts'
import type { IdentityStore } from '../../shared/ports/identity-store.ts'
import type { OwnRoles } from '../../shared/ports/own-roles.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { isPassing } from '../../shared/ports/service-error.ts'
import { ServedDirectory } from '../../shared/reconcile/calls/served-directory.ts'
import { findActorOfSession } from '../../shared/reconcile/directory/find-actor.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { Policies } from '../../shared/reconcile/records/policies.ts'
import { readInput } from '../../shared/reconcile/records/read-input.ts'
import { Suspensions } from '../../shared/reconcile/records/suspensions.ts'
import { type Answer, refusal, refuse } from './answer.ts'
import { type ApiEvent, callerOf, namesOf } from './api-request.ts'
import { type Change, type ChangeSources, change, refuseAbsent, refuseExisting } from './change-input.ts'
import { changeLink, linkKeyOf } from './change-link.ts'
import {
  linkEnvelope,
  linkRules,
  type PermissionSetRequest,
  permissionSetEnvelope,
  permissionSetRules,
} from './change-requests.ts'
import { readBody } from './read-body.ts'
import { listInputs, readInputWithStatus } from './read-inputs.ts'
import type { RequestCaches } from './request-context.ts'
import { type ApiChange, type ApiKind, apiChanges } from './routes.ts'
import { serveRequests } from './serve-requests.ts'
import { serveReviews } from './serve-reviews.ts'
import { refuseBar, refuseCutName } from './signed-in-person.ts'

/**
 * The HTTPS API. It only writes and deletes inputs in the bucket, always on a condition. ssofile then handles them like uploads. If `access`
 * is absent, IAM alone decides: each caller that it admits has every right.
 */
export function api(
  ports: Ports,
  configuration: Configuration,
  { access, roles, changes = apiChanges }: ApiOptions = {},
): (event: ApiEvent) => Promise<Answer> {
  const policies = new Policies(ports)
  const directory = new ServedDirectory(ports, 'api')
  const open = (identityStore: IdentityStore) => ({
    identityStore,
    people: new People(identityStore, ports.clock, configuration.principalSuffix),
  })
  const [now, recent] = [open(directory.now), open(directory.recent)]
  const known = {
    organization: new OrganizationCache(ports, configuration.folders),
    eligibilityFiles: new EligibilityFiles(ports),
    suspensions: new Suspensions({ objects: ports.objects, policies }),
    reviews: new KnownReviews(ports.objects),
  }
  return async (event) => {
    const log = ports.log.with({ request: event.requestContext.requestId, route: event.routeKey })
    const { identityStore, people } = event.routeKey.startsWith('GET ') ? recent : now
    try {
      const given = await serve(event, {
        ports: { ...ports, identityStore, log },
        configuration,
        policies,
        known: { ...known, people },
        access,
        roles,
        changes,
      })
      if (given.statusCode >= 400) log.warn('a request was refused', { answer: given.statusCode, by: callerOf(event) })
      return given
    } catch (error) {
      if (!isPassing(error)) throw error
      log.warn('a request could not be served now', { error })
      const busy = { received: 'no answer from S3', expected: 'one', remedy: 'send the request again' }
      return refusal(503, [busy], { 'retry-after': '1' })
    }
  }
}

export type ApiOptions = {
  readonly access?: Access | undefined
  /** Tells which roles Identity Center made. Without it no caller counts as a signed-in person. */
  readonly roles?: OwnRoles | undefined
  /** The kinds of changes that the API accepts; it only reads the rest. */
  readonly changes?: readonly ApiChange[]
}
type ApiSources = {
  readonly ports: Ports
  readonly configuration: Configuration
  readonly policies: Policies
  readonly known: RequestCaches
  readonly access: Access | undefined
  readonly roles: OwnRoles | undefined
  readonly changes: readonly ApiChange[]
}

async function serve(event: ApiEvent, context: ApiSources): Promise<Answer> {
  const told = callerOf(event)
  if (told === undefined)
    return refuse(
      403,
      'a request without a signature',
      'a signed request (AWS Signature Version 4)',
      'sign the request',
    )
  const session = parsePersonSession(told.arn)
  // These checks hold for every route. If the session names no person, only IAM decides; so it does on reading if the name may be cut.
  const isChange = !event.routeKey.startsWith('GET ')
  if (session && isChange && isCutName(session.userName)) return refuseCutName(session.userName)
  const sources = { ...context.ports, ...context.known, principalSuffix: context.configuration.principalSuffix }
  const seen = session && (await findActorOfSession(session.userName, sources))
  if (session && seen?.bar) return refuseBar(session.userName, seen.bar)
  const caller = await addRole(told, context)
  const [method = '', path = ''] = event.routeKey.split(' ')
  const [, place = ''] = path.split('/')
  if (['eligibility', 'requests', 'approvals', 'reviews', 'decisions'].includes(place)) {
    if (!context.changes.includes('requests')) return refuseRequests()
    const serveOwn = place === 'reviews' || place === 'decisions' ? serveReviews : serveRequests
    return serveOwn(event, { ...context, caller, seen })
  }
  const kind = path.startsWith('/links') ? 'links' : 'permission-sets'
  const parameter = event.pathParameters?.link ?? event.pathParameters?.name
  const called = { ...context, caller }
  const mayPost = parameter === undefined && context.changes.includes(kind)
  if (method === 'POST' && mayPost) return kind === 'links' ? postLink(event, called) : postPermissionSet(event, called)
  if (method !== 'GET') return refuseMethod(kind, { mayPost, mayChange: context.changes.includes(kind) })
  if (parameter === undefined) return listInputs(kind, event.queryStringParameters ?? {}, called)
  return readInputWithStatus(keysOf(kind, parameter), called)
}

/** The answer if requests do not come in through the API. API Gateway has no route for them then. */
function refuseRequests(): Answer {
  const remedy = 'upload to the bucket: ssofile request, ssofile approve, ssofile review decide'
  return refuse(404, 'a request about temporary access or reviews', 'links or permission sets', remedy)
}

function refuseMethod(kind: ApiKind, { mayPost, mayChange }: { mayPost: boolean; mayChange: boolean }): Answer {
  const allow = mayPost ? 'GET, POST' : 'GET'
  const remedy = mayChange
    ? `send GET to read, or POST /${kind} to change something: its action says what`
    : 'send GET to read; in this deployment, make changes by uploading to the bucket'
  return refuse(405, 'another method', allow.replace(',', ' or'), remedy, { allow })
}

type Called = ApiSources & { readonly caller: NonNullable<ReturnType<typeof callerOf>> }

async function postLink(event: ApiEvent, { caller, ...context }: Called): Promise<Answer> {
  const request = readBody(event, linkEnvelope, linkRules)
  if ('statusCode' in request) return request
  const key = linkKeyOf(request.linkData)
  return changeLink(request, { caller, statusPath: statusPath(event, key.slice(linkPrefix.length)) }, context)
}

async function postPermissionSet(event: ApiEvent, { caller, ...context }: Called): Promise<Answer> {
  const request = readBody(event, permissionSetEnvelope, permissionSetRules)
  if ('statusCode' in request) return request
  const about = { caller, statusPath: statusPath(event, request.permissionSetData.permissionSetName) }
  return changePermissionSet(request, about, context)
}

/** A path below the path of the request: a custom domain of the API may put a prefix before it. */
function statusPath({ rawPath }: ApiEvent, name: string): string {
  return `${rawPath.replace(/\/$/, '')}/${encodeURIComponent(name.toWellFormed())}`
}

function keysOf(kind: ApiKind, parameter: string): readonly string[] {
  return namesOf(parameter).map((name) => (kind === 'links' ? linkKeyOf(name) : `${permissionSetPrefix}${name}.json`))
}

type RoleSources = {
  /** Absent on a local system: there IAM alone decides. */
  readonly access: Access | undefined
  /** The roles of the API's own account: API Gateway admits only its callers. */
  readonly roles: OwnRoles | undefined
}

/**
 * Adds the ARN of the caller's role if the role decides who the caller is: for people who signed in by Identity Center, and if the
 * environment names roles by the beginning of their name. API Gateway tells the name of a role without its path, and anybody who may create
 * roles can create one with a fitting name. So this asks IAM for the path. (IAM User Guide, "IAM identifiers".)
 */
async function addRole(caller: ApiCaller, { access, roles }: RoleSources): Promise<ApiCaller> {
  const name = roleNameOf(caller)
  if (access === undefined || roles === undefined || name === undefined) return caller
  const isAsked =
    parsePersonSession(caller.arn) !== undefined || principalsOf(access).some((one) => asksPathOf(name, one))
  return isAsked ? { ...caller, roleArn: await roles.arnOf(name) } : caller
}

async function changePermissionSet(
  { action, permissionSetData }: PermissionSetRequest,
  about: Pick<Change, 'caller' | 'statusPath'>,
  context: ChangeSources,
): Promise<Answer> {
  const { objects } = context.ports
  const key = `${permissionSetPrefix}${permissionSetData.permissionSetName}.json`
  const name = parsePermissionSetKey(key)
  if (!name.ok) {
    const { received, expected, remedy } = name.complaint
    return refusal(400, [{ key, received, expected, remedy }])
  }
  return change({ ...about, action, key }, context, async () => {
    if (action === 'create') {
      if ((await objects.head(key)) === undefined) return { there: undefined, body: render(permissionSetData) }
      return refuseExisting(key, 'send the action "update" with the fields that you want to change')
    }
    if (action === 'delete') {
      const there = await objects.head(key)
      return there === undefined ? refuseAbsent(key, 'deletion', context.ports) : { there, body: 'deleted' }
    }
    const found = await readInput(objects, key, { mostBytes: permissionSetFileMostBytes })
    if (found === undefined) return refuseAbsent(key, 'update', context.ports)
    if ('complaint' in found) return refuseToMerge(key, found.complaint.received)
    const present = parseStrictJson(key, found.body)
    if (!present.ok) return refuseToMerge(key, present.complaint.received)
    if (!isJsonObject(present.value)) return refuseToMerge(key, 'a file that is not a JSON object')
    return { there: found, body: render(merge(present.value, permissionSetData)) }
  })
}

/** The given fields replace the present ones; `null` removes a field. */
function merge(present: JsonObject, given: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries({ ...present, ...given }).filter(([, value]) => value !== null))
}

function render(permissionSet: JsonObject): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(permissionSet, undefined, 2)}\n`)
}

function refuseToMerge(key: string, received: string): Answer {
  return refusal(409, [
    {
      key,
      received,
      expected: 'a permission set in the bucket, with the fields that change',
      remedy: 'delete the permission set and create it again with all its fields',
    },
  ])
}
