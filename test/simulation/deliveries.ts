import type { EventBridgeEvent } from '../../infra/local/events/event-bridge-event.ts'
import { notifiedPlaces, placesThatStart } from '../../shared/domain/inputs/kinds.ts'
import type { ObjectChange } from '../../shared/memory/s3/object-change.ts'
import { renderS3Notification } from '../../shared/memory/s3/s3-notification.ts'
import type { SimulatedWorld } from './simulated-world.ts'

type Fed = 'uploads' | 'events' | 'retire'
type Arrive = () => Promise<unknown>

/** The messages of S3 and EventBridge. They come at least once, unless a command says that the next message is lost, repeated or late. */
export class Deliveries {
  /** Commands that have not struck yet. */
  readonly next = { lose: 0, repeat: 0, delayMs: 0, skip: 0 }
  readonly counts = { lost: 0, repeated: 0, delayed: 0 }
  /** Called for each message. */
  note: (() => void) | undefined
  readonly #world: SimulatedWorld
  #underWay = 0

  constructor(world: SimulatedWorld) {
    this.#world = world
  }

  get isUnderWay(): boolean {
    return this.#underWay > 0
  }

  notify(change: ObjectChange): void {
    const isIn = (places: readonly string[]) => places.some((place) => change.key.startsWith(place))
    if (isIn(placesThatStart())) void this.#deliver('retire', () => this.#world.deployment.retire())
    if (!isIn(notifiedPlaces())) return
    const body = renderS3Notification(change, { bucket: 'ssofile', region: 'us-east-1', configurationId: 'inputs' })
    void this.#deliver('uploads', () => this.#world.queues.send('uploads', [{ body }]))
  }

  tell(event: EventBridgeEvent): void {
    const body = JSON.stringify(event)
    void this.#deliver('events', () => this.#world.queues.send('events', [{ body }]))
  }

  async #deliver(to: Fed, arrive: Arrive): Promise<void> {
    this.note?.()
    const { next, counts } = this
    if (next.skip > 0) {
      next.skip--
      return this.#arrive(arrive)
    }
    if (next.lose > 0) {
      next.lose--
      counts.lost++
      // A sweep finds changes that S3 did not report. Only a reconcile reads the organization and the directory again. If a message is lost
      // while a dispatcher knows of a pause, the reconcile after the pause finds the change.
      if (to === 'events' && !this.#isPauseNoticed()) this.#world.wasEventLost = true
      return
    }
    const { delayMs, repeat } = next
    Object.assign(next, { delayMs: 0, repeat: 0 })
    if (delayMs > 0) counts.delayed++
    counts.repeated += repeat
    return this.#arrive(arrive, delayMs, repeat)
  }

  /** A pause is in force, and a dispatcher has seen it. */
  #isPauseNoticed(): boolean {
    const { model } = this.#world.objects
    return ['control/pause.json', 'state/paused.json'].every((key) => model.find(key) !== undefined)
  }

  async #arrive(arrive: Arrive, delayMs = 0, repeats = 0): Promise<void> {
    const { clock } = this.#world
    this.#underWay++
    await clock.sleep(5 + delayMs)
    this.#underWay--
    for (let sent = 0; sent <= repeats; sent++) await arrive()
  }
}
