import * as z from 'zod'
import { assignmentKey } from '../../domain/assignments/assignment.ts'
import { record } from '../../domain/json/record.ts'
import { accountId } from '../../domain/organization/account-id.ts'
import { permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { attentionStates, statusStates } from '../../domain/statuses/status.ts'
import { recordedInstant, renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from './json-record.ts'
import { type AccountRange, accountRange, allAccounts, type RangedJobName, rangedJob, readResult } from './ranges.ts'
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
  notBefore: recordedInstant.optional(),
  expiresAt: recordedInstant.optional(),
})
export type LinkTimes = z.infer<typeof linkTimes>

/** `job` absent: a sweep. */
const partsOfRun = record({ job: rangedJob.optional(), run: z.string(), ranges: z.array(accountRange) })

/** The inputs for the comparison of every range of a run. */
export const comparedInputs = record({
  v: z.literal(1),
  since: z.iso.datetime(),
  entries: z.array(z.string()).readonly(),
  parts: partsOfRun.optional(),
  /** Links and permission sets. */
  files: z.array(z.string()),
  inForce: z.array(z.string()),
  unread: z.array(z.string()),
  statuses: z.record(z.string(), toldStatus),
  /** Inputs whose status changed since the last comparison. */
  changed: z.array(z.string()),
  /** Permission sets applied since then. */
  made: z.array(permissionSetName),
  isAtWork: z.boolean(),
})
export type ComparedInputs = z.infer<typeof comparedInputs>

/** The result of one range of a comparison. Its size does not grow with the organization, except by what moves in the range. */
export const comparedRange = record({
  v: z.literal(1),
  /** Unsettled ledger entries of the range. */
  entries: z.array(assignmentKey).readonly(),
  /** Inputs with access that is still to be granted or revoked there. */
  open: z.array(z.string()),
  /** Inputs with a retry under `state/open/`. */
  retried: z.array(z.string()),
  /** Links with access that the brake holds. */
  heldLinks: z.array(z.string()),
  /** Files of permission sets that the brake holds. */
  heldFiles: z.array(permissionSetName),
  isBrakeUnreadable: z.boolean(),
  /** Permission sets with access of ours, and of others. */
  owned: z.array(permissionSetName),
  foreign: z.array(permissionSetName),
  /** The number of ledger entries, and of those with nothing left to do. */
  all: z.int(),
  settled: z.int(),
  marks: z.array(accountId).readonly(),
  /** Sent hints. */
  grants: z.int(),
  revocations: z.int(),
  unfinished: z.int(),
  /** A reconcile has them: accounts of the ledger that Organizations does not list, and their entries that take no changes. */
  missing: z.array(accountId).readonly().optional(),
  resting: z.array(assignmentKey).readonly().optional(),
})
export type ComparedRange = z.infer<typeof comparedRange>
export const comparisonRecords = <Name extends RangedJobName>(name: Name) => ({
  name,
  facts: comparedInputs,
  result: comparedRange,
})

/** The result of the last comparison of the bucket. Increase `v` when the rules for a link's body change. */
const checkpoint = record({
  // 3: `parts` has the entries. Earlier releases cannot read it, and read everything instead.
  v: z.union([z.literal(2), z.literal(3)]),
  /** By S3's clock. */
  startedAt: z.iso.datetime(),
  /** Unsettled ledger entries. */
  entries: z.array(z.string()).readonly(),
  /** By input. */
  statuses: z.record(z.string(), toldStatus),
  /** By link. Leaves out empty links unless they are rejected. */
  links: z.record(z.string(), linkTimes),
  /** Accounts at which the next comparison may cut. Absent: written by an earlier release. */
  marks: z.array(accountId).readonly().optional(),
  /** The run whose results have the unsettled entries. Absent: `entries` has them all. */
  parts: partsOfRun.optional(),
})

export const checkpointKey = 'state/reconcile.json'
const recordOf = (objects: ObjectStore) => new JsonRecord(objects, checkpointKey, checkpoint)

/** The facts that one comparison keeps for the next. */
export type Memory = Readonly<Omit<z.infer<typeof checkpoint>, 'v' | 'startedAt'>>

/** `since`: older ledger entries were settled, unless `entries` names them. */
export type Checkpoint = Memory & {
  readonly since: Date
  /** S3's clock at the time of reading; `undefined`: there is no checkpoint. */
  readonly now: Date | undefined
}

export const noMemory: Memory = { entries: [], statuses: {}, links: {} }

/** If the checkpoint is missing or spoiled, everything is read. `parts`: leave out the entries of ranges. */
export async function readCheckpoint(objects: ObjectStore, parts?: 'without parts'): Promise<Checkpoint> {
  const stored = await spoiledAsAbsent(recordOf(objects).read())
  if (!stored) return { ...noMemory, since: new Date(0), now: undefined }
  const { startedAt, ...memory } = stored.value
  const now = stored.object.servedAt
  const last = { ...memory, since: new Date(Date.parse(startedAt) - overlapMs), now }
  return parts ? last : { ...last, ...(await readUnsettled(objects, last, allAccounts)) }
}

type Unsettled = Pick<Checkpoint, 'since' | 'entries'>

/** With the entries that the last comparison found unsettled in this range. */
export async function readUnsettled(
  objects: ObjectStore,
  { since, entries, parts }: Unsettled & Pick<Memory, 'parts'>,
  { from, to }: AccountRange,
): Promise<Unsettled> {
  const { job = 'sweep', run = '', ranges = [] } = parts ?? {}
  const meets = (one: AccountRange) =>
    (one.to === undefined || from === undefined || from < one.to) &&
    (one.from === undefined || to === undefined || one.from < to)
  const met = ranges.flatMap((one, index) => (meets(one) ? [index] : []))
  const results = await Promise.all(met.map((index) => readResult(objects, comparisonRecords(job), run, index)))
  // Without a result nobody knows which entries were settled.
  if (results.includes(undefined)) return { since: new Date(0), entries }
  return { since, entries: [...entries, ...results.flatMap((result) => result?.entries ?? [])] }
}

/** False if nothing was compared yet, or somebody deleted `state/`. */
export async function hasCheckpoint(objects: ObjectStore): Promise<boolean> {
  return (await objects.head(recordOf(objects).key)) !== undefined
}

/** Returns S3's time. */
export async function writeCheckpoint(objects: ObjectStore, startedAt: Date, memory: Memory): Promise<Date> {
  return recordOf(objects).overwrite({ v: memory.parts ? 3 : 2, startedAt: renderInstant(startedAt), ...memory })
}
