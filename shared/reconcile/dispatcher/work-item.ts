import type { Hint } from '../../domain/messages/hint.ts'
import type { Lane, OutgoingMessage } from '../../ports/queues.ts'

/** A hint in hand. Exactly one of `done`, `giveBack` and `leave` ends it. */
export type WorkItem = {
  readonly hint: Hint
  readonly group: string
  /** What the hint is about: the hint without its cause. */
  readonly subject: string
  /** The share of the hint: see `shareOf`. */
  readonly share: string
  readonly lane: Lane | 'open'
  /** When it was pulled, in monotonic milliseconds. */
  readonly pulledMs: number
  /** When it was sent, or when its next attempt was due. */
  readonly since: Date
  done(): Promise<void>
  /** A new message with the same hint. Absent for open work, whose object stays in the bucket. */
  readonly renew?: () => OutgoingMessage
  /**
   * Puts it back as a new message, because a message that becomes visible again counts towards the dead-letter queue. `to`:
   * another lane.
   */
  giveBack(to?: Lane): Promise<void>
  /**
   * Leaves the message: it comes again when its visibility ends, and counts towards the dead-letter queue. Notes the reason for `ssofile
   * redrive`. Never rejects.
   */
  leave(error: unknown): Promise<void>
}
