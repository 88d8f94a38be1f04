import type { GivenApproval } from '../../../shared/domain/requests/access-request.ts'
import { parseRequestKey } from '../../../shared/domain/requests/access-request.ts'
import type { RequestStory } from '../../../shared/domain/requests/request-story.ts'
import { renderScope } from '../../../shared/domain/scopes/scope.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { renderCsv } from '../../../shared/domain/text/render-csv.ts'
import { renderAge } from '../terminal/render-age.ts'
import { renderTable } from '../terminal/render-table.ts'

const toMinutes = (instant: string | undefined) =>
  instant === undefined ? '' : `${instant.slice(0, 16).replace('T', ' ')}Z`
const nameOf = ({ user, name }: GivenApproval) => name ?? user

/** Requests by their statuses, the oldest first, for a terminal. */
export function renderOpenRequests(statuses: readonly Status[], now: Date, width: number | undefined): string {
  if (statuses.length === 0) return 'no requests\n'
  const ordered = statuses.toSorted((a, b) => ((a.lastModified ?? '') < (b.lastModified ?? '') ? -1 : 1))
  const rows = ordered.map(({ input, state, lastModified, request }) => {
    const path = parseRequestKey(input)
    const { approvals, expiresAt, runsUntil, lapsesAt, digest = '' } = request ?? {}
    const end =
      state === 'waiting' && lapsesAt !== undefined && runsUntil === undefined
        ? `lapses ${toMinutes(lapsesAt)}`
        : toMinutes(expiresAt ?? runsUntil)
    return [
      state,
      lastModified === undefined ? '' : renderAge(lastModified, now),
      path.ok ? path.value.link.principal : input,
      path.ok ? path.value.link.permissionSet : '',
      path.ok ? renderScope(path.value.link.scope) : '',
      end,
      approvals === undefined ? '' : `${approvals.given.length} of ${approvals.needed}`,
      digest,
    ]
  })
  const titles = ['state', 'asked', 'who', 'permission set', 'scope', 'until', 'approvals', 'digest']
  return `${renderTable(titles, rows, width, [0, 7])}\n${count(rows.length, 'request')}; one in full: ssofile status, with its key (--json has the keys)\n`
}

type Column = { readonly title: string; readonly text: (story: RequestStory) => string }
const listBy = (story: RequestStory, event: 'approved' | 'denied') =>
  story.events.flatMap((one) => (one.event === event && one.by ? nameOf(one.by) : [])).join(' ; ')

const columns: readonly Column[] = [
  { title: 'asked', text: ({ events }) => events[0]?.at ?? '' },
  { title: 'requester', text: ({ user, userName = user }) => userName },
  { title: 'requester id', text: ({ user }) => user },
  { title: 'permission set', text: ({ permissionSet = '' }) => permissionSet },
  { title: 'scope', text: ({ scope = '' }) => scope },
  { title: 'outcome', text: ({ outcome }) => outcome },
  { title: 'eligibility', text: ({ eligibility = '' }) => eligibility },
  { title: 'approved by', text: (story) => listBy(story, 'approved') },
  { title: 'denied by', text: (story) => listBy(story, 'denied') },
  { title: 'from', text: ({ startsAt = '' }) => startsAt },
  { title: 'until', text: ({ expiresAt = '' }) => expiresAt },
  { title: 'ended', text: ({ endedAt = '' }) => endedAt },
  { title: 'reason', text: ({ reason = '' }) => reason },
  { title: 'ticket', text: ({ ticket = '' }) => ticket },
  { title: 'incident', text: ({ incident = '' }) => incident },
  { title: 'comments', text: ({ events }) => events.flatMap(({ comment }) => comment ?? []).join(' ; ') },
  { title: 'digest', text: ({ digest }) => digest },
  { title: 'request', text: ({ key }) => key },
]

export function renderStoriesAsCsv(stories: readonly RequestStory[]): string {
  return renderCsv([
    columns.map(({ title }) => title),
    ...stories.map((story) => columns.map(({ text }) => text(story))),
  ])
}

const openColumns: readonly (readonly [string, (status: Status) => string | undefined])[] = [
  ['asked', ({ lastModified }) => lastModified],
  ['requester', ({ input }) => linkIn(input)?.principal],
  ['permission set', ({ input }) => linkIn(input)?.permissionSet],
  ['scope', ({ input }) => scopeIn(input)],
  ['outcome', ({ state }) => state],
  ['why', ({ reason }) => reason],
  ['eligibility', ({ request }) => request?.eligibility],
  ['approved by', ({ request }) => request?.approvals?.given.map(nameOf).join(' ; ')],
  ['from', ({ request }) => request?.startsAt],
  ['until', ({ request }) => request?.expiresAt],
  ['runs until', ({ request }) => request?.runsUntil],
  ['lapses', ({ request }) => request?.lapsesAt],
  ['digest', ({ request }) => request?.digest],
  ['request', ({ input }) => input],
]

function linkIn(input: string) {
  const path = parseRequestKey(input)
  return path.ok ? path.value.link : undefined
}

function scopeIn(input: string): string | undefined {
  const link = linkIn(input)
  return link && renderScope(link.scope)
}

/** The same for machines. */
export function renderOpenRequestsAsCsv(statuses: readonly Status[]): string {
  const rows = statuses.map((status) => openColumns.map(([, text]) => text(status) ?? ''))
  return renderCsv([openColumns.map(([title]) => title), ...rows])
}

/** What history says of requests, for a terminal. */
export function renderStories(stories: readonly RequestStory[], width: number | undefined): string {
  if (stories.length === 0) return 'no request is like that\n'
  const rows = stories.map((story) => [
    story.outcome,
    toMinutes(story.events[0]?.at),
    story.userName ?? story.user,
    story.permissionSet ?? '',
    story.scope ?? '',
    toMinutes(story.startsAt),
    toMinutes(story.endedAt ?? story.expiresAt),
    listBy(story, 'approved') || listBy(story, 'denied'),
    story.incident ?? '',
  ])
  const titles = ['outcome', 'asked', 'who', 'permission set', 'scope', 'from', 'until', 'decided by', 'incident']
  return `${renderTable(titles, rows, width, [0])}\n${count(rows.length, 'request')}; reasons, comments and digests: --output csv\n`
}
