import { nextTick } from 'node:process'
import { Agenda } from '../shared/memory/agenda.ts'
import type { Clock } from '../shared/ports/clock.ts'

type Sleeper = { readonly wake: () => void; awake: boolean }

/**
 * Time that stands still until it is moved. Sleepers wake in the order of their instants, those of one instant in the
 * order in which they went to sleep.
 */
export class VirtualClock implements Clock {
  readonly #startMs: number
  readonly #sleepers = new Agenda<Sleeper>()
  #nowMs: number

  constructor(start: Date) {
    this.#startMs = start.getTime()
    this.#nowMs = this.#startMs
  }

  now(): Date {
    return new Date(this.#nowMs)
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (!(ms > 0) || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        awake: false,
        wake: () => {
          sleeper.awake = true
          signal?.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      signal?.addEventListener('abort', sleeper.wake)
      // Whole milliseconds, as Date has them: between two, a sleeper would be woken and find that it is too early.
      if (Number.isFinite(ms)) this.#sleepers.add(this.#nowMs + Math.ceil(ms), sleeper)
    })
  }

  /** When the next sleeper is due; `undefined`: there is none, or it sleeps for ever. */
  nextDueAt(): Date | undefined {
    for (let next = this.#sleepers.next(); next !== undefined; next = this.#sleepers.next()) {
      if (!next.item.awake) return new Date(next.at)
      this.#sleepers.takeDue(next.at) // woken by its signal
    }
    return undefined
  }

  /** Moves time to the next sleeper's instant and wakes that one sleeper. False: there is none, and time stands still. */
  wakeNext(): boolean {
    const due = this.nextDueAt()
    if (due === undefined) return false
    this.#nowMs = Math.max(this.#nowMs, due.getTime())
    this.#sleepers.takeDue(this.#nowMs)?.item.wake()
    return true
  }

  /** Moves time forward by `ms`; see `advanceTo`. */
  advance(ms: number): Promise<void> {
    return this.advanceTo(new Date(this.#nowMs + ms))
  }

  /**
   * Moves time forward to `instant`, stopping at every sleeper on the way until all that its waking sets off has
   * settled, new sleeps included; what waits for I/O is not waited for. An instant in the past only settles.
   */
  async advanceTo(instant: Date): Promise<void> {
    await settle()
    for (let due = this.nextDueAt(); due !== undefined && due <= instant; due = this.nextDueAt()) {
      this.wakeNext()
      await settle()
    }
    this.#nowMs = Math.max(this.#nowMs, instant.getTime())
  }
}

/**
 * Node empties its queue of promise reactions, those that follow included, before the next tick. A turn of the event
 * loop would wait for the same, and costs a call to the system each time: an eighth of a simulated life.
 */
function settle(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve))
}
