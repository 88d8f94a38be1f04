import type { FastifyRequest } from 'fastify'
import { parseLooseJson } from '../../../shared/domain/json/loose-json.ts'
import { serviceCallOf } from '../faults/service-call.ts'
import { resourceOf as s3ResourceOf, verbs } from '../sessions/add-person-sessions.ts'

export type BreakGlassCall = {
  readonly service: string
  readonly operation: string
  readonly input: Readonly<Record<string, string>>
  /** For S3: the bucket or the object. */
  readonly resource?: string | undefined
}

/** Services that only break-glass calls here: EC2 in its query protocol, CloudTrail in JSON. */
const ec2Version = '2016-11-15'
const cloudTrailTarget = /CloudTrail_20131101\.(\w+)$/
const prefixes: Readonly<Record<string, string>> = { 'sso-admin': 'sso' }

export function breakGlassCallOf(request: FastifyRequest): BreakGlassCall | undefined {
  const input = inputOf(request)
  if (input.Version === ec2Version) return { service: 'ec2', operation: input.Action ?? '', input }
  const [, trail] = cloudTrailTarget.exec(String(request.headers['x-amz-target'] ?? '')) ?? []
  if (trail !== undefined) return { service: 'cloudtrail', operation: trail, input }
  const call = serviceCallOf(request)
  if (call === undefined) return undefined
  if (call.service === 's3')
    return {
      service: 's3',
      operation: verbs[call.operation] ?? call.operation,
      input: {},
      resource: s3ResourceOf(request),
    }
  return { service: prefixes[call.service] ?? call.service, operation: call.operation, input }
}

/** A form arrives parsed; this reads JSON itself. Only texts count. */
function inputOf({ body, headers }: FastifyRequest): Readonly<Record<string, string>> {
  const isLookedAt = /^AWSEvents|CloudTrail_/.test(String(headers['x-amz-target'] ?? ''))
  const isText = typeof body === 'string' || Buffer.isBuffer(body)
  const parsed = isText ? (isLookedAt ? parseLooseJson(body.toString()) : undefined) : body
  if (typeof parsed !== 'object' || parsed === null) return {}
  return Object.fromEntries(
    Object.entries(parsed).flatMap(([name, value]) => (typeof value === 'object' ? [] : [[name, String(value)]])),
  )
}

/** The resource of a call, in the notation of policies; if a call names none, all resources. */
export function resourceOf(
  { service, operation, input, resource }: BreakGlassCall,
  account: string,
  userArnOf: (name: string | undefined) => string,
): string {
  if (resource !== undefined) return resource
  const iam = `arn:aws:iam::${account}:`
  if (service === 'iam') {
    if (operation === 'CreateVirtualMFADevice') return `${iam}mfa/${input.VirtualMFADeviceName ?? ''}`
    if (operation === 'DeleteVirtualMFADevice') return input.SerialNumber ?? ''
    if (operation === 'ListVirtualMFADevices' || operation.includes('AccountPasswordPolicy')) return '*'
    if (input.RoleName !== undefined) return `${iam}role/${input.RoleName}`
    if (operation === 'ListRoles') return `${iam}role/`
    return userArnOf(input.UserName)
  }
  if (service === 'events') return `arn:aws:events:us-east-1:${account}:rule/${input.Name ?? ''}`
  if (service === 'cloudtrail' && input.Name !== undefined)
    return `arn:aws:cloudtrail:us-east-1:${account}:trail/${input.Name}`
  if (service === 'ec2' && input.VolumeId !== undefined)
    return `arn:aws:ec2:us-east-1:${account}:volume/${input.VolumeId}`
  const instance = input['InstanceId.1']
  return service === 'ec2' && instance !== undefined ? `arn:aws:ec2:us-east-1:${account}:instance/${instance}` : '*'
}
