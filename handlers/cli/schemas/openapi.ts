import * as z from 'zod'
import { accessRequestSchema } from '../../../shared/domain/files/access-request.ts'
import { verdicts } from '../../../shared/domain/files/decision-file.ts'
import { requestNeeds } from '../../../shared/domain/files/eligibility-file.ts'
import { weeklyTime } from '../../../shared/domain/files/weekly-time.ts'
import { status, statusStates } from '../../../shared/domain/statuses/status.ts'
import { isoDuration } from '../../../shared/domain/text/iso-duration.ts'
import { results } from '../../../shared/modules/reviews/rules/manifest.ts'
import { reviewItem } from '../../../shared/modules/reviews/rules/review-item.ts'
import { reviewRun } from '../../../shared/modules/reviews/rules/review-record.ts'
import { linkRequest, permissionSetRequest } from '../../api/change-requests.ts'
import { limitDefault, limitMost } from '../../api/read-inputs.ts'
import { requestLists } from '../../api/read-requests.ts'
import { approvalRequest, decisionsRequest, requestRequest } from '../../api/request-bodies.ts'
import { type ApiKind, apiChanges, apiKinds, routesOf } from '../../api/routes.ts'
import { itemLists } from '../../api/serve-reviews.ts'

const error = z.object({
  key: z.string().optional(),
  path: z.string().optional().describe('The place in the JSON document, as a JSONPath.'),
  received: z.string(),
  expected: z.string(),
  remedy: z.string().describe('What to do.'),
})
const file = z.object({ etag: z.string(), lastModified: z.iso.datetime(), sizeBytes: z.int() })
const summary = z.object({ state: z.enum(statusStates), reason: z.string().optional(), updatedAt: z.iso.datetime() })
const linkName = { link: z.string(), key: z.string() }
const setName = { permissionSetName: z.string(), key: z.string() }
const itemOf = <N extends z.ZodRawShape, S extends z.ZodType>(name: N, told: S) =>
  z.object({ ...name, file: file.nullable(), status: told.nullable() })
const nextToken = z.string().optional().describe('There may be more: send it with the next request.')

const accessRequest = z.object({
  key: z.string(),
  user: z.string().describe('The id of the requester in the identity store.'),
  linkData: z.string(),
  file: file.nullable(),
  requestDetails: accessRequestSchema.nullable().describe('null: not valid; the status says why.'),
  status: status.nullable(),
})

const people = { groups: z.array(z.string()), users: z.array(z.string()) }
const eligibility = z.object({
  name: z.string(),
  description: z.string().optional(),
  permissionSets: z.array(z.string()).describe('Globs.'),
  scopes: z.array(z.string()).describe('As in links.'),
  longest: isoDuration,
  approvals: z.int(),
  approvers: z.object({ ...people, ownerTag: z.string().optional() }),
  approvedByItself: z.object({ groups: people.groups, times: z.array(weeklyTime) }).optional(),
  needs: z.array(z.enum(requestNeeds)),
  ticketPattern: z.string().optional(),
  mayStartLater: isoDuration.optional(),
  lapsesAfter: isoDuration,
  endsSessions: z.boolean(),
})

const review = z.object({
  ...reviewRun.pick({ run: true, phase: true, endedAt: true, terms: true }).shape,
  review: z.string().describe('Its name.'),
  population: z.object({ items: z.int(), hash: z.string(), file: z.string(), etag: z.string() }),
  counts: z.record(z.enum(results), z.int()).describe('How many items have each result.'),
  reviewers: z.array(
    z.object({ user: z.string(), name: z.string().optional(), decisions: z.int(), perMinute: z.number() }),
  ),
  dueAt: z.iso.datetime(),
  endsAt: z.iso.datetime().describe('The end of the escalation.'),
  usesSince: z.iso.datetime().optional().describe('Uses are watched since then. Absent: they are not watched.'),
  decided: z.int(),
  undecided: z.int(),
})
const item = z.object({
  ...reviewItem.shape,
  review: z.string(),
  item: z.string().describe('The item in words.'),
  result: z.enum(results),
  mayDecide: z.boolean().describe('The caller may revoke it.'),
  mayKeep: z.boolean().describe('The caller may keep it too.'),
  onlyRevokes: z.string().optional().describe('Why the caller may not keep it.'),
  why: z.string().optional().describe('Why the caller is asked.'),
  colleagues: z.string().optional().describe('What others in the groups of the person have, as this review knows it.'),
  own: z
    .object({
      verdict: z.enum(verdicts),
      at: z.iso.datetime(),
      problem: z.string().optional().describe('Why it does not count.'),
    })
    .optional()
    .describe("The caller's decision."),
})

