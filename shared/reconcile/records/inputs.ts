import { quote } from '../../domain/complaint.ts'
import { type InputMessage, inputMessage } from '../../domain/input-message.ts'
import { linkPrefix } from '../../domain/link.ts'
import { renderMessageBody } from '../../domain/message-body.ts'
import { permissionSetPrefix } from '../../domain/permission-set-file.ts'
import type { Ports } from '../../ports/ports.ts'
import type { OutgoingMessage, WorkedQueue } from '../../ports/queues.ts'
import { deduplicationId, groupId } from './lanes.ts'

/** The queue for an input key; `undefined`: it is no input. */
export function queueOf(key: string): Extract<WorkedQueue, 'links' | 'permission-sets'> | undefined {
  if (key.startsWith(linkPrefix)) return 'links'
  return key.startsWith(permissionSetPrefix) ? 'permission-sets' : undefined
}

/**
 * A message of this queue. Throws SyntaxError or ZodError where it is none, and for a key of another queue, which would
 * get a status although it is no input. Each receive has its own id: a second look may write the status again, and SQS
 * must not drop its hints as repeats of the first.
 */
export function parseInput(
  queue: ReturnType<typeof queueOf>,
  { body, receiveCount }: { readonly body: string; readonly receiveCount: string | number },
): InputMessage {
  const message = inputMessage.parse(JSON.parse(body))
  if (queueOf(message.key) === queue) return { ...message, id: `${message.id}/${receiveCount}` }
  throw new Error(`received the key '${quote(message.key)}' on the queue ${queue}, expected one that it is for`)
}

/** One group per key: the messages of one input stay in order, and hold up no other input. */
export function toOutgoing(message: InputMessage): OutgoingMessage {
  return {
    body: renderMessageBody(message),
    groupId: groupId(message.key),
    deduplicationId: deduplicationId(message.id, message.key),
  }
}

/** Has these inputs looked at again; `event` says why, for the log. Keys of no input are left out. */
export async function sendInputs(
  { queues, randomness }: Pick<Ports, 'queues' | 'randomness'>,
  keys: readonly string[],
  event: string,
): Promise<void> {
  const id = randomness.id()
  for (const queue of ['links', 'permission-sets'] as const) {
    const messages = keys.filter((key) => queueOf(key) === queue).map((key) => toOutgoing({ v: 1, key, id, event }))
    if (messages.length > 0) await queues.send(queue, messages)
  }
}
