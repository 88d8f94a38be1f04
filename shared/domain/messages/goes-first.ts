import { endedSessionsKey } from '../sessions/ended-sessions.ts'
import { suspensionPrefix } from '../suspensions/suspension.ts'

/** The cause of a hint for access of a user who was disabled, deleted or suspended, if no file of a suspension is its cause. */
export const userHasLeft = 'user-has-left'

/**
 * Whether a hint with this cause goes before all others: it takes access from one person who must have none from now on. The number of hints
 * does not matter, because the brake limits how many people lose access.
 */
export function goesFirst(cause: string): boolean {
  return cause === userHasLeft || cause.startsWith(suspensionPrefix) || cause === endedSessionsKey
}
