import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { defineRecord } from '../../reconcile/records/define-record.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'

const arrival = record({ name: z.string(), at: z.iso.datetime() })
const arrivals = record({
  v: z.literal(1),
  /** The id of the last message of `ssofile doctor`. */
  roundTrip: arrival.optional(),
  organization: arrival.optional(),
  directory: arrival.optional(),
})
export type Arrivals = z.infer<typeof arrivals>
export type ArrivalKind = Exclude<keyof Arrivals, 'v'>
export const arrivalsRecord = defineRecord({
  at: 'state/arrivals.json',
  meaning: 'the last events that arrived, for `doctor`',
  source: { is: 'note', until: 'the next event replaces it' },
  value: arrivals,
})

/** An event within this time after the last note adds nothing, so a flood of events rarely writes the record. */
const seldomMs = 10 * 60_000

/** The last events that arrived, for `ssofile doctor`. `undefined`: none was noted. */
export async function readArrivals(objects: ObjectStore): Promise<Arrivals | undefined> {
  return (await spoiledAsAbsent(arrivalsRecord.of(objects).read()))?.value
}

/** Notes the names of events that arrived. It only logs a failure, so a failure does not delay the events. */
export async function noteArrivals(
  { objects, clock, log }: Pick<Ports, 'objects' | 'clock' | 'log'>,
  names: Readonly<Partial<Record<ArrivalKind, string>>>,
): Promise<void> {
  if (Object.keys(names).length === 0) return
  const now = clock.now()
  const noted = (name: string | undefined, before: Arrivals[ArrivalKind]) => {
    const isNew = name !== undefined && (before === undefined || now.getTime() - Date.parse(before.at) >= seldomMs)
    return isNew ? { name, at: renderInstant(now) } : before
  }
  try {
    const before = await readArrivals(objects)
    const next: Arrivals = {
      v: 1,
      roundTrip: names.roundTrip === undefined ? before?.roundTrip : { name: names.roundTrip, at: renderInstant(now) },
      organization: noted(names.organization, before?.organization),
      directory: noted(names.directory, before?.directory),
    }
    // The last writer wins: another batch notes another event of the same minute.
    if (JSON.stringify(next) !== JSON.stringify({ v: 1, ...before })) await arrivalsRecord.of(objects).overwrite(next)
  } catch (error) {
    log.warn('ssofile could not record which events arrived; only ssofile doctor needs that', { error })
  }
}
