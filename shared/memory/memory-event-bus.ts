import { isRecord, parseLooseJson } from '../domain/json/loose-json.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventBus, OutgoingEvent } from '../ports/event-bus.ts'
import { notificationSource } from '../ports/event-bus.ts'
import type { Randomness } from '../ports/randomness.ts'
import { CallGate, type CallObserver } from './call-gate.ts'
import { Refusal } from './refusal.ts'
import { RollingSecond } from './sso-admin/rolling-second.ts'
import type { OpenTable } from './table.ts'

/** One entry of PutEvents as received: members may be missing. */
export type EventEntry = {
  readonly Source?: string | undefined
  readonly DetailType?: string | undefined
  readonly Detail?: string | undefined
  readonly EventBusName?: string | undefined
  readonly Time?: Date | undefined
}

/** An event that the bus accepted. `sequence` rises. */
export type TakenEvent = {
  readonly sequence: number
  readonly id: string
  readonly bus: string
  readonly source: string
  readonly detailType: string
  readonly time: Date
  readonly detail: string
}

export type EntryResult = { readonly EventId: string } | { readonly ErrorCode: string; readonly ErrorMessage: string }

type MemoryEventBusOptions = CallObserver & {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly openTable: OpenTable
  /** Calls a second; default: 400, the least that AWS gives in any Region. */
  readonly callsPerSecond?: number
  /** The error code for an entry that is refused although the call succeeds, as EventBridge may do; default: none. */
  readonly refuseEntry?: (entry: EventEntry) => string | undefined
  readonly onEvent?: (event: TakenEvent) => void
}

// EventBridge User Guide, "Amazon EventBridge quotas" and "Calculating PutEvents event entry size": ten entries and 256 KB
// in a call. Since January 2026 AWS takes 1 MB; a call within the older limit is right in every Region.
const entriesMost = 10
const callBytesMost = 256 * 1024
const timeBytes = 14
const keptMost = 1_000

/** PutEvents of EventBridge, with the last thousand accepted events. */
export class MemoryEventBus implements EventBus {
  readonly #options: MemoryEventBusOptions
  readonly #gate: CallGate
  readonly #events: Map<string, TakenEvent>
  #last: number

  constructor(options: MemoryEventBusOptions) {
    const limiter = new RollingSecond(options.callsPerSecond ?? 400)
    this.#options = options
    this.#gate = new CallGate({
      ...options,
      limiterFor: () => limiter,
      tooFast: () => new Refusal('events', 'ThrottlingException', 'Rate exceeded'),
    })
    this.#events = options.openTable('outcome-events')
    this.#last = Math.max(0, ...[...this.#events.values()].map(({ sequence }) => sequence))
  }

  /** The result of each entry, in their order: some may be refused while others are accepted. */
  putEvents(entries: readonly EventEntry[]): readonly EntryResult[] {
    this.#gate.enter('PutEvents')
    if (entries.length === 0 || entries.length > entriesMost)
      throw new Refusal(
        'events',
        'ValidationException',
        `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${entriesMost}`,
      )
    if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > callBytesMost)
      throw new Refusal('events', 'ValidationException', 'Total size of the entries in the request is over the limit.')
    return entries.map((entry) => this.#put(entry))
  }

  async put(events: readonly OutgoingEvent[]): Promise<readonly (string | undefined)[]> {
    const results = this.putEvents(
      events.map(({ detailType: DetailType, time: Time, detail: Detail }) => ({
        Source: notificationSource,
        DetailType,
        Time,
        Detail,
      })),
    )
    return results.map((result) => ('ErrorCode' in result ? result.ErrorCode : undefined))
  }

  /** Ascending. */
  events(): readonly TakenEvent[] {
    return [...this.#events.values()].sort((a, b) => a.sequence - b.sequence)
  }

  #put(entry: EventEntry): EntryResult {
    const { clock, randomness, refuseEntry, onEvent } = this.#options
    const refused = faultOf(entry) ?? refuseEntry?.(entry)
    if (refused !== undefined) return { ErrorCode: refused, ErrorMessage: `The entry was refused: ${refused}` }
    const {
      Source: source = '',
      DetailType: detailType = '',
      Detail: detail = '',
      EventBusName: bus = 'default',
    } = entry
    const event: TakenEvent = {
      sequence: ++this.#last,
      id: randomness.id(),
      bus,
      source,
      detailType,
      time: entry.Time ?? clock.now(),
      detail,
    }
    this.#events.set(String(event.sequence), event)
    this.#events.delete(String(event.sequence - keptMost))
    onEvent?.(event)
    return { EventId: event.id }
  }
}

/** EventBridge User Guide, "Handling failures with PutEvents"; API Reference, "PutEventsResultEntry". */
function faultOf({ Source, DetailType, Detail }: EventEntry): string | undefined {
  if (!Source || !DetailType || Detail === undefined) return 'InvalidArgument'
  if (Source.startsWith('aws.')) return 'NotAuthorizedForSourceException'
  return isRecord(parseLooseJson(Detail)) ? undefined : 'MalformedDetail'
}

function sizeOf({ Source = '', DetailType = '', Detail = '', Time }: EventEntry): number {
  return Buffer.byteLength(Source + DetailType + Detail) + (Time === undefined ? 0 : timeBytes)
}
