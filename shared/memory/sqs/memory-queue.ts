import type { Clock } from '../../ports/clock.ts'
import { defaultRetentionSeconds, type QueueSettings } from '../../ports/deployment-settings.ts'
import { isFifo, type OutgoingMessage, type QueueName } from '../../ports/queues.ts'
import type { Randomness } from '../../ports/randomness.ts'
import { ServiceError } from '../../ports/service-error.ts'
import { Agenda } from '../agenda.ts'
import type { OpenTable } from '../table.ts'
import { checkMessage, invalid } from './check-message.ts'

/** A message as SQS keeps it. Instants are epoch milliseconds. */
export type StoredMessage = {
  readonly messageId: string
  readonly body: string
  readonly groupId?: string
  readonly deduplicationId?: string
  /** Passed on unchanged; part of the message, without a meaning here. */
  readonly messageAttributes?: Readonly<Record<string, MessageAttribute>>
  /** The caller who sent it. Absent: an unknown one. */
  readonly senderId?: string | undefined
  /** The message's chain of requests. (SQS API Reference, "SendMessage", AWSTraceHeader.) */
  readonly traceHeader?: string
  /** Ascending in the queue. */
  readonly sequence: number
  readonly sentAt: number
  readonly receiveCount: number
  readonly firstReceivedAt?: number
  /** The last receive; absent before the first. */
  readonly receivedAt?: number
  readonly receiptHandle?: string
  /** Invisible until then; absent: visible. */
  readonly visibleAt?: number
}
export type MessageAttribute = {
  readonly DataType: string
  readonly StringValue?: string
  readonly BinaryValue?: string
}
export type DeliveredMessage = StoredMessage & { readonly receiptHandle: string }

export type NewMessage = OutgoingMessage & Pick<StoredMessage, 'messageAttributes' | 'senderId' | 'traceHeader'>
export type QueueReceiveOptions = { readonly most: number; readonly visibilityTimeoutSeconds?: number | undefined }
type Accepted = { readonly messageId: string; readonly sequence: number; readonly at: number }

export type QueueOptions = {
  readonly name: QueueName
  readonly settings: QueueSettings
  readonly clock: Clock
  readonly randomness: Randomness
  readonly openTable: OpenTable
  /** Takes messages that were received too often. */
  readonly deadLetterQueue: MemoryQueue | undefined
}

const deduplicationWindowMs = 5 * 60 * 1000
// SQS Developer Guide, "Amazon SQS message quotas".
const inFlightMost = 120_000
const visibilityMostSeconds = 43_200
// SQS Developer Guide, "Avoid large message backlogs with the same message group ID": groups of later messages wait.
const scannedMost = 120_000

/** One SQS queue: everything it does at one instant; `MemoryQueues` does the waiting. Errors are ServiceErrors with SQS's codes. */
export class MemoryQueue {
  readonly name: QueueName
  readonly settings: QueueSettings
  readonly isFifo: boolean
  readonly #clock: Clock
  readonly #randomness: Randomness
  readonly #deadLetterQueue: MemoryQueue | undefined
  readonly #messages: Map<string, StoredMessage>
  readonly #accepted: Map<string, Accepted>
  readonly #counters: Map<string, number>
  // Indexes over the tables above: everything in them can be rebuilt.
  readonly #lines = new Map<string, Line>()
  /** Lines with a visible message and, in a FIFO queue, none in flight; the longest waiting first. */
  readonly #ready = new Set<Line>()
  readonly #returns = new Agenda<string>()
  readonly #forgets = new Agenda<string>()
  #inFlight = 0
  /** Before this time no message is too old. */
  #nextDropAt = Number.POSITIVE_INFINITY
  readonly #waiters = new Set<() => void>()

