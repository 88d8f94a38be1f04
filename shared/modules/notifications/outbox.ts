import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { defineRecord } from '../../reconcile/records/define-record.ts'
import { digest, digestMessage } from './rules/digest.ts'
import { toldStates } from './rules/notification.ts'

/** Covers writes that were under way when the last look began. */
export const overlapMs = 5 * 60_000
/** The first look goes this far back, and so does a look after somebody deleted `state/`. It is longer than any digest is collected. */
const firstLookMs = 60 * 60_000
/** An input is remembered for this long. Within it, a repeated upload of the same content is not news. */
const rememberedMs = 26 * 60 * 60_000
export const inputsMost = 5_000

const lastTold = record({ event: z.enum(toldStates), outcome: z.string(), at: z.iso.datetime() })

/** The outcomes that are reported, and those that wait. Times of objects are S3's. */
const outbox = record({
  v: z.literal(1),
  /** Everything written before this is reported. */
  since: z.iso.datetime(),
  /** The same for the last look that also listed all statuses. */
  wholeSince: z.iso.datetime(),
  /** When such a look last ended, by our clock; absent: never. */
  wholeAt: z.iso.datetime().optional(),
  statuses: z.int().min(0),
  /** Reported changes that a look may find again, by id, with the time of their writing. */
  changes: z.record(z.string(), z.iso.datetime()),
  /** The last report of an input, by the hash of its key. */
  inputs: z.record(z.string(), lastTold),
  /** The last reported drift check. */
  drift: z.string().optional(),
  /** The last day whose wide full access was reported. */
  reach: z.string().optional(),
  /** By receiver: the collected digest, and the time of the last one, by our clock. */
  receivers: z.record(z.string(), record({ toldAt: z.iso.datetime().optional(), digest })),
  /** Complete digests, sent unchanged under their ids until a send succeeds. */
  sending: z.array(digestMessage),
})
export type Outbox = z.infer<typeof outbox>

export const outboxRecord = defineRecord({
  at: 'state/notifications.json',
  meaning: 'which outcomes were told, and digests that wait',
  source: { is: 'progress', of: 'notifications' },
  value: outbox,
})

export function firstOutbox(now: Date): Outbox {
  const since = renderInstant(new Date(now.getTime() - firstLookMs))
  return { v: 1, since, wholeSince: since, statuses: 0, changes: {}, inputs: {}, receivers: {}, sending: [] }
}

/** Drops entries that no look can find again, so that the outbox does not grow. `now` is S3's. */
export function forgetOld(told: Outbox, now: Date): Outbox {
  const found = Date.parse(told.wholeSince) - overlapMs
  const remembered = now.getTime() - rememberedMs
  const inputs = Object.entries(told.inputs)
    .filter(([, { event, at }]) => event !== 'applied' || Date.parse(at) >= remembered)
    .sort(([, a], [, b]) => (a.at < b.at ? 1 : -1))
    .filter(([, { at }], index) => index < inputsMost || Date.parse(at) >= found)
  return {
    ...told,
    changes: Object.fromEntries(Object.entries(told.changes).filter(([, at]) => Date.parse(at) >= found)),
    inputs: Object.fromEntries(inputs),
  }
}