/** By name: the bodies that the API takes and answers. */
const schemas = {
  LinkRequest: linkRequest,
  PermissionSetRequest: permissionSetRequest,
  Accepted: z.object({
    action: z.enum(['create', 'update', 'delete', 'ask', 'finish', 'approve', 'deny']),
    key: z.string().describe('The object that was written or deleted.'),
    status: z.object({
      key: z.string().describe('The object that will contain its status.'),
      path: z.string().describe('The same, read by this API.'),
    }),
  }),
  Refused: z.object({
    message: z.string(),
    errors: z.array(error).optional().describe('Left out if API Gateway itself refuses.'),
  }),
  Link: itemOf(linkName, status),
  PermissionSet: itemOf(setName, status),
  RequestRequest: requestRequest,
  ApprovalRequest: approvalRequest,
  EligibilityList: z.object({
    user: z.string().describe('The id of the caller in the identity store.'),
    name: z.string().describe("The caller's name as it stands in links."),
    eligible: z.array(eligibility),
    unusable: z.array(z.string()).describe('Names of eligibilities that are not valid and ignored.'),
    unreadGroups: z
      .string()
      .optional()
      .describe('Why ssofile could not read the groups of the caller: eligibilities for groups are then missing.'),
  }),
  Request: accessRequest,
  RequestPage: z.object({ requests: z.array(accessRequest), nextToken }),
  Decision: z.object({ key: z.string(), digest: z.string(), file: file.nullable(), status: status.nullable() }),
  ReviewList: z.object({ reviews: z.array(review) }),
  Review: review,
  ReviewItemPage: z.object({ items: z.array(item), nextToken }),
  DecisionsRequest: decisionsRequest,
  Decided: z.object({ action: z.enum(verdicts), keys: z.array(z.string()).describe('The files that were written.') }),
  LinkPage: z.object({ links: z.array(itemOf(linkName, summary)), nextToken }),
  PermissionSetPage: z.object({ permissionSets: z.array(itemOf(setName, summary)), nextToken }),
} as const
type SchemaName = keyof typeof schemas

const words: Readonly<Record<ApiKind, { one: string; request: SchemaName; page: SchemaName; item: SchemaName }>> = {
  links: { one: 'link', request: 'LinkRequest', page: 'LinkPage', item: 'Link' },
  'permission-sets': {
    one: 'permission set',
    request: 'PermissionSetRequest',
    page: 'PermissionSetPage',
    item: 'PermissionSet',
  },
}

/** The meaning of each status of a refusal. */
const refusals: Readonly<Record<string, string>> = {
  400: 'The request, or the input that it would write, is not valid. The answer lists all faults.',
  403: 'The caller may not do this there, or the request is not signed.',
  404: 'There is no such input, review or item.',
  405: 'Another method.',
  409: 'It already exists; the existing file is not a permission set that can be updated; or the review or the item is over.',
  413: 'The request is too large.',
  415: 'The content type is not application/json.',
  429: 'Too many requests.',
  503: 'S3 is busy, or the input keeps changing. Send the request again.',
}

/** The API as OpenAPI 3.1, from the schemas that parse its requests. */
export function renderOpenApi(): string {
  const document = {
    openapi: '3.1.1',
    info: {
      title: 'ssofile',
      version: '1.0.0',
      description:
        'Writes and deletes links, permission sets and requests for temporary access in the bucket, and reads their statuses; lists reviews, and takes decisions. See docs/api.md.',
      license: { name: 'MIT No Attribution', identifier: 'MIT-0' },
    },
    servers: [
      {
        url: 'https://{api}.execute-api.{region}.amazonaws.com',
        description: 'A deployment: its output ApiUrl',
        variables: { api: { default: 'api-id' }, region: { default: 'eu-west-1' } },
      },
      { url: 'http://127.0.0.1:4566/api', description: 'The local system' },
    ],
    security: [{ signature: [] }],
    paths: pathsOf(),
    components: {
      securitySchemes: {
        signature: {
          type: 'apiKey',
          name: 'Authorization',
          in: 'header',
          description: 'AWS Signature Version 4, service execute-api',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
      schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, toJsonSchema(schema)])),
    },
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

function toJsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' })
  return rest
}

const pageParameters = [
  {
    name: 'limit',
    in: 'query',
    schema: { type: 'integer', minimum: 1, maximum: limitMost, default: limitDefault },
  },
  { name: 'nextToken', in: 'query', schema: { type: 'string' } },
]

const ofWrites = ['400', '403', '404', '409', '413', '415', '429', '503']
const accepted = answers(202, 'Written or deleted; the effect takes a while.', 'Accepted', ...ofWrites)

const ofReview = { name: 'review', in: 'path', required: true, schema: { type: 'string' } }

