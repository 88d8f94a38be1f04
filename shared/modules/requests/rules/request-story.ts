import type { GivenApproval, RequestDigest } from '../../../domain/files/access-request.ts'
import { finalEvents, parseRequestKey } from '../../../domain/files/access-request.ts'
import { renderScope } from '../../../domain/scopes/scope.ts'
import { type RequestEvent, requestEvents } from './decide-request.ts'

/** One event of a request in history. */
export type StoryEvent = {
  readonly event: RequestEvent
  /** By S3's clock. */
  readonly at: string
  /** The person who approved, denied or ended it. Absent: its requester, an operator, or time. */
  readonly by?: GivenApproval | undefined
  readonly comment?: string | undefined
}

/** The whole history of one upload of a request. */
export type RequestStory = {
  readonly key: string
  readonly digest: RequestDigest
  /** The requester's id, from the key. */
  readonly user: string
  /** The user name. Until ssofile has checked that it belongs to this id, the name is absent. */
  readonly userName?: string | undefined
  readonly permissionSet?: string | undefined
  readonly scope?: string | undefined
  readonly reason?: string | undefined
  readonly ticket?: string | undefined
  readonly incident?: string | undefined
  readonly eligibility?: string | undefined
  /** The granted times. `endedAt`: the actual end, which may be earlier than `expiresAt`. */
  readonly startsAt?: string | undefined
  readonly expiresAt?: string | undefined
  readonly endedAt?: string | undefined
  /** The event that tells the current state. */
  readonly outcome: RequestEvent
  /** Ascending. */
  readonly events: readonly StoryEvent[]
}

/** Fields that history may have besides its events. */
export type SaidOfRequest = Partial<
  Pick<RequestStory, 'reason' | 'ticket' | 'incident' | 'eligibility' | 'startsAt' | 'expiresAt'>
>

/** After one of these events, ssofile has checked the requester. */
const checking = new Set<RequestEvent>(
  requestEvents.filter((event) => !['asked', 'refused', 'withdrawn'].includes(event)),
)

/** `said`: from all its events together. */
export function tellStory(
  { key, digest }: Pick<RequestStory, 'key' | 'digest'>,
  events: readonly StoryEvent[],
  said: SaidOfRequest,
): RequestStory {
  const path = parseRequestKey(key)
  const has = (event: RequestEvent) => events.some((one) => one.event === event)
  const outcome = [...finalEvents, 'refused', 'granted', 'approved', 'asked'].find((event) =>
    has(event as RequestEvent),
  )
  const isChecked = events.some(({ event }) => checking.has(event))
  const ended = has('granted') ? events.find(({ event }) => event === 'finished' || event === 'ended') : undefined
  return {
    key,
    digest,
    user: key.split('/')[1] ?? '',
    ...(path.ok && {
      ...(isChecked ? { userName: path.value.link.principal } : {}),
      permissionSet: path.value.link.permissionSet,
      scope: renderScope(path.value.link.scope),
    }),
    ...said,
    endedAt: ended?.at,
    outcome: (outcome ?? 'asked') as RequestEvent,
    events: events.toSorted((a, b) =>
      a.at === b.at ? requestEvents.indexOf(a.event) - requestEvents.indexOf(b.event) : a.at < b.at ? -1 : 1,
    ),
  }
}

/** An auditor's choice of requests. Every given field must fit. */
export type StoryFilter = {
  /** At least one event happened from this time on, before `until`. */
  readonly since?: Date | undefined
  readonly until?: Date | undefined
  /** With a time: this event happened within it. */
  readonly type?: RequestEvent | undefined
  /** User name or id. */
  readonly requester?: string | undefined
  /** User name or id of somebody who approved or denied it. */
  readonly approver?: string | undefined
  /** Or the digest of one request. */
  readonly incident?: string | undefined
}

export function fitsFilter(
  story: RequestStory,
  { since, until, type, requester, approver, incident }: StoryFilter,
): boolean {
  const isThen = ({ event, at }: StoryEvent) =>
    (since === undefined || new Date(at) >= since) &&
    (until === undefined || new Date(at) < until) &&
    (type === undefined || event === type)
  const isBy = ({ event, by }: StoryEvent) =>
    (event === 'approved' || event === 'denied') && (by?.user === approver || by?.name === approver)
  return (
    story.events.some(isThen) &&
    (requester === undefined || story.user === requester || story.userName === requester) &&
    (approver === undefined || story.events.some(isBy)) &&
    (incident === undefined || story.incident === incident || story.digest === incident)
  )
}
