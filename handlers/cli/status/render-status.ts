import { requestPrefix } from '../../../shared/domain/files/access-request.ts'
import { retirePrefix } from '../../../shared/domain/files/retire-file.ts'
import { queueOf } from '../../../shared/domain/inputs/kinds.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { permissionSetPrefix } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import {
  countFailed,
  type PeopleOfRule,
  type Status,
  type StatusState,
  statusStates,
} from '../../../shared/domain/statuses/status.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { renderCsv } from '../../../shared/domain/text/render-csv.ts'
import { linesOfRequest, renderLines } from '../requests/render-request.ts'
import { type Mood, paint } from '../terminal/paint.ts'
import { renderTable } from '../terminal/render-table.ts'

const meaning: Readonly<Record<StatusState, string>> = {
  applying: 'in progress',
  applied: 'in force',
  waiting: 'not in force yet; ssofile applies it when the missing part exists',
  rejected: 'not valid; it grants nothing',
  blocked: 'cannot be deleted yet',
  failed: 'could not be carried out',
  revoking: 'access is being revoked',
  held: 'held by the brake',
  expired: 'its time is over; it grants nothing',
  suspended: 'this person has no access left',
  partly: 'this person still has access that ssofile does not manage',
}

/** The meaning of the same states for a request for temporary access. */
const meaningOfRequest: Partial<typeof meaning> = {
  applied: 'granted',
  waiting: 'not granted yet',
  rejected: 'not granted',
  expired: 'over; it grants nothing',
}

/** The meaning of the same states for the retirement of a credential. */
const meaningOfRetirement: Partial<typeof meaning> = {
  applied: 'done',
  blocked: 'unchanged',
  rejected: 'not valid; nothing is retired',
}

const moods: Readonly<Record<StatusState, Mood>> = {
  applying: 'pending',
  applied: 'good',
  waiting: 'pending',
  rejected: 'bad',
  blocked: 'bad',
  failed: 'bad',
  revoking: 'pending',
  held: 'bad',
  expired: 'pending',
  suspended: 'good',
  partly: 'bad',
}

/** How many of a rule's people are members; the other figures only if they are not 0. */
function renderPeople({ matching, members, waiting, leaving, held, kept }: PeopleOfRule): string {
  const others = Object.entries({ wait: waiting, leave: leaving, 'are held': held, 'stay for some days': kept })
  const told = others.filter(([, number]) => number > 0).map(([word, number]) => `${number} ${word}`)
  return [`${members} of ${matching} are in`, ...told].join(', ')
}

/** The reason of a rejection has each fault as `received …, expected …`. Each is one line here. */
function faultsOf(reason = ''): readonly string[] {
  return reason === '' ? [] : reason.split(/(?<=;) (?=received )/)
}

/** One status in full, for a terminal. Names from outside are escaped. */
export function renderStatus(status: Status): string {
  const {
    input,
    state,
    owned,
    reason,
    remedy,
    accounts,
    people,
    by,
    warnings = [],
    updatedAt,
    principalId,
    permissionSetArn,
  } = status
  const told = renderLines([
    ...faultsOf(reason).map((fault, index): [string, string] => [index === 0 ? 'why' : '', fault]),
    ['do', remedy],
    ['accounts', countAccounts(status, { isShort: false })],
    ['people', people && renderPeople(people)],
    ...(accounts ? listFailed(accounts) : []).map((text): [string, string] => ['failed', text]),
    ...warnings.map((warning): [string, string] => ['warning', warning]),
    ...linesOfRequest(status),
    ['retired', renderRetirement(status)],
    ['owned', owned === false ? 'no: the access existed before' : undefined],
    ['principal', principalId],
    ['arn', permissionSetArn],
    [
      'by',
      by && `${by.principalId}${by.sourceIpAddress === undefined ? '' : ` from ${by.sourceIpAddress}`} at ${by.at}`,
    ],
    ['updated', updatedAt],
  ])
  const means =
    (input.startsWith(requestPrefix) && meaningOfRequest[state]) ||
    (input.startsWith(retirePrefix) && meaningOfRetirement[state]) ||
    meaning[state]
  const head = `  ${'state'.padEnd(10)}${paint(moods[state], state)} (${means})\n`
  return `${quote(input, 1024)}\n${head}${told}`
}