/** The operations for temporary access and reviews, by method and path. */
const operationsOfRequests: Readonly<Record<string, object>> = {
  'get /eligibility': {
    operationId: 'list-eligibility',
    summary: 'Your name and your eligibilities',
    responses: answers(200, 'Each eligibility that you have.', 'EligibilityList', '403', '429', '503'),
  },
  'post /requests': {
    operationId: 'change-requests',
    summary: 'Ask for temporary access for yourself, withdraw it, or end it early',
    requestBody: { required: true, content: contentOf('RequestRequest') },
    responses: accepted,
  },
  'get /requests': {
    operationId: 'list-requests',
    summary: 'Requests, with the status of each',
    parameters: [
      { name: 'of', in: 'query', schema: z.toJSONSchema(z.enum(requestLists).default('mine')) },
      ...pageParameters,
    ],
    responses: answers(200, 'One page; it may be empty and not the last.', 'RequestPage', '400', '403', '429', '503'),
  },
  'get /requests/{request}': {
    operationId: 'read-request',
    summary: 'A request and its status',
    parameters: [
      { name: 'request', in: 'path', required: true, schema: { type: 'string' }, description: '<user id>/<link>' },
    ],
    responses: answers(
      200,
      '`file` is null if it is deleted and some access is left.',
      'Request',
      '400',
      '403',
      '404',
      '429',
      '503',
    ),
  },
  'post /approvals': {
    operationId: 'decide',
    summary: 'Approve or deny a request as yourself',
    requestBody: { required: true, content: contentOf('ApprovalRequest') },
    responses: accepted,
  },
  'get /approvals/{digest}': {
    operationId: 'read-decision',
    summary: 'Your decision on a request, and whether it counts',
    parameters: [{ name: 'digest', in: 'path', required: true, schema: { type: 'string' } }],
    responses: answers(200, '`status` is null if it is in order.', 'Decision', '400', '403', '404', '429', '503'),
  },
  'get /reviews': {
    operationId: 'list-reviews',
    summary: 'The reviews that have something for you; auditors and operators read all',
    responses: answers(200, 'The last run of each.', 'ReviewList', '403', '429', '503'),
  },
  'get /reviews/{review}': {
    operationId: 'read-review',
    summary: 'A review and its counts',
    parameters: [ofReview],
    responses: answers(200, 'Counts of the items that you may read.', 'Review', '403', '404', '429', '503'),
  },
  'get /reviews/{review}/items': {
    operationId: 'list-review-items',
    summary: 'The items of a review, with decisions, ends and proofs',
    parameters: [
      ofReview,
      { name: 'of', in: 'query', schema: z.toJSONSchema(z.enum(itemLists).default('waiting')) },
      ...pageParameters,
    ],
    responses: answers(200, 'One page, ascending by digest.', 'ReviewItemPage', '400', '403', '404', '429', '503'),
  },
  'post /decisions': {
    operationId: 'decide-items',
    summary: 'Keep or revoke items of a review as yourself',
    requestBody: { required: true, content: contentOf('DecisionsRequest') },
    responses: answers(202, 'Written: `own` of an item says whether it counts.', 'Decided', ...ofWrites),
  },
}

function pathsOf(): object {
  const operations = routesOf(apiChanges).flatMap((route) => {
    const [method = '', path = ''] = route.split(' ')
    return method === 'ANY' ? [] : [{ method: method.toLowerCase(), path: path.replace('+}', '}') }]
  })
  return Object.fromEntries(
    Map.groupBy(operations, ({ path }) => path)
      .entries()
      .map(([path, group]) => [path, Object.fromEntries(group.map((one) => [one.method, operationOf(one)]))]),
  )
}

function operationOf({ method, path }: { readonly method: string; readonly path: string }): object {
  const kind = apiKinds.find((one) => path.split('/')[1] === one)
  if (kind === undefined) return operationsOfRequests[`${method} ${path}`] ?? {}
  const { one, request, page, item } = words[kind]
  const parameter = /\{(\w+)\}/.exec(path)?.[1]
  if (method === 'post') {
    return {
      operationId: `change-${kind}`,
      summary: `Create${kind === 'links' ? '' : ', update'} or delete a ${one}`,
      requestBody: { required: true, content: contentOf(request) },
      responses: accepted,
    }
  }
  if (parameter === undefined) {
    return {
      operationId: `list-${kind}`,
      summary: `The ${one}s of the bucket, with the state of each`,
      parameters: pageParameters,
      responses: answers(200, 'One page; it may be empty and not the last.', page, '400', '403', '429', '503'),
    }
  }
  return {
    operationId: `read-${one.replace(' ', '-')}`,
    summary: `A ${one} and its status`,
    parameters: [{ name: parameter, in: 'path', required: true, schema: { type: 'string' } }],
    responses: answers(
      200,
      '`file` is null if it is deleted and some access is left.',
      item,
      '403',
      '404',
      '429',
      '503',
    ),
  }
}

function contentOf(name: SchemaName): object {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } }
}

/** The answer of a success, and the refusals with these statuses. */
function answers(status: number, description: string, name: SchemaName, ...refused: readonly string[]): object {
  const all = refused.map((code) => [code, { description: refusals[code], content: contentOf('Refused') }])
  return { [status]: { description, content: contentOf(name) }, ...Object.fromEntries(all) }
}
