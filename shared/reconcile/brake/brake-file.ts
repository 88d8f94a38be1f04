import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { AssignmentKey } from '../../domain/assignment.ts'
import {
  type BrakeRecord,
  brakeRecord,
  brakeRules,
  emptyBrake,
  figureOf,
  findRelease,
  releaseHeld,
} from '../../domain/brake.ts'
import type { FoundObject, ObjectStore, WriteResult } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'

export const brakeKey = 'control/brake.json'

/** First the fields that a person looks for, of the rule that held first. They are absent while nothing is held. */
const brakeFile = z.strictObject({
  v: z.literal(1),
  digest: z.string().optional(),
  rule: z.enum(brakeRules).optional(),
  folder: z.string().optional(),
  figure: z.int().optional(),
  limit: z.int().optional(),
  since: z.iso.datetime().optional(),
  ...brakeRecord.shape,
})
const recordOf = (objects: ObjectStore) => new JsonRecord(objects, brakeKey, brakeFile)

export type StoredBrake = { readonly record: BrakeRecord; readonly object: FoundObject }

/** `undefined`: nothing was ever counted, or the object was deleted. Throws SpoiledObjectError. */
export async function readBrake(objects: ObjectStore): Promise<StoredBrake | undefined> {
  const stored = await recordOf(objects).read()
  if (!stored) return undefined
  const { held, holds, windows, releases } = stored.value
  return { record: { held, holds, windows, releases }, object: stored.object }
}

/** `etag`: of the object that was read; `undefined`: there was none. */
export function writeBrake(objects: ObjectStore, record: BrakeRecord, etag: string | undefined): Promise<WriteResult> {
  return recordOf(objects).write({ v: 1, ...summarize(record), ...record }, etag)
}

function summarize({ held, holds }: BrakeRecord): Omit<z.infer<typeof brakeFile>, 'v' | keyof BrakeRecord> {
  const [first] = holds
  if (held.length === 0 || !first) return held.length === 0 ? {} : { digest: digestOf(held) }
  const { rule, folder, limit, since } = first
  return { digest: digestOf(held), rule, folder, figure: figureOf(first), limit, since }
}

/** The name of one list of keys. Another list has another digest. */
export function digestOf(held: readonly AssignmentKey[]): string {
  return createHash('sha256').update(held.join('\n')).digest('hex').slice(0, 16)
}

export type ReleaseResult =
  | { readonly outcome: 'released'; readonly keys: readonly AssignmentKey[] }
  /** The same list was released already, at that instant. */
  | { readonly outcome: 'released-before'; readonly at: string; readonly by: string }
  /** Another list is held, or none: it is not the list that the person looked at. */
  | { readonly outcome: 'other-list'; readonly record: BrakeRecord }

/**
 * Releases exactly the list with this digest, for an hour by S3's clock. Writes `control/brake.json` only: the dispatcher
 * finds the release there within a minute, and hints at the keys.
 */
export async function releaseList(objects: ObjectStore, digest: string, by: string): Promise<ReleaseResult> {
  for (;;) {
    const stored = await readBrake(objects)
    const { record, object } = stored ?? { record: emptyBrake, object: undefined }
    if (!object || record.held.length === 0 || digestOf(record.held) !== digest) {
      const before = object && findRelease(record, digest, object.servedAt)
      return before ? { outcome: 'released-before', ...before } : { outcome: 'other-list', record }
    }
    const released = releaseHeld(record, { at: object.servedAt, digest, by })
    // Lost: the list may have grown meanwhile, and then its digest differs.
    if ((await writeBrake(objects, released, object.etag)).outcome === 'written')
      return { outcome: 'released', keys: record.held }
  }
}
