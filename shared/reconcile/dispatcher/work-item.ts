import type { Hint } from '../../domain/messages/hint.ts'
import type { OutgoingMessage } from '../../ports/queues.ts'
import type { Lane } from '../records/lanes.ts'

/** A hint in hand. Exactly one of `done`, `giveBack` and `leave` ends it. */
export type WorkItem = {
  readonly hint: Hint
  readonly group: string
  /** Whose it is: see `shareOf`. */
  readonly share: string
  readonly lane: Lane | 'open'
  /** When it was pulled: monotonic milliseconds of the clock. */
  readonly pulledMs: number
  /** When it was sent, or its next attempt was due. */
  readonly since: Date
  done(): Promise<void>
  /** Its message as new. None of open work, which stays where it is. */
  readonly renew?: () => OutgoingMessage
  /**
   * Puts it back as new, since a message that merely becomes visible again counts towards the dead-letter queue. `to`: into
   * this lane, where that is not its own.
   */
  giveBack(to?: Lane): Promise<void>
  /**
   * It comes again by itself, when its visibility ends, and counts towards the dead-letter queue: why is noted for
   * `ssofile redrive`. Never rejects.
   */
  leave(error: unknown): Promise<void>
}
