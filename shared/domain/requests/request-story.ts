import { renderScope } from '../scopes/scope.ts'
import type { GivenApproval, RequestDigest } from './access-request.ts'
import { parseRequestKey } from './access-request.ts'
import { finalEvents, type RequestEvent, requestEvents } from './decide-request.ts'

/** One event of a request, as history has it. */
export type StoryEvent = {
  readonly event: RequestEvent
  /** By S3's clock. */
  readonly at: string
  /** Who approved, denied or ended it; absent: its requester, an operator, or time. */
  readonly by?: GivenApproval | undefined
  readonly comment?: string | undefined
}

/** All that history says of one upload of a request. */
export type RequestStory = {
  readonly key: string
  readonly digest: RequestDigest
  /** Who asked: the id in the key. */
  readonly user: string
  /** The user name, where ssofile has checked that it is of this id; before that it is a claim. */
  readonly userName?: string | undefined
  readonly permissionSet?: string | undefined
  readonly scope?: string | undefined
  readonly reason?: string | undefined
  readonly ticket?: string | undefined
  readonly incident?: string | undefined
  readonly eligibility?: string | undefined
  /** Of what was granted; `endedAt`: when it was over, which may be earlier than `expiresAt`. */
  readonly startsAt?: string | undefined
  readonly expiresAt?: string | undefined
  readonly endedAt?: string | undefined
  /** The event that says how it stands. */
  readonly outcome: RequestEvent
  /** Ascending. */
  readonly events: readonly StoryEvent[]
}

/** What history may say beside its events. */
export type SaidOfRequest = Partial<
  Pick<RequestStory, 'reason' | 'ticket' | 'incident' | 'eligibility' | 'startsAt' | 'expiresAt'>
>

/** After one of these ssofile has checked who asks. */
const checking = new Set<RequestEvent>(
  requestEvents.filter((event) => !['asked', 'refused', 'withdrawn'].includes(event)),
)

/** `said`: of all its events together. */
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

/** Which requests an auditor asks for; all that is given has to fit. */
export type StoryFilter = {
  /** Something of it happened from then on, before `until`. */
  readonly since?: Date | undefined
  readonly until?: Date | undefined
  /** With a time: it happened in that time. */
  readonly type?: RequestEvent | undefined
  /** User name or id. */
  readonly requester?: string | undefined
  /** User name or id of somebody who approved or denied it. */
  readonly approver?: string | undefined
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
    (incident === undefined || story.incident === incident)
  )
}
