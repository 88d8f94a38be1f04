import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { reportsPrefix } from './report-summary.ts'

/** `people`, `ssofile`: patterns of ARNs. `how`: a limit, for people to read. */
export const placeWriters = record({
  prefix: z.string(),
  people: z.array(z.string()).readonly(),
  ssofile: z.array(z.string()).readonly(),
  how: z.string().optional(),
})
export type PlaceWriters = Readonly<z.infer<typeof placeWriters>>

const report = record({
  v: z.literal(1),
  asOf: z.iso.datetime(),
  bucket: z.string(),
  writers: z.array(placeWriters).readonly(),
})

/** For auditors: who may write under each prefix, as this deployment has set the bucket up. Reviews ask about each of them. */
export async function writePlaceWriters(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  writers: readonly PlaceWriters[],
): Promise<void> {
  if (writers.length === 0) return
  const told = { v: 1, asOf: renderInstant(clock.now()), bucket: objects.bucket, writers } as const
  await new JsonRecord(objects, `${reportsPrefix}writers.json`, report).overwrite(told)
}
