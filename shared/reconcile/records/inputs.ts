import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { InputQueue } from '../../domain/inputs/kind.ts'
import { kindAt, subjectOf } from '../../domain/inputs/kinds.ts'
import { type InputMessage, inputMessage } from '../../domain/links/input-message.ts'
import { uploaderWithoutSession } from '../../domain/links/uploader-without-session.ts'
import { shareOf } from '../../domain/messages/folder-share.ts'
import { renderMessageBody } from '../../domain/messages/message-body.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import type { Ports } from '../../ports/ports.ts'
import type { OutgoingMessage } from '../../ports/queues.ts'
import { deduplicationId, groupId } from './lanes.ts'

/**
 * A message of this queue. Throws SyntaxError or ZodError where it is none, and for a key of another queue, which would
 * get a status although it is no input. Each receive has its own id: a second look may write the status again, and SQS
 * must not drop its hints as repeats of the first.
 */
export function parseInput(
  queue: InputQueue | readonly InputQueue[],
  { body, receiveCount }: { readonly body: string; readonly receiveCount: string | number },
): InputMessage {
  const message = inputMessage.parse(JSON.parse(body))
  const queues = [queue].flat()
  if (queues.some((one) => one === queueOfInput(message))) return { ...message, id: `${message.id}/${receiveCount}` }
  throw new Error(
    `received the key '${quote(message.key)}' on the queue ${queues.join(', ')}, expected one that it is for`,
  )
}

/** The queues of the function `requests`. */
export const queuesOfPeople = ['requests', 'people', 'urgent'] as const satisfies readonly InputQueue[]

/** Why a file of a person is looked at who is suspended: it goes with what takes access away. */
export const userIsSuspended = 'its user is suspended'

/**
 * The queue of a message; `undefined`: S3 tells of no such key. The table is kinds.ts: what takes access away from a person now, a
 * suspension or the deletion of a membership or a person, has a queue that nothing else can fill. The deletion of a request stays
 * with the requests, whose order counts; each person has a message group of their own there.
 */
export function queueOfInput({ key, event }: Pick<InputMessage, 'key' | 'event'>): InputQueue | undefined {
  const kind = kindAt(key)
  return isDeletion(event) || event === userIsSuspended ? (kind?.queueOfEnd ?? kind?.queue) : kind?.queue
}

/**
 * A share of a queue has few message groups, since SQS gives each group its turn: however many files somebody uploads, those of the
 * others wait for a few batches of them. A deletion may revoke, so it is in groups of its own and overtakes all uploads, and what
 * ssofile looks at again by itself is in others; the order does not matter, since a file is read as it is now.
 *
 * | input                      | whose share it is                                  | groups |
 * | -------------------------- | -------------------------------------------------- | ------ |
 * | link                       | its folder's                                       | 8      |
 * | request, approval          | the person's, who alone can write them             | 1      |
 * | rule                       | all of them share a listing of the directory       | 1      |
 * | any other                  | its uploader's                                     | 8      |
 * | the same, in `urgent`      | its uploader's                                     | 2      |
 *
 * Two groups use up the 20 calls a second of the directory; with more, processes that are refused hold up a suspension of somebody else.
 */
const groupsOfShare = { urgent: 2, other: 8 }

function groupOfInput(message: InputMessage, folders: readonly string[]): string {
  const { key, event, isAlone, by } = message
  if (isAlone) return groupId(key)
  const kind = kindAt(key)
  const subject = subjectOf(key)
  if (kind?.share === 'subject') return groupId(`requests of ${subject}`)
  const isOfFolder = kind?.share === 'folder'
  const isAgain = by === undefined && !isOfFolder
  const share = isOfFolder ? shareOf(key, folders) : `files of ${uploaderWithoutSession(by) ?? 'nobody known'}`
  const groups = groupsOfShare[queueOfInput(message) === 'urgent' ? 'urgent' : 'other']
  const place = Number.parseInt(groupId(subject).slice(0, 8), 16) % groups
  return groupId(`${share} ${isDeletion(event) ? 'deleted' : isAgain ? 'again' : 'there'} ${place}`)
}

/** By S3's name of the event, which decides on the order alone. */
function isDeletion(event: string): boolean {
  return event.startsWith('ObjectRemoved')
}

export function toOutgoing(message: InputMessage, { folders }: Pick<Configuration, 'folders'>): OutgoingMessage {
  return {
    body: renderMessageBody(message),
    groupId: groupOfInput(message, folders),
    deduplicationId: deduplicationId(message.id, message.key),
  }
}

/** A failed message gets its own group, so it blocks no other message. */
export async function sendAlone(
  queues: Ports['queues'],
  message: InputMessage,
  configuration: Pick<Configuration, 'folders'>,
): Promise<void> {
  const queue = queueOfInput(message)
  if (queue) await queues.send(queue, [toOutgoing({ ...message, isAlone: true }, configuration)])
}

/** Has each of these inputs looked at; `event` says why. `user`: of a membership, besides the user who has the name now. */
export async function sendEach(
  { queues, randomness }: Pick<Ports, 'queues' | 'randomness'>,
  inputs: readonly Pick<InputMessage, 'key' | 'user'>[],
  event: string,
  configuration: Pick<Configuration, 'folders'>,
): Promise<void> {
  const id = randomness.id()
  for (const [queue, ofQueue] of Map.groupBy(inputs, ({ key }) => queueOfInput({ key, event }))) {
    const messages = ofQueue.map((input) => toOutgoing({ v: 1, id, event, ...input }, configuration))
    if (queue) await queues.send(queue, messages)
  }
}

/** The same for one input. */
export async function sendInput(
  { queues, randomness }: Pick<Ports, 'queues' | 'randomness'>,
  input: Pick<InputMessage, 'key' | 'user'>,
  event: string,
  configuration: Pick<Configuration, 'folders'>,
): Promise<void> {
  await sendEach({ queues, randomness }, [input], event, configuration)
}

/** Has these inputs looked at again; `event` says why, for the log. Keys of no input are left out. */
export async function sendInputs(
  { queues, randomness }: Pick<Ports, 'queues' | 'randomness'>,
  keys: readonly string[],
  event: string,
  configuration: Pick<Configuration, 'folders'>,
): Promise<void> {
  await sendEach(
    { queues, randomness },
    keys.map((key) => ({ key })),
    event,
    configuration,
  )
}
