import { type Command, Option } from 'commander'
import { type GivenApproval, parseRequestKey, requestPrefix } from '../../../shared/domain/files/access-request.ts'
import { renderScope } from '../../../shared/domain/scopes/scope.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { renderCsv } from '../../../shared/domain/text/render-csv.ts'
import { chooseForApprover } from '../../../shared/modules/requests/approvers.ts'
import { EligibilityFiles } from '../../../shared/modules/requests/eligibility-files.ts'
import { People } from '../../../shared/modules/requests/people.ts'
import { readRequestStories } from '../../../shared/modules/requests/read-request-stories.ts'
import { type RequestEvent, requestEvents } from '../../../shared/modules/requests/rules/decide-request.ts'
import type { RequestStory } from '../../../shared/modules/requests/rules/request-story.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { parseInstant } from '../arguments/parse-instant.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { readAllStatuses } from '../status/read-all-statuses.ts'
import { csvMark } from '../terminal/csv-mark.ts'
import { renderAge } from '../terminal/render-age.ts'
import { renderJson } from '../terminal/render-json.ts'
import { renderTable, terminalWidth } from '../terminal/render-table.ts'
import { show } from '../terminal/show.ts'
import { renderNotes } from '../who/render-access.ts'
import { type Caller, findCaller } from './find-caller.ts'
import { readSuffix } from './read-suffix.ts'

const outputs = ['table', 'csv', 'json'] as const

type Options = {
  readonly mine?: boolean
  readonly waitingForMe?: boolean
  readonly all?: boolean
  readonly since?: string
  readonly until?: string
  readonly type?: RequestEvent
  readonly user?: string
  readonly approver?: string
  readonly incident?: string
  readonly output: (typeof outputs)[number]
  readonly json?: boolean
}

/** `ssofile requests`: lists open requests for temporary access by their status, or those of a period by their history. */
export function addRequests(program: Command): void {
  program
    .command('requests')
    .description(
      'Without options: your own requests, and those that wait for your approval; without a session of a person, all of them.\nWith a filter: history, for an audit, also of requests that are over; needs to read history/ (auditors, operators). It only reads.',
    )
    .addOption(new Option('--mine', 'your own').conflicts(['waitingForMe', 'all']))
    .addOption(new Option('--waiting-for-me', 'waiting requests that you may approve').conflicts('all'))
    .option('--all', "everybody's")
    .option('--since <instant>', 'with an event since then, such as 2026-03-01')
    .option('--until <instant>', 'with an event before then')
    .addOption(new Option('--type <event>', 'with an event of this type').choices(requestEvents))
    .option('--user <name>', 'user name or id of the person who asked')
    .option('--approver <name>', 'user name or id of a person who approved or denied it')
    .option('--incident <id>', 'with this incident')
    .addOption(new Option('--output <form>', 'the format of the output').choices(outputs).default('table'))
    .option('--json', 'the same as --output json')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile requests\n  ssofile requests --waiting-for-me\n  ssofile requests --since 2026-03-01 --until 2026-04-01 --type granted --output csv',
    )
    .action(async (options: Options) => {
      const ports = await openBucket()
      const { since, until, type, user, approver, incident } = options
      const isAudit = [since, until, type, user, approver, incident].some((one) => one !== undefined)
      const asked = { ...options, output: options.json ? 'json' : options.output } as const
      if (isAudit) await tellStories(ports, asked)
      else await tellOpen(ports, asked)
    })
}

async function tellStories(ports: Ports, options: Options): Promise<void> {
  const { since, until, type, approver, incident, mine, waitingForMe, output } = options
  if (waitingForMe)
    throw new Refusal(
      'received --waiting-for-me with a filter, expected one of them: waiting requests have no history yet',
    )
  const requester = mine ? (await findCaller(ports)).userId : options.user
  const period = {
    since: since === undefined ? undefined : parseInstant(since),
    until: until === undefined ? undefined : parseInstant(until),
  }
  const filter = { ...period, type, requester, approver, incident }
  const stories = await readRequestStories(ports.objects, filter).catch(explainHistory)
  if (output === 'json') process.stdout.write(renderJson(stories))
  else if (output === 'csv') process.stdout.write(csvMark() + renderStoriesAsCsv(stories))
  else await show(renderStories(stories, terminalWidth()))
}

export function explainHistory(error: unknown): never {
  if (!isServiceError(error, 'AccessDenied')) throw error
  throw new Refusal(
    `history could not be read: ${error.message}\nOnly auditors and operators may read it ("access.auditors" of the deployment); to list open requests, run ssofile requests without a filter`,
    { cause: error },
  )
}