  constructor({ name, settings, clock, randomness, openTable, deadLetterQueue }: QueueOptions) {
    this.name = name
    this.settings = settings
    this.isFifo = isFifo(name)
    this.#clock = clock
    this.#randomness = randomness
    this.#deadLetterQueue = deadLetterQueue
    this.#messages = openTable(`messages-${name}`)
    this.#accepted = openTable(`deduplication-${name}`)
    this.#counters = openTable(`counters-${name}`)
    for (const message of this.messages()) this.#index(message)
    for (const [id, { at }] of this.#accepted) this.#forgets.add(at + deduplicationWindowMs, id)
  }

  /** Every message, in flight or not, in the order of sending. */
  messages(): readonly StoredMessage[] {
    return [...this.#messages.values()].sort((a, b) => a.sequence - b.sequence)
  }

  counts(): { readonly visible: number; readonly inFlight: number } {
    this.#catchUp()
    return { visible: this.#messages.size - this.#inFlight, inFlight: this.#inFlight }
  }

  /** A repeat within five minutes gets the first answer and is not delivered, even if the first was deleted. */
  send(message: NewMessage): Accepted {
    checkMessage(message, this)
    this.#catchUp()
    const { body, groupId, deduplicationId, messageAttributes, senderId, traceHeader } = message
    const earlier = deduplicationId === undefined ? undefined : this.#accepted.get(deduplicationId)
    if (earlier !== undefined) return earlier
    const messageId = this.#randomness.id()
    const at = this.#clock.now().getTime()
    const sequence = this.#nextSequence()
    if (deduplicationId !== undefined) {
      this.#accepted.set(deduplicationId, { messageId, sequence, at })
      this.#forgets.add(at + deduplicationWindowMs, deduplicationId)
    }
    this.#add({
      messageId,
      body,
      groupId,
      deduplicationId,
      messageAttributes,
      senderId,
      traceHeader,
      sequence,
      sentAt: at,
      receiveCount: 0,
    })
    return { messageId, sequence, at }
  }

  /** At most `most` (1 to 10) visible messages; a FIFO queue gives as many of one group as it can before the next. */
  receive({ most, visibilityTimeoutSeconds }: QueueReceiveOptions): DeliveredMessage[] {
    if (!(most >= 1 && most <= 10))
      throw invalid(`Value ${most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10.`)
    this.#catchUp()
    const received: DeliveredMessage[] = []
    const room = () => received.length < most && this.#inFlight < inFlightMost
    const isScanned = this.#scan()
    for (const line of this.#ready) {
      if (!room()) break
      // Messages in flight lock their group for other receives only, so the line is judged after all are taken.
      for (const messageId of line.visible) {
        if (!room() || !isScanned(messageId)) break
        const message = this.#take(messageId, line, visibilityTimeoutSeconds)
        if (message !== undefined) received.push(message)
      }
      this.#judge(line)
    }
    return received
  }

  /** Whether a receive would find something now. */
  get isAvailable(): boolean {
    this.#catchUp()
    if (this.#ready.size === 0 || this.isOverLimit) return false
    const isScanned = this.#scan()
    return Iterator.from(this.#ready).some(({ visible }) => Iterator.from(visible).take(1).some(isScanned))
  }

  /** Whether a receive sees this message. A FIFO queue with a large backlog does not look at all of its messages. */
  #scan(): (messageId: string) => boolean {
    if (!this.isFifo || this.#messages.size <= scannedMost) return () => true
    const [last] = Iterator.from(this.#messages.values())
      .drop(scannedMost - 1)
      .take(1)
    return (messageId) => (this.#messages.get(messageId)?.sequence ?? 0) <= (last?.sequence ?? 0)
  }

  /** True: too many messages are in flight. A standard queue then answers a short poll with OverLimit. */
  get isOverLimit(): boolean {
    return this.#inFlight >= inFlightMost
  }

  /** An outdated receipt handle has no effect. */
  delete(receiptHandle: string): void {
    const message = this.find(receiptHandle)
    // A standard queue honours the latest handle even after its time; a FIFO queue refuses an expired one.
    // (SQS API Reference, "DeleteMessage".)
    if (message === undefined || (this.isFifo && message.visibleAt === undefined)) return
    this.#remove(message)
  }

  changeVisibility(receiptHandle: string, seconds: number): void {
    const message = this.find(receiptHandle)
    if (message?.visibleAt === undefined)
      throw new ServiceError('sqs', 'MessageNotInflight', 'The specified message is not in flight.')
    const now = this.#clock.now().getTime()
    if (!(seconds >= 0 && seconds <= visibilityMostSeconds))
      throw invalid(`Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200.`)
    if (now + seconds * 1000 > (message.receivedAt ?? now) + visibilityMostSeconds * 1000)
      throw invalid('Total VisibilityTimeout for the message is beyond the limit [43200 seconds]')
    const visibleAt = now + seconds * 1000
    this.#messages.set(message.messageId, { ...message, visibleAt })
    this.#returns.add(visibleAt, message.messageId)
    // Wakes the long polls: they sleep until the return that was next when they began.
    this.#wake()
  }

  /** The next time a message in flight becomes visible (epoch milliseconds), if none is deleted. */
  nextReturnAt(): number | undefined {
    for (let next = this.#returns.next(); next !== undefined; next = this.#returns.next()) {
      if (this.#messages.get(next.item)?.visibleAt === next.at) return next.at
      this.#returns.takeDue(next.at) // deleted, or its visibility was changed
    }
    return undefined
  }

  purge(): void {
    for (const message of this.messages()) this.#remove(message)
  }

  /** Calls `wake` whenever a message may have become visible. Answers a function that stops it. */
  onAvailable(wake: () => void): () => void {
    this.#waiters.add(wake)
    return () => this.#waiters.delete(wake)
  }

  #nextSequence(): number {
    return (this.#counters.get('sequence') ?? 0) + 1
  }

  #take(messageId: string, line: Line, visibilityTimeoutSeconds: number | undefined): DeliveredMessage | undefined {
    const message = this.#messages.get(messageId)
    if (message === undefined) return undefined
    line.visible.delete(messageId)
    const now = this.#clock.now().getTime()
    const receiveCount = message.receiveCount + 1
    if (this.#deadLetterQueue && receiveCount > (this.settings.maxReceiveCount ?? Number.POSITIVE_INFINITY)) {
      this.#messages.delete(messageId)
      this.#deadLetterQueue.#adopt({ ...message, receiveCount })
      return undefined
    }
    const visibleAt = now + (visibilityTimeoutSeconds ?? this.settings.visibilityTimeoutSeconds) * 1000
    const receiptHandle = `${messageId}/${this.#randomness.id()}`
    const { firstReceivedAt = now } = message
    const delivered = { ...message, receiveCount, firstReceivedAt, receivedAt: now, receiptHandle, visibleAt }
    this.#messages.set(messageId, delivered)
    this.#returns.add(visibleAt, messageId)
    line.inFlight += 1
    this.#inFlight += 1
    return delivered
  }

  /** Redrive: the message keeps its id, its age and its receive count. (SQS Developer Guide, "Dead-letter queues".) */
  #adopt({ visibleAt: _, receiptHandle: __, ...message }: StoredMessage): void {
    this.#add({ ...message, sequence: this.#nextSequence() })
  }

  #add(message: StoredMessage): void {
    this.#counters.set('sequence', message.sequence)
    this.#messages.set(message.messageId, message)
    this.#index(message)
    this.#wake()
  }

  #index(message: StoredMessage): void {
    this.#nextDropAt = Math.min(this.#nextDropAt, this.#keptUntil(message))
    const line = this.#lineOf(message)
    if (message.visibleAt === undefined) {
      line.visible.add(message.messageId)
    } else {
      this.#returns.add(message.visibleAt, message.messageId)
      line.inFlight += 1
      this.#inFlight += 1
    }
    this.#judge(line)
  }

  /** Carries out due changes: drops old messages, returns messages to visibility, forgets deduplication ids. */
  #catchUp(): void {
    const now = this.#clock.now().getTime()
    this.#dropTooOld(now)
    for (let due = this.#returns.takeDue(now); due !== undefined; due = this.#returns.takeDue(now)) {
      const message = this.#messages.get(due.item)
      if (message?.visibleAt === due.at) this.#return(message)
    }
    for (let due = this.#forgets.takeDue(now); due !== undefined; due = this.#forgets.takeDue(now))
      this.#accepted.delete(due.item)
  }

  #dropTooOld(now: number): void {
    if (now <= this.#nextDropAt) return
    this.#nextDropAt = Number.POSITIVE_INFINITY
    for (const message of this.messages()) {
      const keptUntil = this.#keptUntil(message)
      if (keptUntil < now) this.#remove(message)
      else this.#nextDropAt = Math.min(this.#nextDropAt, keptUntil)
    }
  }

  #keptUntil({ sentAt }: StoredMessage): number {
    return sentAt + (this.settings.retentionSeconds ?? defaultRetentionSeconds) * 1000
  }

  #return({ visibleAt: _, ...message }: StoredMessage): void {
    this.#messages.set(message.messageId, message)
    const line = this.#lineOf(message)
    line.inFlight -= 1
    this.#inFlight -= 1
    line.visible.add(message.messageId)
    if (this.isFifo) this.#restoreOrder(line)
    this.#judge(line)
  }

