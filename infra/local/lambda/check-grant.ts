import type { FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { queueNameOnTheWire } from '../../../shared/aws/queue-name-on-the-wire.ts'
import type { QueueName } from '../../../shared/ports/queues.ts'
import {
  accountAccessActionsOf,
  directoryActionsOf,
  type FunctionPermissions,
  identityCenterActionsOf,
  organizationsActions,
  policyCheckActions,
} from '../../function-permissions.ts'
import { refuse } from '../faults/render-refusal.ts'
import { serviceCallOf } from '../faults/service-call.ts'
import { parseS3Request } from '../s3/s3-request.ts'

/** Answers a call with its service's refusal if the role of `who` lacks the right; `undefined`: it has it. */
export function refuseUnlessGranted(
  permissions: FunctionPermissions,
  who: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  const call = serviceCallOf(request)
  if (call === undefined || isGranted(permissions, request)) return undefined
  const isOlder = ['s3', 'sqs', 'sts', 'iam', 'sns'].includes(call.service)
  const code = isOlder ? 'AccessDenied' : 'AccessDeniedException'
  const message = `the role of ${who} is not granted ${call.operation} of ${request.url}`
  return refuse({ service: call.service, code, message }, request, reply)
}

/** Whether a role of a deployment with these permissions may make this call. */
function isGranted(permissions: FunctionPermissions, request: FastifyRequest): boolean {
  const call = serviceCallOf(request)
  const { organizations, identityCenter, auditorRole, hygieneRole, outcomes } = permissions
  const { operation = '' } = call ?? {}
  switch (call?.service) {
    case 's3':
      return mayUseBucket(permissions, operation, parseS3Request(request)?.key ?? '')
    case 'sqs':
      return mayUseQueue(permissions, operation, request.body)
    case 'sso-admin':
      if (operation === 'ListInstances') return identityCenter !== undefined
      return includes(identityCenterActionsOf(permissions), operation)
    case 'identitystore':
      return includes(directoryActionsOf(permissions), operation)
    case 'organizations':
      return organizations !== undefined && includes(Object.values(organizationsActions).flat(), operation)
    case 'account-access':
      return includes(accountAccessActionsOf(permissions), operation)
    case 'access-analyzer':
      return permissions.policyChecks !== undefined && includes(policyCheckActions, operation)
    // The role of an account is not checked here: its credentials do not carry a function's session.
    case 'sts':
      return (
        operation === 'GetCallerIdentity' ||
        (operation === 'AssumeRole' && (organizations === 'tags' || (auditorRole ?? hygieneRole) !== undefined))
      )
    case 'iam':
      return permissions.ownRoles !== undefined && operation === 'GetRole'
    case 'events':
      return outcomes === 'publish' && operation === 'PutEvents'
    case 'sns':
      return outcomes === 'deliver' && operation === 'Publish'
    case 'secretsmanager':
      return (outcomes === 'deliver' || permissions.pageSecret !== undefined) && operation === 'GetSecretValue'
    default:
      return false
  }
}

function mayUseBucket(
  { read = [], write = [], put = [], remove = [], versions }: FunctionPermissions,
  operation: string,
  key: string,
): boolean {
  const isIn = (prefixes: readonly string[]) => prefixes.some((prefix) => key.startsWith(prefix))
  switch (operation) {
    case 'ListObjectsV2':
      return true
    case 'ListObjectVersions':
      return versions !== undefined
    case 'GetObject':
    case 'HeadObject':
      return key === 'control/owner.json' || isIn([...read, ...write, ...put, ...remove])
    case 'PutObject':
      return isIn([...write, ...put])
    case 'DeleteObject':
      return isIn([...write, ...remove])
    default:
      return false
  }
}

const aboutQueue = z.object({ QueueUrl: z.string() })

function mayUseQueue(
  { send = [], receive = [], outcomes }: FunctionPermissions,
  operation: string,
  body: unknown,
): boolean {
  const url = aboutQueue.safeParse(body).data?.QueueUrl ?? ''
  const isOf = (queues: readonly QueueName[]) => queues.some((queue) => url.endsWith(`/${queueNameOnTheWire(queue)}`))
  if (operation === 'SendMessage' || operation === 'SendMessageBatch') return isOf(send)
  if (outcomes === 'deliver' && operation === 'ChangeMessageVisibilityBatch') return isOf(['digests'])
  const isReceiving = ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibilityBatch'].includes(operation)
  return isReceiving && isOf(receive)
}

function includes(actions: readonly string[], operation: string): boolean {
  return actions.includes(operation)
}
