import { hint } from '../domain/hint.ts'
import { decodeS3Key, parseS3Event, parseS3Record } from '../domain/s3-event.ts'
import type { Ports } from '../ports/ports.ts'
import { type DeadLetterQueue, isFifo, type ReceivedMessage, type WorkedQueue } from '../ports/queues.ts'
import { describeError, forgetFailure, readFailure } from './failures.ts'
import { parseInput } from './inputs.ts'
import { StatusStore } from './status-store.ts'

export type RedrivenQueue = Exclude<WorkedQueue, 'dispatch'>

/** A message that was given up after too many tries, and why. */
export type DeadLetter = {
  readonly queue: RedrivenQueue
  readonly messageId: string
  readonly sentAt: Date
  /** How often its handler tried it; absent: nobody noted it. (SQS's own count grows when someone looks.) */
  readonly tries?: number | undefined
  /** Input keys or names that it is about; empty: nobody can tell. */
  readonly about: readonly string[]
  /** The errors of its last try, the cause last; empty: they were not recorded (the log has them). */
  readonly errors: readonly string[]
  readonly failedAt?: string | undefined
  /** What is wrong with the message itself: putting it back would only fail again. */
  readonly fault?: string | undefined
  /** What the status of the input that it is about says now. */
  readonly status?: string | undefined
  readonly body: string
}

type Held = { readonly letter: DeadLetter; readonly message: ReceivedMessage }

const batchMost = 10

export function deadLetterQueueOf(queue: RedrivenQueue): DeadLetterQueue {
  return `${queue}-dead`
}

/** The dead-letter queue's URL beside that of its queue: `-dead` before the end that FIFO queues have. */
export function deadLetterUrl(url: string): string {
  return url.replace(/(\.fifo)?$/, '-dead$1')
}

/**
 * What stands in one dead-letter queue, and what `decide` wants done with each: `put-back` sends it to its queue again,
 * then deletes it (who dies between leaves it in both, which does no harm), `discard` deletes it, since a hint that is
 * lost is found by the next reconcile. The others become visible again at once. Of one input, those behind the first ten
 * show when these are gone.
 */
export async function workOnDeadLetters(
  ports: Ports,
  queue: RedrivenQueue,
  decide: (letter: DeadLetter) => 'leave' | 'put-back' | 'discard',
): Promise<readonly { readonly letter: DeadLetter; readonly done: 'left' | 'put-back' | 'discarded' }[]> {
  const dead = deadLetterQueueOf(queue)
  const held = await receiveAll(ports, queue)
  const ended: { letter: DeadLetter; done: 'left' | 'put-back' | 'discarded' }[] = []
  for (const { letter, message } of held) {
    const decision = decide(letter)
    if (decision === 'leave') {
      await ports.queues.changeVisibility(dead, message.receiptHandle, 0)
      ended.push({ letter, done: 'left' })
      continue
    }
    if (decision === 'put-back') await putBack(ports, queue, message)
    await ports.queues.delete(dead, message.receiptHandle)
    await forgetFailure(ports, message.messageId)
    ended.push({ letter, done: decision === 'put-back' ? 'put-back' : 'discarded' })
  }
  return ended
}

async function receiveAll(ports: Ports, queue: RedrivenQueue): Promise<readonly Held[]> {
  const held = new Map<string, Held>()
  for (;;) {
    const messages = await ports.queues.receive(deadLetterQueueOf(queue), { most: batchMost, waitSeconds: 1 })
    const fresh = messages.filter(({ messageId }) => !held.has(messageId))
    // What comes again was looked at so long ago that it became visible by itself: all have been seen.
    for (const message of messages) {
      const letter = held.get(message.messageId)?.letter ?? (await explain(ports, queue, message))
      held.set(message.messageId, { letter, message })
    }
    if (fresh.length === 0) return [...held.values()]
  }
}

async function putBack({ queues, randomness }: Ports, queue: RedrivenQueue, message: ReceivedMessage): Promise<void> {
  const { body, groupId = 'redriven' } = message
  // A fresh id: the first one may still be remembered, and the message dropped as a repeat.
  await queues.send(queue, [isFifo(queue) ? { body, groupId, deduplicationId: randomness.id() } : { body }])
}

async function explain(ports: Ports, queue: RedrivenQueue, message: ReceivedMessage): Promise<DeadLetter> {
  const { messageId, sentAt, body } = message
  const known = await readFailure(ports, messageId).catch(() => undefined)
  const judged = judge(queue, message)
  const statuses = new StatusStore(ports.objects, ports.clock)
  const [input] = judged.about
  const status =
    input === undefined || queue === 'events'
      ? undefined
      : await statuses.read(input).then(
          (told) => told && `${told.state}${told.reason === undefined ? '' : `: ${told.reason}`}`,
          // What cannot be read is most likely why it failed.
          () => undefined,
        )
  return {
    queue,
    messageId,
    sentAt,
    tries: known?.receiveCount,
    ...judged,
    errors: known?.errors ?? [],
    failedAt: known?.at,
    status,
    body,
  }
}

const nouns: Readonly<Record<RedrivenQueue, string>> = {
  uploads: 'notification of S3',
  links: 'message about a link',
  'permission-sets': 'message about a permission set file',
  events: 'event',
  'work-urgent': 'hint',
  work: 'hint',
  'work-bulk': 'hint',
}

/** What a message is about, or what is wrong with it, by the parsers that its handler uses. */
function judge(queue: RedrivenQueue, message: ReceivedMessage): Pick<DeadLetter, 'about' | 'fault'> {
  try {
    switch (queue) {
      case 'uploads':
        return { about: parseS3Event(message.body).map((record) => decodeS3Key(parseS3Record(record).s3.object.key)) }
      case 'links':
      case 'permission-sets':
        return { about: [parseInput(queue, message).key] }
      case 'events':
        // Never believed, so none is wrong.
        return { about: [] }
      default: {
        const { cause } = hint.parse(JSON.parse(message.body))
        return { about: [cause] }
      }
    }
  } catch (error) {
    return { about: [], fault: `it is no ${nouns[queue]}: ${describeError(error)}` }
  }
}
