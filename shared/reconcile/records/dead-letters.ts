import * as z from 'zod'
import { inputQueues } from '../../domain/inputs/kind.ts'
import { parseLooseJson } from '../../domain/json/loose-json.ts'
import { inputMessage } from '../../domain/links/input-message.ts'
import { withoutUploader } from '../../domain/messages/s3-event.ts'
import type { FunctionName } from '../../ports/deployment-settings.ts'
import type { Ports } from '../../ports/ports.ts'
import {
  type DeadLetterQueue,
  isFifo,
  type ReceivedMessage,
  type WorkedQueue,
  workedQueues,
} from '../../ports/queues.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { forgetFailure, readFailure } from './failures.ts'
import { withoutForeignAuthor } from './inputs.ts'
import { StatusStore } from './status-store.ts'

export type RedrivenQueue = Exclude<WorkedQueue, 'dispatch'>

/** A message in a dead-letter queue, and why it failed. */
export const deadLetter = z.object({
  queue: z.enum(workedQueues).exclude(['dispatch']),
  messageId: z.string(),
  sentAt: z.iso.datetime(),
  /** How often its handler tried it; absent: not recorded. (SQS's own count also grows when a person looks.) */
  tries: z.number().optional(),
  /** The keys of its inputs; empty: unknown. */
  about: z.array(z.string()),
  /** The errors of its last try, the cause last; empty: only the log has them. */
  errors: z.array(z.string()),
  failedAt: z.string().optional(),
  /** Why the message itself is invalid and would fail again. */
  fault: z.string().optional(),
  /** The present status of its input. */
  status: z.string().optional(),
  body: z.string(),
})
export type DeadLetter = Readonly<z.infer<typeof deadLetter>>

/** The inputs of a message, or its fault. `sender`: the function that sent it. */
export type JudgeMessage = (
  queue: RedrivenQueue,
  message: ReceivedMessage,
  sender: FunctionName | undefined,
) => { readonly about: string[]; readonly fault?: string }

const batchMost = 10

export function deadLetterQueueOf(queue: RedrivenQueue): DeadLetterQueue {
  return `${queue}-dead`
}

/** The URL of a dead-letter queue: `-dead` before the suffix of FIFO queues. */
export function deadLetterUrl(url: string): string {
  return url.replace(/(\.fifo)?$/, '-dead$1')
}

/** Long enough to send a message again and to delete it. */
const hiddenSeconds = 60

type LookedAt = { readonly queue: RedrivenQueue; readonly judge: JudgeMessage; readonly most?: number }

/**
 * Reads one dead-letter queue and treats each message as `decide` says. `put-back` sends it to its queue, then deletes it (a
 * process that dies in between leaves it in both, which does no harm). `discard` deletes it: the next reconcile finds its
 * input. The others become visible again at the end, also one that was put back and has failed again since. SQS shows ten messages of
 * one input at a time; the next ones show when these are gone. Ends after `most` messages.
 */
export async function workOnDeadLetters(
  ports: Ports,
  { queue, judge, most = Number.POSITIVE_INFINITY }: LookedAt,
  decide: (letter: DeadLetter) => 'leave' | 'put-back' | 'discard',
) {
  const { queues } = ports
  const dead = deadLetterQueueOf(queue)
  const letters = new Map<string, DeadLetter>()
  const left = new Map<string, ReceivedMessage>()
  const sent = new Set<string>()
  const ended: { letter: DeadLetter; done: 'left' | 'put-back' | 'discarded' }[] = []
  while (ended.length < most) {
    const messages = await queues.receive(dead, { most: batchMost, waitSeconds: 1 })
    // A message that was left became visible again by itself, so all messages have been seen.
    if (messages.every(({ messageId }) => left.has(messageId))) break
    for (const message of messages) {
      const { messageId, receiptHandle } = message
      const letter =
        letters.get(messageId) ??
        (await explain(ports, { queue, message, ...judge(queue, message, ports.senderOf?.(message.senderId)) }))
      letters.set(messageId, letter)
      const decision = sent.has(message.body) ? 'leave' : decide(letter)
      if (decision === 'leave') {
        if (!left.has(messageId)) ended.push({ letter, done: 'left' })
        left.set(messageId, message)
      } else if (await isHidden(ports, dead, receiptHandle)) {
        if (decision === 'put-back') await putBack(ports, queue, message)
        sent.add(message.body)
        await queues.delete(dead, receiptHandle)
        await forgetFailure(ports, messageId)
        ended.push({ letter, done: decision === 'discard' ? 'discarded' : decision })
      }
    }
  }
  for (const { receiptHandle } of left.values()) await show(ports, dead, receiptHandle, 0)
  return ended
}

/** SQS shows a message again if its explanation took long. Nobody can delete it then, so the answer is false; the next receive returns it. */
const isHidden = (ports: Ports, dead: DeadLetterQueue, receiptHandle: string) =>
  show(ports, dead, receiptHandle, hiddenSeconds)

async function show({ queues }: Ports, dead: DeadLetterQueue, handle: string, seconds: number): Promise<boolean> {
  const showing = queues.changeVisibility(dead, [handle], seconds).then(() => true)
  // The first is documented; SQS also refuses the handle itself once a FIFO queue shows the message again.
  const outdated = ['MessageNotInflight', 'ReceiptHandleIsInvalid', 'InvalidParameterValue'] as const
  return (await unlessCode(showing, ...outdated)) ?? false
}

async function putBack(ports: Ports, queue: RedrivenQueue, message: ReceivedMessage): Promise<void> {
  const { queues, randomness } = ports
  const { groupId = 'redriven' } = message
  const body = withBelievedAuthor(queue, message.body, ports.senderOf?.(message.senderId))
  // A new id, because SQS may remember the first one and drop the message as a repeat.
  await queues.send(queue, [isFifo(queue) ? { body, groupId, deduplicationId: randomness.id() } : { body }])
}

/**
 * Handlers believe `redrive`, so it names an author only where the message's own sender was to be believed. Nobody knows how SQS names S3 as
 * a sender, so a notification is passed on without its author, as if the sweep had found the file.
 */
function withBelievedAuthor(queue: RedrivenQueue, body: string, sender: FunctionName | undefined): string {
  if (queue === 'uploads') return withoutUploader(body)
  const input = inputQueues.find((one) => one === queue)
  const message = input && inputMessage.safeParse(parseLooseJson(body)).data
  return message ? JSON.stringify(withoutForeignAuthor(message, [input], sender)) : body
}

async function explain(
  ports: Ports,
  {
    queue,
    message,
    ...judged
  }: ReturnType<JudgeMessage> & Pick<DeadLetter, 'queue'> & { readonly message: ReceivedMessage },
): Promise<DeadLetter> {
  const { messageId, body } = message
  const known = await readFailure(ports, messageId).catch(() => undefined)
  const { errors = [], receiveCount: tries, at: failedAt } = known ?? {}
  const status = await describeStatus(ports, judged.about[0])
  const sentAt = message.sentAt.toISOString()
  return { queue, messageId, sentAt, tries, ...judged, errors, failedAt, status, body }
}

async function describeStatus({ objects, clock }: Ports, input: string | undefined): Promise<string | undefined> {
  if (input === undefined) return undefined
  // A spoiled status is probably why the message failed.
  const told = await new StatusStore(objects, clock).read(input).catch(() => undefined)
  return told && `${told.state}${told.reason === undefined ? '' : `: ${told.reason}`}`
}
