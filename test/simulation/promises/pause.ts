import type { Call } from '../chaos.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { type Fail, promises } from './violation.ts'

/** A dispatcher looks every two seconds; a look is a few calls, each of which may travel for seconds. */
const noticedMs = 15_000
/** The looks themselves are refused, or the dispatcher stands still for as long as its lease lasts. */
const noticedLateMs = 90_000

/** Promise 7: a pause stops all changes. Until it ends, nothing in Identity Center is changed. */
export class PausePromise {
  readonly #world: SimulatedWorld
  readonly #fail: Fail
  #sinceMs: number | undefined

  constructor(world: SimulatedWorld, fail: Fail) {
    this.#world = world
    this.#fail = fail
    world.objects.onChange(({ key, eventName }) => {
      if (key !== 'control/pause.json') return
      this.#sinceMs = eventName.startsWith('ObjectRemoved') ? undefined : world.clock.monotonicMs()
    })
  }

  noteDeparture({ operation }: Call): void {
    if (this.#sinceMs === undefined || /^(list|describe|get|instance)/.test(operation)) return
    const pausedMs = this.#world.clock.monotonicMs() - this.#sinceMs
    const { chaos, wasDisturbed, wasInterrupted } = this.#world
    const isHindered = chaos.struck.size > 0 || wasDisturbed || wasInterrupted
    if (pausedMs > (isHindered ? noticedLateMs : noticedMs))
      this.#fail(promises.pause, `${operation} leaves ${pausedMs / 1000} seconds after a pause began`)
  }
}
