import type { IncomingHttpHeaders } from 'node:http'
import { permissionsOf, type RoleName } from '../../infra/function-permissions.ts'
import { operatorRole } from '../../infra/local/add-roles-of-people.ts'
import { functionNames } from '../../shared/ports/deployment-settings.ts'
import { isWithin, placesOfRights } from '../../shared/ports/rights.ts'
import type { RecordedCall } from '../infra/permissions/compare-calls.ts'

type Request = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Of calls to SQS and STS. */
  readonly body: string
}

const services: Readonly<Record<string, string>> = {
  SWBExternalService: 'sso',
  AWSIdentityStore: 'identitystore',
  AWSOrganizationsV20161128: 'organizations',
  AWSEvents: 'events',
}

const policyChecks: Readonly<Record<string, string>> = {
  '/policy/validation': 'ValidatePolicy',
  '/policy/check-no-new-access': 'CheckNoNewAccess',
}

/**
 * What IAM would be asked about this request; `undefined`: neither a function made it nor a command in the role of operators.
 * What a test tries in that role by the AWS CLI does not count.
 */
export function parseRecordedCall({ method, url, headers, body }: Request): RecordedCall | undefined {
  // As the SDK writes `userAgentAppId`; Powertools adds its own in capitals. (SDKs and Tools Reference Guide, "Application ID".)
  const [, app] = / app\/([a-z]+(?:-[a-z]+)*)/.exec(headers['user-agent'] ?? '') ?? []
  const isCommand = headers['user-agent']?.startsWith('aws-sdk-js') === true
  const isOperator = isCommand && headers.authorization?.includes(`Credential=${operatorRole}/`) === true
  const name = isOperator ? 'operator' : app
  if (name === undefined) return undefined
  const [, rest] = /^\/(applications|entitlements)-list$/.exec(url) ?? []
  if (rest !== undefined)
    return { name, action: `account-access:List${rest === 'applications' ? 'A' : 'E'}${rest.slice(1)}` }
  const check = policyChecks[url.split('?')[0] ?? '']
  if (check !== undefined) return { name, action: `access-analyzer:${check}` }
  const [prefix = '', operation = ''] = String(headers['x-amz-target'] ?? '').split('.')
  const path = decodeURIComponent(url.split('?')[0] ?? '')
  // A batch needs the right of its single action. (SQS Developer Guide, "Actions, resources, and condition keys".)
  if (prefix === 'AmazonSQS')
    return {
      name,
      action: `sqs:${operation.replace(/Batch$/, '')}`,
      queue: /"QueueUrl":"[^"]*\/([^"/]+)"/.exec(body)?.[1] ?? '',
    }
  if (isForm(headers['content-type'])) return parseQueryCall(name, new URLSearchParams(body))
  // Rules of break-glass, the auditor's role lists.
  if (prefix === 'AWSEvents' && /^(List|Describe)/.test(operation)) return undefined
  if (prefix !== '') return { name, action: `${services[prefix] ?? prefix}:${operation}` }
  const key = path.split('/').slice(2).join('/')
  return key === '' ? { name, action: 's3:ListBucket', key } : { name, action: objectAction(method), key: kindOf(key) }
}

/** The query protocol's. S3 has no forms here. */
export function isForm(contentType: string | undefined): boolean {
  return contentType?.startsWith('application/x-www-form-urlencoded') === true
}

/** What IAM is asked, the auditor's role asks. GetCallerIdentity needs no right. (STS API Reference.) */
function parseQueryCall(name: string, form: URLSearchParams): RecordedCall | undefined {
  if (form.get('Action') === 'Publish') return { name, action: 'sns:Publish' }
  return form.get('Action') === 'AssumeRole' ? { name, action: 'sts:AssumeRole' } : undefined
}

/** Service Authorization Reference, "Amazon S3": reading the metadata of an object is GetObject too. */
function objectAction(method: string): string {
  return { GET: 's3:GetObject', HEAD: 's3:GetObject', PUT: 's3:PutObject', DELETE: 's3:DeleteObject' }[method] ?? method
}

const roles: readonly RoleName[] = [...functionNames, 'operator']
const places = [...new Set(roles.flatMap((role) => placesOfRights(permissionsOf(role))))].filter(
  (place) => place !== '',
)

/** The narrowest place of any right with this key: few kinds, of thousands of keys. */
function kindOf(key: string): string {
  const [narrowest] = places.filter((place) => isWithin(place, key)).sort((a, b) => b.length - a.length)
  return narrowest ?? key.slice(0, key.indexOf('/') + 1)
}
