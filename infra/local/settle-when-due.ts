import type { Clock } from '../../shared/ports/clock.ts'

/** A model whose requests finish at instants of their own. */
export type SettlingModel = { nextDueAt(): Date | undefined; settle(): void }

/**
 * Settles a model whenever something is due, so that requests finish and send their events without being polled. Call
 * `poke` when something may have become due earlier than before.
 */
export function startSettling(model: SettlingModel, clock: Clock): { poke(): void; stop(): Promise<void> } {
  const stopping = new AbortController()
  let sleeping = new AbortController()
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const due = model.nextDueAt()
      sleeping = new AbortController()
      const ms = due === undefined ? Number.POSITIVE_INFINITY : due.getTime() - clock.now().getTime()
      await clock.sleep(ms, AbortSignal.any([sleeping.signal, stopping.signal]))
      model.settle()
    }
  }
  const running = loop()
  return {
    poke: () => sleeping.abort(),
    async stop() {
      stopping.abort()
      await running
    },
  }
}