  #restoreOrder(line: Line): void {
    const sequenceOf = (messageId: string) => this.#messages.get(messageId)?.sequence ?? 0
    const inOrder = [...line.visible].sort((a, b) => sequenceOf(a) - sequenceOf(b))
    line.visible.clear()
    for (const messageId of inOrder) line.visible.add(messageId)
  }

  #remove(message: StoredMessage): void {
    this.#messages.delete(message.messageId)
    const line = this.#lineOf(message)
    if (message.visibleAt === undefined) {
      line.visible.delete(message.messageId)
    } else {
      line.inFlight -= 1
      this.#inFlight -= 1
    }
    this.#judge(line)
    if (this.#ready.has(line)) this.#wake()
  }

  /** The message whose last receipt handle this is, in flight or not. */
  find(receiptHandle: string): StoredMessage | undefined {
    this.#catchUp()
    const message = this.#messages.get(receiptHandle.slice(0, receiptHandle.indexOf('/')))
    return message?.receiptHandle === receiptHandle ? message : undefined
  }

  #lineOf({ groupId = '' }: StoredMessage): Line {
    const line = this.#lines.get(groupId) ?? { groupId, visible: new Set(), inFlight: 0 }
    this.#lines.set(groupId, line)
    return line
  }

  #judge(line: Line): void {
    const isLocked = this.isFifo && line.inFlight > 0
    if (line.visible.size > 0 && !isLocked) this.#ready.add(line)
    else this.#ready.delete(line)
    if (line.visible.size === 0 && line.inFlight === 0) this.#lines.delete(line.groupId)
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake()
  }
}

/** The messages of one group, or all of a standard queue: ids of the visible ones in order of delivery. */
type Line = { readonly groupId: string; readonly visible: Set<string>; inFlight: number }
