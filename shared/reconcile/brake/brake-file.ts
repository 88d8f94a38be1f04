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
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'

export const brakeKey = 'control/brake.json'

/** First the fields that a person looks for, of the rule that held first. They are absent while nothing is held. */
const brakeBody = z
  .strictObject({
    v: z.literal(1),
    digest: z.string().optional(),
    rule: z.enum(brakeRules).optional(),
    folder: z.string().optional(),
    figure: z.int().optional(),
    limit: z.int().optional(),
    since: z.iso.datetime().optional(),
    ...brakeRecord.shape,
  })
  .transform(({ held, holds, windows, releases }): BrakeRecord => ({ held, holds, windows, releases }))

/** It is absent until something is counted. */
export const brakeFile = (objects: ObjectStore) => new JsonRecord(objects, brakeKey, brakeBody, renderBrake)

function renderBrake(record: BrakeRecord): z.input<typeof brakeBody> {
  const { held, holds } = record
  if (held.length === 0) return { v: 1, ...record }
  const [first] = holds
  const { rule, folder, limit, since } = first ?? {}
  return { v: 1, digest: digestOf(held), rule, folder, figure: first && figureOf(first), limit, since, ...record }
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
    const { value: record = emptyBrake, object } = (await brakeFile(objects).read()) ?? {}
    if (!object || record.held.length === 0 || digestOf(record.held) !== digest) {
      const before = object && findRelease(record, digest, object.servedAt)
      return before ? { outcome: 'released-before', ...before } : { outcome: 'other-list', record }
    }
    const released = releaseHeld(record, { at: object.servedAt, digest, by })
    // Lost: the list may have grown meanwhile, and then its digest differs.
    if ((await brakeFile(objects).write(released, object.etag)).outcome === 'written')
      return { outcome: 'released', keys: record.held }
  }
}
