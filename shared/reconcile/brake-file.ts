import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { AssignmentKey } from '../domain/assignment.ts'
import {
  type BrakeRecord,
  brakeRecord,
  brakeRules,
  emptyBrake,
  figureOf,
  findRelease,
  releaseHeld,
} from '../domain/brake.ts'
import type { FoundObject, ObjectStore, WriteResult } from '../ports/object-store.ts'
import { readJson, renderJson } from './stored-json.ts'

export const brakeKey = 'control/brake.json'

/** The record, and before it what a person looks for first: of the rule that held first, absent while nothing is held. */
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

export type StoredBrake = { readonly record: BrakeRecord; readonly object: FoundObject }

/** `undefined`: nothing was ever counted, or the object was deleted. Throws when it cannot be understood. */
export async function readBrake(objects: ObjectStore): Promise<StoredBrake | undefined> {
  const stored = await readJson(objects, brakeKey, brakeFile)
  if (!stored) return undefined
  const { held, holds, windows, releases } = stored.value
  return { record: { held, holds, windows, releases }, object: stored.object }
}

/** `etag`: of the object that the record was read from; `undefined`: there was none. */
export function writeBrake(objects: ObjectStore, record: BrakeRecord, etag: string | undefined): Promise<WriteResult> {
  const condition = etag === undefined ? ({ ifNoneMatch: '*' } as const) : ({ ifMatch: etag } as const)
  return objects.put(brakeKey, renderJson({ v: 1, ...summarize(record), ...record }), condition)
}

function summarize({ held, holds }: BrakeRecord): Omit<z.infer<typeof brakeFile>, 'v' | keyof BrakeRecord> {
  const [first] = holds
  if (held.length === 0 || !first) return held.length === 0 ? {} : { digest: digestOf(held) }
  const { rule, folder, limit, since } = first
  return {
    digest: digestOf(held),
    rule,
    ...(folder === undefined ? {} : { folder }),
    figure: figureOf(first),
    limit,
    since,
  }
}

/** Names one list of keys: another list has another. */
export function digestOf(held: readonly AssignmentKey[]): string {
  return createHash('sha256').update(held.join('\n')).digest('hex').slice(0, 16)
}

export type ReleaseResult =
  | { readonly outcome: 'released'; readonly keys: readonly AssignmentKey[] }
  /** This very list was released already, at that instant. */
  | { readonly outcome: 'released-before'; readonly at: string; readonly by: string }
  /** Another list is held, or none: what somebody looked at is not what would go now. */
  | { readonly outcome: 'other-list'; readonly record: BrakeRecord }

/**
 * Releases exactly the list of this digest, for an hour by S3's clock. Writes `control/brake.json` only: the dispatcher
 * finds it there, within a minute, and hints at the keys itself.
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
    // Lost: the list may have grown meanwhile, which its digest tells.
    if ((await writeBrake(objects, released, object.etag)).outcome === 'written')
      return { outcome: 'released', keys: record.held }
  }
}
