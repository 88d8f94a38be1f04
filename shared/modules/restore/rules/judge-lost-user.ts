import type { OwnedPerson } from '../../../domain/files/person-file.ts'
import type { PrincipalId } from '../../../domain/principals/identity-center-ids.ts'

/** An event of `history/people/`. `writtenAt`: by S3's clock. `id`: of its user, if readable. */
export type UserEvent = {
  readonly event: string
  readonly at: string
  readonly writtenAt: Date
  readonly id: PrincipalId | undefined
}

/**
 * The record of a user whose record is gone or unreadable. `saved`: its last readable version. `savedAt`: when its last version was written,
 * readable or not. `events`: the oldest first. `undefined`: nothing is lost.
 *
 * | the last version | history since                                | then                                        |
 * | ---------------- | -------------------------------------------- | ------------------------------------------- |
 * | any, or none     | the user was deleted or is gone              | nothing is lost                             |
 * | readable         | any other                                    | the version                                 |
 * | none             | the user was created or adopted              | as history says                             |
 * | none             | the same, then ended, and did not return     | the same, and ended: suspended since then   |
 * | none             | any other                                    | nothing is lost                             |
 */
export function judgeLostUser({
  saved,
  savedAt,
  events,
}: {
  readonly saved: OwnedPerson | undefined
  readonly savedAt: Date | undefined
  readonly events: readonly UserEvent[]
}): OwnedPerson | undefined {
  const over = events.findLastIndex(({ event }) => event === 'deleted' || event === 'gone')
  const story = events.slice(over + 1)
  const overAt = events[over]?.writtenAt
  if (overAt && (savedAt === undefined || overAt >= savedAt) && !story.some(isBeginning)) return undefined
  if (saved) return saved
  const begun = story.findLast(isBeginning)
  if (begun?.id === undefined) return undefined
  const { event, at, id } = begun
  const last = story.findLast((one) => one.event === 'ended' || one.event === 'returned')
  const ended = last?.event === 'ended' ? { ended: { at: last.at } } : {}
  return { v: 1, id, isAdopted: event === 'adopted', claimedAt: at, ...ended }
}

function isBeginning({ event }: UserEvent): boolean {
  return event === 'created' || event === 'adopted'
}
