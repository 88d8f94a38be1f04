import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { InputQueue } from '../../domain/inputs/kind.ts'
import { kindAt, kinds, ownerOf, subjectOf } from '../../domain/inputs/kinds.ts'
import { type InputMessage, inputMessage } from '../../domain/links/input-message.ts'
import { uploaderWithoutSession } from '../../domain/links/uploader-without-session.ts'
import { shareOf } from '../../domain/messages/folder-share.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { type FunctionName, functionSettings } from '../../ports/deployment-settings.ts'
import type { Ports } from '../../ports/ports.ts'
import type { OutgoingMessage } from '../../ports/queues.ts'
import { deduplicationId, groupId } from './lanes.ts'

/**
 * Who uploaded or deleted a file decides in policies, counts and history. S3 alone knows it, and the router alone hears it from S3. The
 * function of the queue sends a message again, and `redrive` takes one out of the dead-letter queue and asks the same question before. From
 * anybody else a message is only a hint: the file is looked at, and its uploader is the one in its status, or nobody knows.
 */
export function withoutForeignAuthor(
  { by, isByApi, ...hint }: InputMessage,
  queues: readonly InputQueue[],
  sender: FunctionName | undefined,
): InputMessage {
  const isOfQueue = sender && functionSettings[sender].queues?.some(({ name }) => queues.some((one) => one === name))
  const isBelieved = sender === 'router' || sender === 'redrive' || isOfQueue
  return isBelieved ? { ...hint, ...(by && { by }), ...(isByApi && { isByApi }) } : hint
}

/**
 * Parses a message of this queue. `sender`: the function that sent it. An author counts only if that function knows the author. Throws SyntaxError or ZodError if it is not one, and an Error for a key of another queue: that key would
 * get a status although it is no input. Each receive gets its own id. A second look may write the status again, and SQS must not drop its
 * hints as repeats of the first look.
 */
export function parseInput(
  queue: InputQueue | readonly InputQueue[],
  { body, receiveCount }: { readonly body: string; readonly receiveCount: string | number },
  sender: FunctionName | undefined,
): InputMessage {
  const queues = [queue].flat()
  const message = withoutForeignAuthor(inputMessage.parse(JSON.parse(body)), queues, sender)
  if (queues.some((one) => one === queueOfInput(message))) return { ...message, id: `${message.id}/${receiveCount}` }
  throw new Error(
    `received the key '${quote(message.key)}' on the queue ${queues.join(', ')}, expected one that belongs there`,
  )
}

/** The event of a look at a file whose user is suspended. Such looks go into the queue for work that takes access away. */
export const userIsSuspended = 'its user is suspended'

/** The event of an input whose instant has come. */
export const dueEvent = 'its time has come'

/**
 * The queue of a message; `undefined`: no input has such a key. The table of queues is in kinds.ts. Changes that take access away from a
 * person now, such as a suspension or the deletion of a membership or a person, have their own queue, which nothing else can fill. The
 * deletion of a request stays with the requests (`messagesOf`), because their order counts. There each person has a message group.
 */
export function queueOfInput({ key, event }: Pick<InputMessage, 'key' | 'event'>): InputQueue | undefined {
  const kind = kindAt(key)
  return isDeletion(event) || event === userIsSuspended ? (kind?.queueOfEnd ?? kind?.queue) : kind?.queue
}

/**
 * The message groups of one share of a queue. SQS gives each group its turn, so a share has few groups: however many files somebody
 * uploads, other people's files wait only for a few batches of them. Deletions may revoke, so they have their own groups and overtake all
 * uploads. Looks that ssofile starts by itself also have their own groups, and looks at a due instant have yet others, because hundreds of
 * them may come in a minute. The order between groups does not matter, because ssofile reads each file as it is now.
 *
 * | input                             | whose share it is                                  | groups |
 * | --------------------------------- | -------------------------------------------------- | ------ |
 * | link                              | the folder's                                       | 8      |
 * | request, approval, decision       | the person's: only this person can write them      | 1      |
 * | the same, if it overtakes others  | the person's                                       | 2      |
 * | the same, if it failed before     | the person's                                       | 8      |
 * | rule                              | all rules share one listing of the directory       | 1      |
 * | any other                         | the uploader's                                     | 8      |
 * | any other, in `urgent`            | the uploader's                                     | 2      |
 * | any other that failed before      | its own                                            | 1      |
 *
 * Two groups of each kind of message use up the directory's 20 calls a second. With more, throttled processes would delay the suspension of
 * somebody else.
 */
const groupsOfShare = { urgent: 2, overtaking: 2, other: 8 }

