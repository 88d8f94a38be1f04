import { functionSettings } from '../../ports/deployment-settings.ts'
import { heartbeats, type ScheduledFunction } from '../../ports/metrics.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { definePlace } from './define-record.ts'

/** An empty object for each function of a schedule: its time is that of the last run in which every job came to its end. */
export const scheduleRuns = definePlace({
  at: 'state/schedules/',
  meaning: 'when each schedule ran last',
  source: { is: 'note', until: 'the next run replaces it' },
})

export async function recordRun(objects: ObjectStore, name: ScheduledFunction): Promise<void> {
  await objects.put(scheduleRuns.at + name, new Uint8Array())
}

const dayMinutes = 24 * 60
/** A run may take a quarter of an hour, and one failed run is repeated by the next. */
const graceMinutes = 16

export type ScheduleRun = { readonly name: string; readonly ranAt: Date; readonly isLate: boolean }

/** The last run of each function that has run, by S3's clock. Late: two runs should have followed since. */
export async function listRuns(objects: ObjectStore, now: Date): Promise<readonly ScheduleRun[]> {
  const runs: ScheduleRun[] = []
  for await (const { key, lastModified: ranAt } of objects.list(scheduleRuns.at)) {
    const name = Object.keys(heartbeats).find((one): one is ScheduledFunction => scheduleRuns.at + one === key)
    if (name === undefined) continue
    const { schedule } = functionSettings[name]
    const everyMinutes = typeof schedule === 'object' ? schedule.everyMinutes : dayMinutes
    const ageMinutes = (now.getTime() - ranAt.getTime()) / 60_000
    runs.push({ name, ranAt, isLate: ageMinutes > 2 * everyMinutes + graceMinutes })
  }
  return runs
}
