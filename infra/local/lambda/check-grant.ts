import type { FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { queueNameOnTheWire } from '../../../shared/aws/queue-name-on-the-wire.ts'
import { deadLetterQueues, type QueueName } from '../../../shared/ports/queues.ts'
import { mayUse, type Rights } from '../../../shared/ports/rights.ts'
import {
  accountAccessActionsOf,
  directoryActionsOf,
  identityCenterActionsOf,
  organizationsActions,
  policyCheckActions,
} from '../../function-permissions.ts'
import { refuse } from '../faults/render-refusal.ts'
import { serviceCallOf } from '../faults/service-call.ts'
import { parseS3Request } from '../s3/s3-request.ts'

/** Answers a call with its service's refusal if the role of `who` lacks the right; `undefined`: it has it. */
export function refuseUnlessGranted(
  permissions: Rights,
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
function isGranted(permissions: Rights, request: FastifyRequest): boolean {
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

function mayUseBucket(rights: Rights, operation: string, key: string): boolean {
  switch (operation) {
    case 'ListObjectsV2':
      return true
    case 'ListObjectVersions':
      return rights.versions !== undefined
    case 'GetObject':
    case 'HeadObject':
      return mayUse(rights, 'read', key)
    case 'PutObject':
      return mayUse(rights, 'put', key)
    case 'DeleteObject':
      return mayUse(rights, 'delete', key)
    default:
      return false
  }
}

const aboutQueue = z.object({ QueueUrl: z.string() })

function mayUseQueue(
  { send = [], receive = [], deadLetters, outcomes }: Rights,
  operation: string,
  body: unknown,
): boolean {
  const url = aboutQueue.safeParse(body).data?.QueueUrl ?? ''
  const isOf = (queues: readonly QueueName[]) => queues.some((queue) => url.endsWith(`/${queueNameOnTheWire(queue)}`))
  if (operation === 'SendMessage' || operation === 'SendMessageBatch') return isOf(send)
  if (outcomes === 'deliver' && operation === 'ChangeMessageVisibilityBatch') return isOf(['digests'])
  const isReceiving = ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibilityBatch'].includes(operation)
  return isReceiving && (isOf(receive) || (deadLetters !== undefined && isOf(deadLetterQueues)))
}

function includes(actions: readonly string[], operation: string): boolean {
  return actions.includes(operation)
}
