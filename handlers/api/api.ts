import type { Access } from '../../shared/domain/api-access.ts'
import type { Complaint } from '../../shared/domain/complaint.ts'
import type { Configuration } from '../../shared/domain/configuration.ts'
import { renderJsonPath } from '../../shared/domain/json-path.ts'
import { linkPrefix } from '../../shared/domain/link.ts'
import { permissionSetFileMostBytes, permissionSetPrefix } from '../../shared/domain/permission-set-file.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { isPassing } from '../../shared/ports/service-error.ts'
import { Policies } from '../../shared/reconcile/records/policies.ts'
import { type Answer, refusal } from './answer.ts'
import { type ApiEvent, bodyOf, callerOf, mediaTypeOf } from './api-request.ts'
import { changeLink, linkKeyOf } from './change-link.ts'
import { changePermissionSet } from './change-permission-set.ts'
import { parseLinkRequest, parsePermissionSetRequest } from './change-requests.ts'
import { listInputs, readInputWithStatus } from './read-inputs.ts'
import { type ApiKind, apiKinds } from './routes.ts'

/** Room for a permission set of every limit at once, and what stands around it. */
const requestMostBytes = permissionSetFileMostBytes + 16 * 1024

/**
 * The way in by HTTPS. It writes and deletes inputs in the bucket, always on a condition, and nothing else: what becomes of
 * them is decided as if they were uploaded. Without `access` everybody whom IAM lets in may do everything.
 */
export function api(
  ports: Ports,
  configuration: Configuration,
  { access, changes = apiKinds }: ApiOptions = {},
): (event: ApiEvent) => Promise<Answer> {
  const policies = new Policies(ports)
  return async (event) => {
    const log = ports.log.with({ request: event.requestContext.requestId, route: event.routeKey })
    try {
      const given = await serve(event, { ports: { ...ports, log }, configuration, policies, access, changes })
      if (given.statusCode >= 400) log.warn('a request was refused', { answer: given.statusCode, by: callerOf(event) })
      return given
    } catch (error) {
      if (!isPassing(error)) throw error
      log.warn('a request could not be served now', { error })
      const busy = { received: 'no answer of S3', expected: 'one', remedy: 'send the request again' }
      return refusal(503, [busy], { 'retry-after': '1' })
    }
  }
}

export type ApiOptions = {
  readonly access?: Access | undefined
  /** What may be changed through the API; the rest can only be read. */
  readonly changes?: readonly ApiKind[]
}
type Context = {
  readonly ports: Ports
  readonly configuration: Configuration
  readonly policies: Policies
  readonly access: Access | undefined
  readonly changes: readonly ApiKind[]
}

async function serve(event: ApiEvent, context: Context): Promise<Answer> {
  const caller = callerOf(event)
  if (caller === undefined)
    return refuse(403, 'a request of nobody', 'a request that is signed (AWS Signature Version 4)', 'sign the request')
  const [method = '', path = ''] = event.routeKey.split(' ')
  const kind = path.startsWith('/links') ? 'links' : 'permission-sets'
  const parameter = event.pathParameters?.link ?? event.pathParameters?.name
  const called = { ...context, caller }
  const mayPost = parameter === undefined && context.changes.includes(kind)
  if (method === 'POST' && mayPost) return kind === 'links' ? postLink(event, called) : postPermissionSet(event, called)
  if (method !== 'GET') return refuseMethod(kind, { mayPost, mayChange: context.changes.includes(kind) })
  if (parameter === undefined) return listInputs(kind, event.queryStringParameters ?? {}, called)
  return readInputWithStatus(keysOf(kind, parameter), called)
}

function refuseMethod(kind: ApiKind, { mayPost, mayChange }: { mayPost: boolean; mayChange: boolean }): Answer {
  const allow = mayPost ? 'GET, POST' : 'GET'
  const remedy = mayChange
    ? `send GET to read, or POST /${kind} to change something: its action says what`
    : 'send GET to read; in this deployment changes are made by uploading to the bucket'
  return refuse(405, 'another method', allow.replace(',', ' or'), remedy, { allow })
}

type Called = Context & { readonly caller: NonNullable<ReturnType<typeof callerOf>> }

async function postLink(event: ApiEvent, { caller, ...context }: Called): Promise<Answer> {
  const request = readBody(event, parseLinkRequest)
  if ('statusCode' in request) return request
  const key = linkKeyOf(request.linkData)
  return changeLink(request, { caller, statusPath: statusPath(event, key.slice(linkPrefix.length)) }, context)
}

async function postPermissionSet(event: ApiEvent, { caller, ...context }: Called): Promise<Answer> {
  const request = readBody(event, parsePermissionSetRequest)
  if ('statusCode' in request) return request
  const about = { caller, statusPath: statusPath(event, request.permissionSetData.permissionSetName) }
  return changePermissionSet(request, about, context)
}

/** Below the path of the request: what stands before it belongs to the domain that somebody gave the API. */
function statusPath({ rawPath }: ApiEvent, name: string): string {
  return `${rawPath.replace(/\/$/, '')}/${encodeURIComponent(name.toWellFormed())}`
}

function readBody<T extends object>(
  event: ApiEvent,
  parse: (
    body: Uint8Array,
  ) => { readonly ok: true; readonly value: T } | { readonly ok: false; readonly complaint: Complaint },
): T | Answer {
  const type = mediaTypeOf(event)
  if (type !== 'application/json')
    return refuse(
      415,
      type === '' ? 'no content type' : `the content type '${type.slice(0, 100)}'`,
      'application/json',
      "send the header 'content-type: application/json'",
    )
  const body = bodyOf(event)
  if (body.byteLength > requestMostBytes)
    return refuse(
      413,
      `a request of ${body.byteLength} bytes`,
      `at most ${requestMostBytes} bytes, which is more than a permission set can fill`,
      'check that the right file was sent',
    )
  const request = parse(body)
  if (request.ok) return request.value
  const { received, expected, remedy, faults } = request.complaint
  if (faults === undefined) return refuse(400, received, expected, remedy)
  return refusal(
    400,
    faults.map((fault) => ({
      path: renderJsonPath(fault.path),
      received: fault.received,
      expected: fault.expected,
      remedy: fault.remedy,
    })),
  )
}

/**
 * API Gateway decodes the path once before it calls; a proxy may not. The name of a link has percent signs of its own, so it
 * is looked for as it came first. (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs".)
 */
function keysOf(kind: ApiKind, parameter: string): readonly string[] {
  const decoded = decode(parameter)
  const names = decoded === undefined || decoded === parameter ? [parameter] : [parameter, decoded]
  return names.map((name) => (kind === 'links' ? linkKeyOf(name) : `${permissionSetPrefix}${name}.json`))
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function refuse(
  statusCode: number,
  received: string,
  expected: string,
  remedy: string,
  headers: Answer['headers'] = {},
): Answer {
  return refusal(statusCode, [{ received, expected, remedy }], headers)
}
