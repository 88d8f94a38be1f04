import { endedSessionsKey } from '../sessions/ended-sessions.ts'
import { suspensionPrefix } from '../suspensions/suspension.ts'

/** The cause of a hint for access of a user who was disabled, deleted or suspended, if no file of a suspension is its cause. */
export const userHasLeft = 'user-has-left'

/**
 * Whether a hint with this cause goes before all others: it takes access from one person who must have none from now on. The number of hints
 * does not matter. The brake limits how many people lose access, and later looks at what it holds have another cause: they may be tens of
 * thousands, and take nothing. Only the first look at a person goes first whatever the brake says, because the brake judges with it.
 */
export function goesFirst(cause: string): boolean {
  return cause === userHasLeft || cause.startsWith(suspensionPrefix) || cause === endedSessionsKey
}
