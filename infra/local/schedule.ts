import type { Clock } from '../../shared/ports/clock.ts'

export type ScheduleOptions = {
  readonly everyMs: number
  readonly run: () => Promise<void>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** Runs a function at an interval, first after one interval, like an EventBridge schedule. */
export function startSchedule({ everyMs, run, clock, onError }: ScheduleOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const loop = async () => {
    for (;;) {
      await clock.sleep(everyMs, stopping.signal)
      if (stopping.signal.aborted) return
      await run().catch(onError)
    }
  }
  const running = loop()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
