import { shareOf } from '../../domain/messages/folder-share.ts'
import { goesFirst } from '../../domain/messages/goes-first.ts'
import { type Hint, hint as hintSchema } from '../../domain/messages/hint.ts'
import { portionsOf } from '../../domain/text/portions.ts'
import type { Log } from '../../ports/log.ts'
import type { Ports } from '../../ports/ports.ts'
import type { ReceivedMessage } from '../../ports/queues.ts'
import { type Lane, lanes } from '../../ports/queues.ts'
import type { Signal } from '../calls/signal.ts'
import { forgetFailure, recordFailure } from '../records/failures.ts'
import { groupOf } from '../records/lanes.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import { isUrgentWork, listOpenWork, type OpenWork } from '../records/open-work.ts'
import { HeldHints, type RunningOf } from './held-hints.ts'
import type { WorkItem } from './work-item.ts'

/**
 * The number of hints of one lane to hold. This many fill every slot and show which accounts have the most work. The rest waits in the
 * queue. With a third of it, the account with the most work stood still for a minute after each slice, because returned hints go to the end
 * of the queue.
 */
const enough = 3_000
/**
 * The number of urgent hints to hold, divided by the shares that have some. ssofile always receives urgent hints, because one that goes
 * first may be behind the others. What a share has above its part moves to the lane `work`. SQS looks for free groups only among the first
 * 120,000 messages, so the lane must not become long. (SQS Developer Guide, "FIFO queue quotas".)
 */
export const urgentHeldMost = 10_000
/** Open work that takes no access away. */
const openMost = 1_000
/** The most open work to hold for one account, so that one account never takes all the room. */
const openOfGroupMost = 10
const longPollSeconds = 1
const receivedAtOnce = 10
/** How many more calls to make at once after a full answer: one by one, SQS gives about 500 hints a second. */
const furtherReceives = 4
/** As long as the lease: a dead dispatcher's hints come back only then. It is extended well before it ends. */
const visibilitySeconds = 60
const extendEveryMs = 20_000
/** Handles per call. (SQS API Reference, "ChangeMessageVisibilityBatch".) */
const extendedAtOnce = 10
const openWorkEveryMs = 30_000

type NewItem = Omit<WorkItem, 'pulledMs' | 'share' | 'subject'>
type SourcePorts = Pick<Ports, 'queues' | 'objects' | 'clock' | 'randomness' | 'log'>
const pulled = [...lanes, 'open'] as const
const sources = ['first', 'work-urgent', 'open', 'work', 'work-bulk'] as const
type Source = (typeof sources)[number]
/** Alternate retries and new work, so that neither failures nor uploads hold up the other. */
const orders = [sources, ['first', 'work-urgent', 'work', 'open', 'work-bulk']] as const

