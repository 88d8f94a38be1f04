import { type Command, Option } from 'commander'
import { parseRequestKey, requestPrefix } from '../../../shared/domain/requests/access-request.ts'
import { type RequestEvent, requestEvents } from '../../../shared/domain/requests/decide-request.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { readRequestStories } from '../../../shared/reconcile/requests/read-request-stories.ts'
import { parseInstant } from '../arguments/parse-instant.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { readAllStatuses } from '../status/read-all-statuses.ts'
import { renderJson } from '../terminal/render-json.ts'
import { terminalWidth } from '../terminal/render-table.ts'
import { show } from '../terminal/show.ts'
import { renderNotes } from '../who/render-access.ts'
import { type Caller, findCaller } from './find-caller.ts'
import { findOwnApprovals } from './find-own-approvals.ts'
import { readSuffix } from './read-suffix.ts'
import { renderOpenRequests, renderOpenRequestsAsCsv, renderStories, renderStoriesAsCsv } from './render-requests.ts'

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

/** `ssofile requests`: requests for temporary access, open ones by their status, or those of a time by their history. */
export function addRequests(program: Command): void {
  program
    .command('requests')
    .description(
      'Without options: your own requests, and those that wait for your approval, with how they stand and since when; without a session of a person, all of them. Who reads them all may see what others ask for.\nWith a filter: what history says, for an audit, of requests that are over too; needs to read history/ (auditors, operators). All that is given has to fit.\nIt only reads.',
    )
    .addOption(new Option('--mine', 'your own').conflicts(['waitingForMe', 'all']))
    .addOption(new Option('--waiting-for-me', 'those that you may approve, and that wait').conflicts('all'))
    .option('--all', "everybody's")
    .option('--since <instant>', 'something of it happened from then on, such as 2026-03-01')
    .option('--until <instant>', 'something of it happened before')
    .addOption(new Option('--type <event>', 'this happened to it').choices(requestEvents))
    .option('--user <name>', 'user name or id of who asked')
    .option('--approver <name>', 'user name or id of somebody who approved or denied it')
    .option('--incident <id>', 'asked for with this incident')
    .addOption(new Option('--output <form>', 'how to print it').choices(outputs).default('table'))
    .option('--json', 'the same as --output json')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile requests\n  ssofile requests --waiting-for-me\n  ssofile requests --since 2026-03-01 --until 2026-04-01 --type granted --output csv',
    )
    .action(async (options: Options) => {
      const ports = openCliPorts(bucketOf(undefined))
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
    throw new Refusal('received --waiting-for-me with a filter, expected one of them: what waits has no history yet')
  const requester = mine ? (await findCaller(ports)).userId : options.user
  const period = {
    since: since === undefined ? undefined : parseInstant(since),
    until: until === undefined ? undefined : parseInstant(until),
  }
  const filter = { ...period, type, requester, approver, incident }
  const stories = await readRequestStories(ports.objects, filter).catch(explainHistory)
  if (output === 'json') process.stdout.write(renderJson(stories))
  else if (output === 'csv') process.stdout.write(renderStoriesAsCsv(stories))
  else await show(renderStories(stories, terminalWidth()))
}

export function explainHistory(error: unknown): never {
  if (!isServiceError(error, 'AccessDenied')) throw error
  throw new Refusal(
    `history could not be read: ${error.message}\nIt is for auditors and operators ("access.auditors" of the deployment); open requests: ssofile requests, without a filter`,
    { cause: error },
  )
}

async function tellOpen(ports: Ports, { mine, waitingForMe, all, output }: Options): Promise<void> {
  const caller = all
    ? undefined
    : await findCaller(ports).catch((error: unknown) => orEverybody(error, mine || waitingForMe))
  const beginning = mine && caller ? `${requestPrefix}${caller.userId}/` : requestPrefix
  const { statuses } = await readAllStatuses(ports, () => {}, beginning)
  const notes: string[] = []
  const shown = caller === undefined || mine ? statuses : await choose(statuses, caller, { ports, notes, waitingForMe })
  if (output === 'json') process.stdout.write(renderJson(shown))
  else if (output === 'csv') process.stdout.write(renderOpenRequestsAsCsv(shown))
  else await show(renderOpenRequests(shown, ports.clock.now(), terminalWidth()) + renderNotes(notes))
}

/** Whoever is no person has no requests of their own: an operator sees all. */
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