function groupOfInput(message: InputMessage, folders: readonly string[]): string {
  const { key, event, isAlone, overtakes, by } = message
  const owner = ownerOf(key)
  // Any number of keys are a person's own, so even a failed message has no group of its own.
  if (isAlone) return groupId(owner === undefined ? key : `failed of ${owner} ${placeAmong(groupsOfShare.other, key)}`)
  if (overtakes) return groupId(`overtaking of ${owner} ${placeAmong(groupsOfShare.overtaking, key)}`)
  const kind = kindAt(key)
  const subject = subjectOf(key)
  if (kind?.share === 'subject') return groupId(`requests of ${subject}`)
  const isOfFolder = kind?.share === 'folder'
  const isAgain = by === undefined && !isOfFolder
  const share = isOfFolder ? shareOf(key, folders) : `files of ${uploaderWithoutSession(by) ?? 'nobody known'}`
  const groups = groupsOfShare[queueOfInput(message) === 'urgent' ? 'urgent' : 'other']
  const place = placeAmong(groups, subject)
  const turn = event === dueEvent ? 'due' : 'again'
  return groupId(`${share} ${isDeletion(event) ? 'deleted' : isAgain ? turn : 'there'} ${place}`)
}

/** Spreads a share over its groups; always the same one for the same text. */
function placeAmong(groups: number, text: string): number {
  return Number.parseInt(groupId(text).slice(0, 8), 16) % groups
}

/** Whether S3's name of the event says that the object was deleted. The answer decides only the order of work. */
export function isDeletion(event: string): boolean {
  return event.startsWith('ObjectRemoved')
}

export function toOutgoing(message: InputMessage, { folders }: Pick<Configuration, 'folders'>): OutgoingMessage {
  return {
    body: JSON.stringify(message),
    groupId: groupOfInput(message, folders),
    deduplicationId: deduplicationId(message.id, message.key),
  }
}

/**
 * The messages of a change in the bucket. The deletion of a request may end access, so one look does not wait behind the files of its
 * person. Another look keeps the order of that person's requests. Both may run at the same time, as a look after an approval may: each write
 * has a condition, and history has each event once. The looks that overtake share two groups of their person: SQS gives each group its
 * turn, so thousands of groups would wait like thousands of people.
 */
export function messagesOf(message: InputMessage, configuration: Pick<Configuration, 'folders'>): OutgoingMessage[] {
  const isEnd = isDeletion(message.event) && kindAt(message.key) === kinds.request
  const overtaking = { ...message, id: `${message.id}/end`, overtakes: true } as const
  return (isEnd ? [overtaking, message] : [message]).map((one) => toOutgoing(one, configuration))
}

/** A failed message leaves the group that it shares, so it blocks none of the others there. */
export async function sendAlone(
  queues: Ports['queues'],
  message: InputMessage,
  configuration: Pick<Configuration, 'folders'>,
): Promise<void> {
  const queue = queueOfInput(message)
  if (queue) await queues.send(queue, [toOutgoing({ ...message, isAlone: true }, configuration)])
}

/** Sends a message again, behind those that wait in its group. */
export async function sendLater(
  { queues, randomness }: Pick<Ports, 'queues' | 'randomness'>,
  message: InputMessage,
  configuration: Pick<Configuration, 'folders'>,
): Promise<void> {
  const queue = queueOfInput(message)
  // SQS drops a message with a known id.
  if (queue) await queues.send(queue, [toOutgoing({ ...message, id: randomness.id() }, configuration)])
}

/**
 * Asks for a look at each of these inputs. `event`: the reason. `user`: for a membership, a user to look at in addition to the one who has
 * the name now.
 */
export async function sendEach(
  { queues, randomness }: Pick<Ports, 'queues' | 'randomness'>,
  inputs: readonly Pick<InputMessage, 'key' | 'user' | 'due'>[],
  event: string,
  configuration: Pick<Configuration, 'folders'>,
  id: string = randomness.id(),
): Promise<void> {
  for (const [queue, ofQueue] of Map.groupBy(inputs, ({ key }) => queueOfInput({ key, event }))) {
    const messages = ofQueue.map((input) => toOutgoing({ v: 1, id, event, ...input }, configuration))
    if (queue) await queues.send(queue, messages)
  }
}

/**
 * Asks for a new look at these inputs. `event`: the reason, for the log. Skips keys that are no inputs. `id`: SQS drops a look at the same
 * input that was asked for under it within five minutes.
 */
export async function sendInputs(
  ports: Pick<Ports, 'queues' | 'randomness'>,
  keys: readonly string[],
  event: string,
  configuration: Pick<Configuration, 'folders'>,
  id?: string,
): Promise<void> {
  const inputs = keys.map((key) => ({ key }))
  await sendEach(ports, inputs, event, configuration, id)
}
