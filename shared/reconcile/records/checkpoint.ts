import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { attentionStates, statusStates } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { defineRecord } from './define-record.ts'
import { spoiledAsAbsent } from './stored-json.ts'

/** Covers writes that were under way when the last comparison began. */
const overlapMs = 5 * 60_000

/** A status as last read. While its etag is the same, it is not read again. */
const toldStatus = record({
  etag: z.string(),
  state: z.enum(statusStates),
  /** The input's state in the index; absent: not in the index. */
  attention: z.enum(attentionStates).optional(),
  /** The etag of the described file; absent: the file was gone. */
  of: z.string().optional(),
  desired: z.int(),
  open: z.int(),
  /** Applied, without a reason or a remedy: a summary needs nothing else of it. */
  isPlain: z.literal(true).optional(),
})
export type CheckedStatus = z.infer<typeof toldStatus>

/** The body of a link as last read: its times, or that it is invalid, or that S3 did not return it. */
const linkTimes = record({
  etag: z.string(),
  isValid: z.boolean(),
  isUnreadable: z.literal(true).optional(),
  notBefore: z.iso.datetime().optional(),
  expiresAt: z.iso.datetime().optional(),
})
export type LinkTimes = z.infer<typeof linkTimes>

/** The result of the last comparison of the bucket. Increase `v` when the rules for a link's body change. */
const checkpoint = record({
  v: z.literal(2),
  /** By S3's clock. */
  startedAt: z.iso.datetime(),
  /** Unsettled ledger entries. */
  entries: z.array(z.string()).readonly(),
  /** By input. */
  statuses: z.record(z.string(), toldStatus),
  /** By link. Leaves out empty links unless they are rejected. */
  links: z.record(z.string(), linkTimes),
})

export const checkpointRecord = defineRecord({
  at: 'state/reconcile.json',
  meaning: 'the last comparison: statuses, times of links, unsettled entries',
  source: { is: 'index', of: 'links, statuses and the ledger' },
  value: checkpoint,
})

/** The facts that one comparison keeps for the next. */
export type Memory = Readonly<Omit<z.infer<typeof checkpoint>, 'v' | 'startedAt'>>

/** `since`: older ledger entries were settled, unless `entries` names them. */
export type Checkpoint = Memory & {
  readonly since: Date
  /** S3's clock at the time of reading; `undefined`: there is no checkpoint. */
  readonly now: Date | undefined
}

export const noMemory: Memory = { entries: [], statuses: {}, links: {} }

/** If the checkpoint is missing or spoiled, everything is read. */
export async function readCheckpoint(objects: ObjectStore): Promise<Checkpoint> {
  const stored = await spoiledAsAbsent(checkpointRecord.of(objects).read())
  if (!stored) return { ...noMemory, since: new Date(0), now: undefined }
  const { startedAt, ...memory } = stored.value
  return { ...memory, since: new Date(Date.parse(startedAt) - overlapMs), now: stored.object.servedAt }
}

/** False if nothing was compared yet, or somebody deleted `state/`. */
export async function hasCheckpoint(objects: ObjectStore): Promise<boolean> {
  return (await objects.head(checkpointRecord.at)) !== undefined
}

/** Returns S3's time. */
export async function writeCheckpoint(objects: ObjectStore, startedAt: Date, memory: Memory): Promise<Date> {
  return checkpointRecord.of(objects).overwrite({ v: 2, startedAt: renderInstant(startedAt), ...memory })
}