function renderRetirement({ retirement }: Status): string | undefined {
  if (retirement === undefined) return undefined
  const { state, since, until, madeAt, lastUsedAt = 'never, according to IAM' } = retirement
  const end = until === undefined ? '' : `, until ${until}`
  return `${state} since ${since}${end}; made ${madeAt}, last used ${lastUsedAt}`
}

/** Up to this many inputs of one state and reason get a line each; of more, only the first few. */
export const linesMost = 20
const linesOfMany = 3
/** The limit for one state: reasons may contain hostile names and all differ. */
const reasonsMost = 20
/** States that need a person come last, next to the figures. */
const order: readonly StatusState[] = [
  'applied',
  'suspended',
  'expired',
  'applying',
  'revoking',
  'waiting',
  'partly',
  'blocked',
  'rejected',
  'failed',
  'held',
]

export type ListOptions = {
  /** On a terminal a reason has a line of its own, once for all inputs that share it. Otherwise it stands in the line of each input. */
  readonly isTerminal?: boolean
  /** One line for each input, even if many have the same reason. */
  readonly isWhole?: boolean
  /** How many inputs have an upload or a deletion that no status covers yet. */
  readonly untold?: number
}

/**
 * The lacks of ssofile itself, then one line for each input (only the first few if many share state and reason) with its remedy below, and
 * the figures last.
 */
export function renderSummary(
  told: readonly Status[],
  { isTerminal = false, isWhole = false, untold = 0 }: ListOptions = {},
): string {
  const lacking = told.filter(({ input }) => queueOf(input) === undefined)
  const all = told.filter(({ input }) => queueOf(input) !== undefined)
  const inputs = all.length === 0 && untold > 0 ? '' : renderInputs(all, isTerminal, isWhole)
  return lacking.map(renderStatus).join('') + inputs + renderUntold(untold)
}

/** Shown as one of the figures. */
export function renderUntold(untold: number): string {
  if (untold === 0) return ''
  const figure = untold.toLocaleString('en').padStart(6)
  return `${figure} ${paint('pending', 'not evaluated yet')}; to wait for them, use --wait\n`
}

/** A link that no longer asks for access may still have some: "0 of 0" would say that there is none. */
function countAccounts({ state, accounts }: Status, { isShort }: { readonly isShort: boolean }): string | undefined {
  if (accounts === undefined) return undefined
  const { desired, applied, open } = accounts
  const left = desired === 0 ? open + countFailed(accounts) : 0
  if (left > 0) return isShort ? `${left} left` : `${count(left, 'account')} with access left`
  // If the scope has no accounts, only the reason tells the held access.
  if (desired === 0 && state === 'held') return undefined
  return isShort ? `${applied} of ${desired}` : `${applied} of ${desired} applied${open > 0 ? `, ${open} open` : ''}`
}

