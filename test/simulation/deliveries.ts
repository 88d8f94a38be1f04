import type { EventBridgeEvent } from '../../infra/local/events/event-bridge-event.ts'
import { notifiedPlaces } from '../../shared/domain/inputs/kinds.ts'
import type { ObjectChange } from '../../shared/memory/s3/object-change.ts'
import { renderS3Notification } from '../../shared/memory/s3/s3-notification.ts'
import type { OutgoingMessage } from '../../shared/ports/queues.ts'
import type { SimulatedWorld } from './simulated-world.ts'

type Fed = 'uploads' | 'events'

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
    if (!notifiedPlaces().some((place) => change.key.startsWith(place))) return
    const body = renderS3Notification(change, { bucket: 'ssofile', region: 'us-east-1', configurationId: 'inputs' })
    void this.#deliver('uploads', { body })
  }

  tell(event: EventBridgeEvent): void {
    void this.#deliver('events', { body: JSON.stringify(event) })
  }

  async #deliver(queue: Fed, message: OutgoingMessage): Promise<void> {
    this.note?.()
    const { next, counts } = this
    if (next.skip > 0) {
      next.skip--
      return this.#arrive(queue, message)
    }
    if (next.lose > 0) {
      next.lose--
      counts.lost++
      // A sweep finds changes that S3 did not report. Only a reconcile reads the organization and the directory again. If a message is lost
      // while a dispatcher knows of a pause, the reconcile after the pause finds the change.
      if (queue === 'events' && !this.#isPauseNoticed()) this.#world.wasEventLost = true
      return
    }
    const { delayMs, repeat } = next
    Object.assign(next, { delayMs: 0, repeat: 0 })
    if (delayMs > 0) counts.delayed++
    counts.repeated += repeat
    return this.#arrive(queue, message, delayMs, repeat)
  }

  /** A pause is in force, and a dispatcher has seen it. */
  #isPauseNoticed(): boolean {
    const { model } = this.#world.objects
    return ['control/pause.json', 'state/paused.json'].every((key) => model.find(key) !== undefined)
  }

  async #arrive(queue: Fed, message: OutgoingMessage, delayMs = 0, repeats = 0): Promise<void> {
    const { clock, queues } = this.#world
    this.#underWay++
    await clock.sleep(5 + delayMs)
    this.#underWay--
    for (let sent = 0; sent <= repeats; sent++) await queues.send(queue, [message])
  }
}
