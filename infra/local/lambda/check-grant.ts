import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { queueNameOnTheWire } from '../../../shared/aws/queue-name-on-the-wire.ts'
import type { FunctionName } from '../../../shared/ports/deployment-settings.ts'
import type { QueueName } from '../../../shared/ports/queues.ts'
import {
  directoryActions,
  functionPermissions,
  identityCenterActions,
  organizationsActions,
} from '../../function-permissions.ts'
import { serviceCallOf } from '../faults/service-call.ts'
import { parseS3Request } from '../s3/s3-request.ts'

/** Whether the role of a function may make this call: what a deployment grants it, and nothing else. */
export function isGranted(name: FunctionName, request: FastifyRequest): boolean {
  const call = serviceCallOf(request)
  const { organizations, directory, identityCenter } = functionPermissions[name]
  const { operation = '' } = call ?? {}
  switch (call?.service) {
    case 's3':
      return mayUseBucket(name, operation, parseS3Request(request)?.key ?? '')
    case 'sqs':
      return mayUseQueue(name, operation, request.body)
    case 'sso-admin':
      if (operation === 'ListInstances') return identityCenter !== undefined
      return identityCenter === 'change' && includes(identityCenterActions, operation)
    case 'identitystore':
      return directory !== undefined && includes(directoryActions, operation)
    case 'organizations':
      return organizations !== undefined && includes(Object.values(organizationsActions).flat(), operation)
    default:
      return false
  }
}

function mayUseBucket(name: FunctionName, operation: string, key: string): boolean {
  const { read = [], write = [], put = [] } = functionPermissions[name]
  const isIn = (prefixes: readonly string[]) => prefixes.some((prefix) => key.startsWith(prefix))
  switch (operation) {
    case 'ListObjectsV2':
      return true
    case 'GetObject':
    case 'HeadObject':
      return key === 'control/owner.json' || isIn([...read, ...write, ...put])
    case 'PutObject':
      return isIn([...write, ...put])
    case 'DeleteObject':
      return isIn(write)
    default:
      return false
  }
}

const aboutQueue = z.object({ QueueUrl: z.string() })

function mayUseQueue(name: FunctionName, operation: string, body: unknown): boolean {
  const { send = [], receive = [] } = functionPermissions[name]
  const url = aboutQueue.safeParse(body).data?.QueueUrl ?? ''
  const isOf = (queues: readonly QueueName[]) => queues.some((queue) => url.endsWith(`/${queueNameOnTheWire(queue)}`))
  if (operation === 'SendMessage' || operation === 'SendMessageBatch') return isOf(send)
  const isReceiving = ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility'].includes(operation)
  return isReceiving && isOf(receive)
}

function includes(actions: readonly string[], operation: string): boolean {
  return actions.includes(operation)
}