/** Nothing is cut, since people copy the keys: a terminal wraps what is too long. */
function renderInputs(all: readonly Status[], isTerminal: boolean, isWhole: boolean): string {
  if (all.length === 0) return 'no inputs: links_data/, permission_sets/ and the folders of people are empty\n'
  const shown = isWhole
    ? order.flatMap((state) => all.filter((status) => status.state === state).map((status) => ({ status, left: 0 })))
    : order.flatMap((state) => abbreviate(all.filter((status) => status.state === state)))
  const indent = ' '.repeat(10)
  const lines = renderTable(
    ['state', 'accounts', 'input', ...(isTerminal ? [] : ['why'])],
    shown.map(({ status }) => {
      const { state, input, reason = '' } = status
      const row = [state, countAccounts(status, { isShort: true }) ?? '', shorten(input)]
      return isTerminal ? row : [...row, reason]
    }),
    undefined,
  ).split('\n')
  const told = shown.flatMap(({ status, left }, index) => {
    const { state, reason, remedy } = status
    const next = shown[index + 1]?.status
    // A reason or remedy that the next line repeats is printed only once, below that line.
    const isWhyTold = isTerminal && reason !== undefined && (next?.reason !== reason || next.state !== state)
    const isRemedyTold = remedy !== undefined && (next?.remedy !== remedy || next.state !== state)
    return [
      paintState(state, lines[index + 1] ?? ''),
      ...(isWhyTold ? [`${indent}why: ${quote(reason, 2000)}`] : []),
      ...(isRemedyTold ? [`${indent}do: ${quote(remedy, 2000)}`] : []),
      ...(left === 0
        ? []
        : [
            `${indent}and ${left.toLocaleString('en')} more like this; to see all, run ssofile status --state ${state}`,
          ]),
    ]
  })
  return `${[lines[0], ...told].join('\n')}\n\n${renderCounts(all)}`
}

type Shown = { readonly status: Status; readonly left: number }

/** Inputs of one state. `left`: how many hidden inputs are like this one. */
function abbreviate(all: readonly Status[]): readonly Shown[] {
  const groups = [...Map.groupBy(all, ({ reason = '' }) => kindOf(reason)).values()]
  const told = groups.length > reasonsMost && all.length > linesMost ? [all] : groups
  return told.flatMap((group) => {
    const most = group.length <= linesMost ? group.length : linesOfMany
    const left = group.length - most
    // Equal reasons stand together, so that each is told once.
    const alike = [...Map.groupBy(group, ({ reason }) => reason).values()].flat()
    return alike.slice(0, most).map((status, index) => ({ status, left: index === most - 1 ? left : 0 }))
  })
}

/** A reason without names and accounts: 500 groups that do not exist are one kind. */
function kindOf(reason: string): string {
  return reason.replace(/'.*'/g, "'…'").replace(/\b\d{12}\b/g, '…')
}

/** The short form that `ssofile status` takes. */
function shorten(input: string): string {
  const prefix = [linkPrefix, permissionSetPrefix].find((known) => input.startsWith(known)) ?? ''
  return input.slice(prefix.length)
}

function paintState(state: StatusState, line: string): string {
  return paint(moods[state], state) + line.slice(state.length)
}

function renderCounts(all: readonly Status[]): string {
  const counts = statusStates.flatMap((state) => {
    const number = all.filter((status) => status.state === state).length
    const figure = number.toLocaleString('en').padStart(6)
    return number === 0 ? [] : [`${figure} ${paint(moods[state], state.padEnd(9))} ${meaning[state]}\n`]
  })
  return counts.join('')
}

const csvColumns: readonly (readonly [string, (status: Status) => string | number | undefined])[] = [
  ['input', ({ input }) => input],
  ['state', ({ state }) => state],
  ['accounts', ({ accounts }) => accounts?.desired],
  ['applied', ({ accounts }) => accounts?.applied],
  ['open', ({ accounts }) => accounts?.open],
  ['failed', ({ accounts }) => accounts && listFailed(accounts).join(' ; ')],
  ['why', ({ reason }) => reason],
  ['do', ({ remedy }) => remedy],
  ['by', ({ by }) => by?.principalId],
  ['uploaded', ({ lastModified }) => lastModified],
  ['updated', ({ updatedAt }) => updatedAt],
]

function listFailed({ failed, moreFailed }: NonNullable<Status['accounts']>): readonly string[] {
  const more = moreFailed === undefined ? [] : [`and ${count(moreFailed, 'account')} more`]
  return [...failed.map(({ account, reason }) => `${account}: ${reason}`), ...more]
}

export function renderStatusesAsCsv(all: readonly Status[]): string {
  const rows = all.map((status) => csvColumns.map(([, tell]) => String(tell(status) ?? '')))
  return renderCsv([csvColumns.map(([title]) => title), ...rows])
}
