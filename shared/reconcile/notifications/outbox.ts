import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { digest, digestMessage } from '../../domain/notifications/digest.ts'
import { toldStates } from '../../domain/notifications/notification.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'

/** For writes that were under way when the last look began. */
export const overlapMs = 5 * 60_000
/** How far the first look goes back, and one after somebody deleted `state/`: longer than any digest is collected. */
const firstLookMs = 60 * 60_000
/** An input that is uploaded again and again as it was has nothing new to tell in this time. */
const rememberedMs = 26 * 60 * 60_000
const inputsMost = 5_000

const lastTold = record({ event: z.enum(toldStates), outcome: z.string(), at: z.iso.datetime() })

/** How far outcomes are told, and what waits to be told. Times of objects are S3's. */
const outbox = record({
  v: z.literal(1),
  /** What was written before is told. */
  since: z.iso.datetime(),
  /** The same of the last look that also listed all statuses. */
  wholeSince: z.iso.datetime(),
  /** When such a look was last noted, by our clock; absent: never. */
  wholeAt: z.iso.datetime().optional(),
  /** How many statuses it listed. */
  statuses: z.int().min(0),
  /** The changes that were told although a look may find them again, by id: when they were written. */
  changes: z.record(z.string(), z.iso.datetime()),
  /** What was told last of an input, by the hash of its key. */
  inputs: z.record(z.string(), lastTold),
  /** The last drift check that was told. */
  drift: z.string().optional(),
  /** The last day of which wide full access was told. */
  reach: z.string().optional(),
  /** Of each receiver: what is collected, and when it was last told, by our clock. */
  receivers: z.record(z.string(), record({ toldAt: z.iso.datetime().optional(), digest })),
  /** Digests that are complete: they are sent as they are, by their ids, until they were sent. */
  sending: z.array(digestMessage),
})
export type Outbox = z.infer<typeof outbox>

export const outboxRecord = (objects: ObjectStore) => new JsonRecord(objects, 'state/notifications.json', outbox)

export function firstOutbox(now: Date): Outbox {
  const since = renderInstant(new Date(now.getTime() - firstLookMs))
  return { v: 1, since, wholeSince: since, statuses: 0, changes: {}, inputs: {}, receivers: {}, sending: [] }
}

/** Without what no look can find again, so that it does not grow. `now` is S3's. */
export function forgetOld(told: Outbox, now: Date): Outbox {
  const found = Date.parse(told.wholeSince) - overlapMs
  const remembered = now.getTime() - rememberedMs
  const inputs = Object.entries(told.inputs)
    .filter(([, { event, at }]) => event !== 'applied' || Date.parse(at) >= remembered)
    .sort(([, a], [, b]) => (a.at < b.at ? 1 : -1))
    .slice(0, inputsMost)
  return {
    ...told,
    changes: Object.fromEntries(Object.entries(told.changes).filter(([, at]) => Date.parse(at) >= found)),
    inputs: Object.fromEntries(inputs),
  }
}