async function tellOpen(ports: Ports, { mine, waitingForMe, all, output }: Options): Promise<void> {
  const caller = all
    ? undefined
    : await findCaller(ports).catch((error: unknown) => orEverybody(error, mine || waitingForMe))
  const beginning = mine && caller ? `${requestPrefix}${caller.userId}/` : requestPrefix
  const { statuses } = await readAllStatuses(ports, undefined, { beginning })
  const notes: string[] = []
  const shown = caller === undefined || mine ? statuses : await choose(statuses, caller, { ports, notes, waitingForMe })
  if (output === 'json') process.stdout.write(renderJson(shown))
  else if (output === 'csv') process.stdout.write(csvMark() + renderOpenRequestsAsCsv(shown))
  else await show(renderOpenRequests(shown, ports.clock.now(), terminalWidth()) + renderNotes(notes))
}

/** A caller who is no person has no requests of their own: an operator sees all. */
function orEverybody(error: unknown, isPersonNeeded: boolean | undefined): undefined {
  if (isPersonNeeded || !(error instanceof Refusal)) throw error
  return undefined
}

type Choosing = { readonly ports: Ports; readonly notes: string[]; readonly waitingForMe: boolean | undefined }

async function choose(
  statuses: readonly Status[],
  caller: Caller,
  { ports, notes, waitingForMe }: Choosing,
): Promise<readonly Status[]> {
  const isOwn = ({ input }: Status) => {
    const path = parseRequestKey(input)
    return path.ok && path.value.userId === caller.userId
  }
  const others = statuses.filter((status) => !isOwn(status) && status.state === 'waiting')
  const suffix = await readSuffix(ports.objects)
  const approvals = await findOwnApprovals(others, caller, { ports, notes, suffix })
  return waitingForMe ? approvals : [...statuses.filter(isOwn), ...approvals]
}

/** `suffix`: the suffix that the deployment appends to every principal. */
type Asking = { readonly ports: Ports; readonly notes: string[]; readonly suffix: string }

/**
 * The waiting requests that the caller may approve and has not approved yet. If the caller may not read the directory or the tags of
 * accounts, the list includes doubtful ones, and a note says so.
 */
export async function findOwnApprovals(
  waiting: readonly Status[],
  { userId }: Pick<Caller, 'userId'>,
  { ports, notes, suffix }: Asking,
): Promise<readonly Status[]> {
  const people = new People(patientIdentityStore(ports), ports.clock, suffix)
  const context = { people, organization: asStored(ports), eligibilityFiles: new EligibilityFiles(ports) }
  const undecided = waiting.flatMap((status) => {
    const path = parseRequestKey(status.input)
    const isDecided = status.request?.approvals?.given.some(({ user }) => user === userId)
    return path.ok && !isDecided ? [{ status, path: path.value, request: status.request }] : []
  })
  const chosen = await chooseForApprover(userId, undecided, context).catch((error: unknown) => {
    if (!isServiceError(error)) throw error
    return undecided.map((asked) => ({ asked, doubt: error.message }))
  })
  for (const reason of new Set(chosen.flatMap(({ doubt }) => doubt ?? [])))
    notes.push(`ssofile could not find out for all requests whether you may approve them: ${reason}`)
  return chosen.map(({ asked }) => asked.status)
}

/** The organization as ssofile stored it: the caller may have no right to ask AWS Organizations. */
function asStored(ports: Ports) {
  const cache = new OrganizationCache(ports, [])
  let stored: ReturnType<OrganizationCache['view']> | undefined
  const view = () => {
    stored ??= cache.storedView().then((known) => known ?? cache.view())
    return stored
  }
  return { view, find: cache.find.bind(cache), readLive: cache.readLive.bind(cache) }
}

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
  return `${renderTable(titles, rows, width, [0, 7])}\n${count(rows.length, 'request')}; to see one in full, run ssofile status with its key (--json has the keys)\n`
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
  const rows = stories.map((story) => columns.map(({ text }) => text(story)))
  return renderCsv([columns.map(({ title }) => title), ...rows])
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

export function renderOpenRequestsAsCsv(statuses: readonly Status[]): string {
  const rows = statuses.map((status) => openColumns.map(([, text]) => text(status) ?? ''))
  return renderCsv([openColumns.map(([title]) => title), ...rows])
}

export function renderStories(stories: readonly RequestStory[], width: number | undefined): string {
  if (stories.length === 0) return 'no request matches\n'
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
