import { type DigestMessage, digestMessage } from '../../shared/modules/notifications/rules/digest.ts'
import { type Notification, notification } from '../../shared/modules/notifications/rules/notification.ts'
import { renderMail, renderWebhook } from '../../shared/modules/notifications/rules/render-digest.ts'
import { type Channels, WebhookError } from '../../shared/ports/channels.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import type { EventBus, OutgoingEvent } from '../../shared/ports/event-bus.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { requester } from './request-actions.ts'

const secretArn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:ssofile/approvers-AbCdEf'

/** Everybody who may be told. Each topic of a receiver has one. */
export const receivers = [
  { name: 'operators', mail: ['operators@example.com'], operators: true },
  { name: 'approvers', webhook: { secretArn, format: 'slack' }, approvers: ['approvers'] },
  { name: 'ann', mail: ['ann@example.com'], approvers: ['ann'] },
  { name: 'mia', mail: [requester], requesters: [requester] },
  { name: 'uploaders', mail: ['uploaders@example.com'], uploaders: ['someone', 'governance', 'hr'] },
  { name: 'platform', mail: ['platform@example.com'], permissionSets: true, requests: true, folders: ['folder-a'] },
] as const

/** Each life has one of these down for its first minutes. */
const troubles = [
  { what: 'bus', minutes: 3 },
  { what: 'webhook', minutes: 20 },
  { what: 'mail', minutes: 8 },
  { what: 'nothing', minutes: 0 },
] as const

/** The bus of outcomes, and the people behind mail and webhooks. They keep everything that reaches them. */
export class Receivers implements EventBus, Channels {
  /** On the bus, in their order. Some may be there twice. */
  readonly events: Notification[] = []
  /** The digests on their way, by id, and their ids in the order of their arrivals. */
  readonly sent = new Map<string, DigestMessage>()
  readonly arrived: string[] = []
  /** The number of events that the bus refused. */
  refusals = 0
  readonly #byText = new Map<string, string>()
  readonly #clock: Clock
  readonly #trouble: (typeof troubles)[number] | undefined
  #isOver = false

  constructor(clock: Clock, seed: number) {
    this.#clock = clock
    this.#trouble = troubles[seed % troubles.length]
  }

  /** The second phase: everybody can be reached. */
  recover(): void {
    this.#isOver = true
  }

  noteSent(body: string): void {
    const message = digestMessage.parse(JSON.parse(body))
    const text = message.way === 'mail' ? renderMail(message).text : renderWebhook(message, 'slack')
    this.sent.set(message.id, message)
    this.#byText.set(`${message.receiver} ${message.way} ${text}`, message.id)
  }

  async put(events: readonly OutgoingEvent[]): Promise<readonly (string | undefined)[]> {
    const isBad = this.#isDown('bus')
    // The bus may refuse some of a call, and take the others.
    return events.map(({ detail }, nth) => {
      if (isBad && nth % 2 === 0) {
        this.refusals++
        return 'ThrottlingException'
      }
      this.events.push(notification.parse(JSON.parse(detail)))
      return undefined
    })
  }

  async mail(receiver: string, { text }: { readonly text: string }): Promise<void> {
    if (this.#isDown('mail')) throw new ServiceError('sns', 'InternalError', 'the topic is down')
    this.#arrive(`${receiver} mail ${text}`)
  }

  async post(_secretArn: string, body: string): Promise<void> {
    if (this.#isDown('webhook')) throw new WebhookError('the webhook is down')
    this.#arrive(`approvers webhook ${body}`)
  }

  #arrive(text: string): void {
    const id = this.#byText.get(text)
    if (id === undefined) throw new Error(`nobody sent ${text}`)
    this.arrived.push(id)
  }

  #isDown(what: string): boolean {
    const { what: down, minutes = 0 } = this.#trouble ?? {}
    return !this.#isOver && down === what && this.#clock.monotonicMs() < minutes * 60_000
  }
}
