import type { Clock } from '../ports/clock.ts'
import { Refusal } from './refusal.ts'
import type { OpenTable } from './table.ts'

export type PublishedMail = {
  readonly at: Date
  readonly receiver: string
  readonly subject: string
  readonly text: string
}

type MemoryTopicOptions = {
  readonly clock: Clock
  readonly openTable: OpenTable
  readonly topicArn: string
  readonly onMail?: (mail: PublishedMail) => void
}

const keptMost = 100
// SNS API Reference, "Publish".
const subjectPattern = /^[\x20-\x7e]{1,99}$/
const messageBytesMost = 262_144

/** One topic of SNS, with the last hundred messages that subscriptions would deliver by mail. */
export class MemoryTopic {
  readonly #options: MemoryTopicOptions
  readonly #mails: Map<string, PublishedMail>
  #last: number

  constructor(options: MemoryTopicOptions) {
    this.#options = options
    this.#mails = options.openTable('mails')
    this.#last = Math.max(0, ...[...this.#mails.keys()].map(Number))
  }

  publish(topicArn: string, { receiver, subject, text }: Omit<PublishedMail, 'at'>): void {
    const { clock, onMail } = this.#options
    if (topicArn !== this.#options.topicArn) throw new Refusal('sns', 'NotFound', 'Topic does not exist')
    if (!subjectPattern.test(subject)) throw new Refusal('sns', 'InvalidParameter', 'Invalid parameter: Subject')
    if (text === '' || Buffer.byteLength(text) > messageBytesMost)
      throw new Refusal('sns', 'InvalidParameter', 'Invalid parameter: Message')
    const mail = { at: clock.now(), receiver, subject, text }
    this.#mails.set(String(++this.#last), mail)
    this.#mails.delete(String(this.#last - keptMost))
    onMail?.(mail)
  }

  /** Ascending. */
  mails(): readonly PublishedMail[] {
    return [...this.#mails].sort(([a], [b]) => Number(a) - Number(b)).map(([, mail]) => mail)
  }
}
