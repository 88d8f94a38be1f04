import { quote } from '../statuses/complaint.ts'
import { isAhead } from '../text/instant.ts'
import {
  type EndedSession,
  endedSession,
  isWhileSuspended,
  mergeEndedSessions,
  sessionMostMs,
} from './ended-sessions.ts'

/** An entry that counts for nothing. `entry`: its text. `session`: its content, if readable. */
export type SpoiledEnding = {
  readonly entry: unknown
  readonly session: EndedSession | undefined
  readonly fault: string
  /** The entry's own end is past, so ssofile may delete it. */
  readonly isOver: boolean
}

export type EndedSessions = {
  /** The sessions to deny now, merged. */
  readonly ended: readonly EndedSession[]
  /** Entries whose time is over: none of these sessions can still run. */
  readonly over: readonly EndedSession[]
  readonly spoiled: readonly SpoiledEnding[]
}

/**
 * Judges the record of ended sessions at an instant of S3's clock. An operator may write anything there. `isSuspended`: whether the file
 * that an entry names suspends its user now.
 *
 * | the entry                                           | is      |
 * | --------------------------------------------------- | ------- |
 * | cannot be read                                      | spoiled |
 * | lasts while its user is suspended, and the user is not suspended | over |
 * | its `until` is not 12 hours after its `before`      | spoiled |
 * | its `before` is more than 3 minutes ahead           | spoiled |
 * | its `until` is past                                 | over    |
 * | any other                                           | ended   |
 */
export function judgeEndedSessions(
  entries: readonly unknown[],
  now: Date,
  isSuspended: (session: EndedSession) => boolean = () => false,
): EndedSessions {
  const ended: EndedSession[] = []
  const over: EndedSession[] = []
  const spoiled: SpoiledEnding[] = []
  for (const entry of entries) {
    const { data: session } = endedSession.safeParse(entry)
    const isLasting = session !== undefined && isWhileSuspended(session)
    const isOver = session !== undefined && (isLasting ? !isSuspended(session) : new Date(session.until) <= now)
    const fault = session === undefined ? 'it is not what ssofile writes' : faultOf(session, now)
    if (fault !== undefined) spoiled.push({ entry, session, fault, isOver })
    else if (session !== undefined) (isOver ? over : ended).push(session)
  }
  return { ended: mergeEndedSessions(ended), over, spoiled }
}

function faultOf({ before, until }: EndedSession, now: Date): string | undefined {
  const beforeMs = Date.parse(before)
  if (Date.parse(until) - beforeMs !== sessionMostMs)
    return `it ends at ${until}, expected 12 hours after its instant ${before}`
  if (!isWhileSuspended({ before }) && isAhead(before, now))
    return `its instant ${before} lies in the future, expected at most 3 minutes after now by S3's clock`
  return undefined
}

export function describeSpoiledEnding({ session, entry, fault }: SpoiledEnding): string {
  if (session === undefined) return `${quote(JSON.stringify(entry), 200)}: ${fault}`
  return `the sessions of ${quote(session.name)} (${session.user}) in ${session.permissionSet}: ${fault}`
}