/** Pulls hints from the lanes and from `state/open/`, and holds those that cannot start yet. */
export class WorkSource {
  readonly #ports: SourcePorts
  readonly #changed: Signal
  /** `first`: hints of any lane that go before all others. */
  readonly #held: Record<Source, HeldHints> = {
    first: new HeldHints(),
    'work-urgent': new HeldHints(),
    open: new HeldHints(),
    work: new HeldHints(),
    'work-bulk': new HeldHints(),
  }
  /** Receipt handles whose visibility is extended: of held hints and of hints in work. */
  readonly #inHand = new Map<string, Lane>()
  readonly #openInHand = new Set<string>()
  /** Objects of open work of an unknown form. */
  readonly #unknown = new Set<string>()
  #stopped = new AbortController()
  readonly #closed = new AbortController()
  #loops: Promise<void>[] = []
  #extending: Promise<void> | undefined
  /** Lanes that were polled since their last message ended. When a message ends, SQS delivers the next one of its group. */
  readonly #pulled = new Set<Lane | 'open'>()
  readonly #ended: Record<Lane, number> = { 'work-urgent': 0, work: 0, 'work-bulk': 0 }
  #takes = 0
  /** By share: the number of its last take. */
  readonly #lastTake = new Map<string, number>()
  readonly #folders: readonly string[]
  #longestMs = 0
  /** When the last hint was found, in monotonic milliseconds. */
  emptySinceMs: number

  /** Raises `changed` when `take` may find something. */
  constructor(ports: SourcePorts, changed: Signal, folders: readonly string[]) {
    this.#ports = ports
    this.#changed = changed
    this.#folders = folders
    this.emptySinceMs = ports.clock.monotonicMs()
  }

  /** Starts pulling, or continues after `pause`. */
  start(): void {
    this.#stopped = new AbortController()
    const { signal } = this.#stopped
    this.#loops = [...lanes.map((lane) => this.#pull(lane, signal)), this.#pullOpen(signal)]
    this.#extending ??= this.#extend()
  }

  /** Stops pulling. When it resolves, no more hints arrive. */
  async pause(): Promise<void> {
    this.#stopped.abort('paused')
    await Promise.all(this.#loops)
  }

  /** No hint waits here, and every lane was polled since its last message ended. */
  get isEmpty(): boolean {
    return this.#pulled.size === pulled.length && sources.every((source) => this.#held[source].count === 0)
  }

  /** How many hints of a group wait here. */
  countOf(group: string): number {
    return sources.reduce((sum, source) => sum + this.#held[source].countOf(group), 0)
  }

  /**
   * Takes the most urgent free hint, together with all held hints about the same subject: one evaluation serves them. Among equally urgent
   * hints, the share that has waited longest goes first. Within it, the longest and the oldest group alternate.
   */
  take(isFree: (item: WorkItem) => boolean, runningOf: RunningOf = () => 0): readonly WorkItem[] {
    for (const source of orders[this.#takes % 2 === 0 ? 0 : 1]) {
      const first = this.#firstOf(this.#held[source], isFree, runningOf)
      if (!first) continue
      this.#lastTake.set(first.share, ++this.#takes)
      this.#longestMs = Math.max(this.#longestMs, this.#waitedMs(first))
      return this.#takeLike(first)
    }
    return []
  }

  /** The longest wait of a hint that is held, or was taken since the last call. */
  takeLongestMs(): number {
    const held = sources.flatMap((source) => [...this.#held[source]])
    const longest = held.reduce((most, item) => Math.max(most, this.#waitedMs(item)), this.#longestMs)
    this.#longestMs = 0
    return longest
  }

  #waitedMs({ since }: WorkItem): number {
    const ms = this.#ports.clock.now().getTime() - since.getTime()
    // SQS's clock may be ahead of ours, and a key that somebody else wrote may have no instant.
    return Number.isNaN(ms) ? 0 : Math.max(0, ms)
  }

  #firstOf(held: HeldHints, isFree: (item: WorkItem) => boolean, runningOf: RunningOf): WorkItem | undefined {
    const byTurn = held.shares().toSorted((a, b) => (this.#lastTake.get(a) ?? 0) - (this.#lastTake.get(b) ?? 0))
    const isTurnOfOldest = this.#takes % 4 >= 2
    for (const share of byTurn) {
      const first = isTurnOfOldest ? held.oldestOf(share, isFree, runningOf) : held.longestOf(share, isFree, runningOf)
      if (first) return first
    }
    return undefined
  }

  #takeLike(first: WorkItem): readonly WorkItem[] {
    return sources.flatMap((source) => this.#held[source].take(first.group, (item) => item.subject === first.subject))
  }

  /** Stops pulling, gives back every hint that was not taken, and returns how many. Taken items can still end. */
  async stop(): Promise<number> {
    await this.pause()
    const rest = sources.flatMap((source) => this.#held[source].takeAll())
    await this.#giveBackAll(rest)
    return rest.length
  }

  /** Sends all hints of a lane at once, because nothing starts while thousands are given back. Never rejects. */
  async #giveBackAll(items: readonly WorkItem[]): Promise<void> {
    for (const lane of lanes)
      await this.#return(
        items.filter((item) => item.lane === lane),
        lane,
      )
    await giveBackEach(
      items.filter(({ lane }) => lane === 'open'),
      this.#ports.log,
    )
  }

  /** Sends hints of a queue to a lane and deletes their messages. Never rejects. */
  async #return(items: readonly NewItem[], to: Lane): Promise<void> {
    const { queues, log } = this.#ports
    const renewed = items.flatMap((item) => item.renew?.() ?? [])
    const sent = renewed.length > 0 ? queues.send(to, renewed) : Promise.resolve()
    await sent.then(
      () => endEach(items, (item) => item.done(), log),
      (error: unknown) => endEach(items, () => Promise.reject(error), log),
    )
  }

  /** Stops extending visibility. Call it after every taken item has ended. */
  async close(): Promise<void> {
    this.#closed.abort('closed')
    await this.#extending
  }

  async #pull(lane: Lane, stopped: AbortSignal): Promise<void> {
    const { clock } = this.#ports
    while (!stopped.aborted) {
      if (this.#hasEnough(lane)) {
        await clock.sleep(50, stopped)
        continue
      }
      const received = await this.#receive(lane, longPollSeconds, stopped)
      if (received < receivedAtOnce || this.#hasEnough(lane)) continue
      await Promise.all(Array.from({ length: furtherReceives }, () => this.#receive(lane, 0, stopped)))
    }
  }

  /** Holds what one call receives, and returns how many messages that were. Never rejects. */
  async #receive(lane: Lane, waitSeconds: number, stopped: AbortSignal): Promise<number> {
    const { queues, clock, log } = this.#ports
    const ended = this.#ended[lane]
    try {
      const messages = await queues.receive(lane, { most: receivedAtOnce, waitSeconds })
      if (ended === this.#ended[lane]) this.#pulled.add(lane)
      const items = messages.flatMap((message) => this.#open(lane, message) ?? [])
      const moving = items.filter((item) => !this.#keep(item))
      this.#changed.raise()
      if (moving.length > 0) await this.#return(moving, 'work')
      return messages.length
    } catch (error) {
      log.warn('ssofile could not read a work lane, and will read again', { lane, error })
      await clock.sleep(1_000, stopped)
      return 0
    }
  }

  #hasEnough(lane: Lane): boolean {
    return lane !== 'work-urgent' && this.#held[lane].count >= enough
  }

  /** Whether the share has its part of the urgent hints already. */
  #isFull(source: Source, share: string): boolean {
    const held = this.#held[source]
    return source === 'work-urgent' && held.countOfShare(share) * held.shares().length >= urgentHeldMost
  }

  /** `undefined`: it is not a hint. */
  #open(lane: Lane, message: ReceivedMessage): NewItem | undefined {
    const { queues, randomness, log } = this.#ports
    const { messageId, receiveCount, receiptHandle, body, groupId, sentAt: since } = message
    const hint = parseHint(body)
    if (!hint) {
      // SQS delivers the message again until its receives are used up, then moves it to the dead-letter queue, which has an
      // alarm.
      log.error('a message on a work lane is not a hint', { lane, messageId, receiveCount })
      return undefined
    }
    const group = groupOf(hint)
    this.#inHand.set(receiptHandle, lane)
    const done = async () => {
      await queues.delete(lane, receiptHandle)
      this.#ended[lane]++
      this.#pulled.delete(lane)
      this.#inHand.delete(receiptHandle)
      if (receiveCount > 1) await forgetFailure(this.#ports, messageId)
    }
    const leave = async (error: unknown) => {
      this.#inHand.delete(receiptHandle)
      await recordFailure(this.#ports, { messageId, receiveCount, error })
    }
    const renew = () => ({ body, groupId: groupId ?? group, deduplicationId: randomness.id() })
    const giveBack = async (to = lane) => {
      await queues.send(to, [renew()])
      await done()
    }
    return { hint, group, lane, since, done, renew, giveBack, leave }
  }

  /** False: there are too many of its share. */
  #keep(item: NewItem): boolean {
    const { cause } = item.hint
    const share = shareOf(cause, this.#folders)
    const source = sourceOf(item)
    if (this.#isFull(source, share)) return false
    const pulledMs = this.#ports.clock.monotonicMs()
    this.emptySinceMs = pulledMs
    this.#held[source].add({ ...item, pulledMs, share, subject: subjectOf(item.hint) })
    return true
  }

  async #pullOpen(stopped: AbortSignal): Promise<void> {
    const { objects, clock, log } = this.#ports
    while (!stopped.aborted) {
      try {
        for await (const open of listOpenWork(objects, clock.now())) {
          if (stopped.aborted || (!isUrgentWork(open.object) && this.#held.open.count >= openMost)) break
          this.#holdOpen(open)
        }
        this.#pulled.add('open')
        this.#changed.raise()
      } catch (error) {
        log.warn('ssofile could not list open work, and will list again', { error })
      }
      await clock.sleep(openWorkEveryMs, stopped)
    }
  }

  /** Once in each slice, and the alarm of errors rings. */
  #tellUnknown(object: string): void {
    if (this.#unknown.has(object)) return
    this.#unknown.add(object)
    this.#ports.log.error('ssofile cannot retry open work of an unknown form; look at its key, and delete it', {
      object,
    })
  }

  #holdOpen({ object, nextAttempt: since, hint }: OpenWork): void {
    if (!hint) this.#tellUnknown(object)
    if (!hint || this.#openInHand.has(object)) return
    const group = groupOf(hint)
    if (!isUrgentWork(object) && this.#held.open.countOf(group) >= openOfGroupMost) return
    // Open work needs no note: its object under `state/open/` stays.
    const leave = async () => {
      this.#openInHand.delete(object)
    }
    const done = async () => {
      await this.#ports.objects.delete(object)
      await leave()
    }
    if (this.#keep({ hint, group, lane: 'open', since, done, giveBack: leave, leave })) this.#openInHand.add(object)
  }

  async #extend(): Promise<void> {
    const { queues, clock, log } = this.#ports
    while (!this.#closed.signal.aborted) {
      await clock.sleep(extendEveryMs, this.#closed.signal)
      if (this.#closed.signal.aborted) return
      await forEachAtOnce(this.#batchesInHand(), async ({ lane, receiptHandles }) => {
        const rest = receiptHandles.filter((one) => this.#inHand.has(one))
        try {
          if (rest.length > 0) await queues.changeVisibility(lane, rest, visibilitySeconds)
        } catch (error) {
          log.warn('ssofile could not extend the visibility of hints; it may evaluate one twice', { lane, error })
        }
      })
    }
  }

  #batchesInHand() {
    return lanes.flatMap((lane) => {
      const ofLane = [...this.#inHand].filter((one) => one[1] === lane).map(([receiptHandle]) => receiptHandle)
      return portionsOf(ofLane, extendedAtOnce).map((receiptHandles) => ({ lane, receiptHandles }))
    })
  }
}

/** Never rejects: a hint that cannot be given back comes again by itself. */
export function giveBackEach(items: readonly WorkItem[], log: Log): Promise<void> {
  return endEach(items, (item) => item.giveBack(), log)
}

async function endEach<T extends Pick<WorkItem, 'leave'>>(
  items: readonly T[],
  end: (item: T) => Promise<void>,
  log: Log,
): Promise<void> {
  await forEachAtOnce(items, (item) =>
    end(item).catch(async (error: unknown) => {
      await item.leave(error)
      log.warn('ssofile could not return a hint; SQS delivers it again when its visibility ends', { error })
    }),
  )
}

function parseHint(body: string): Hint | undefined {
  try {
    return hintSchema.parse(JSON.parse(body))
  } catch {
    return undefined
  }
}

function sourceOf({ hint: { cause }, lane }: NewItem): Source {
  if (goesFirst(cause)) return 'first'
  return lane === 'open' && isUrgentWork(cause) ? 'work-urgent' : lane
}

function subjectOf(hint: Hint): string {
  return JSON.stringify({ ...hint, cause: undefined })
}
