import { quote } from '../../shared/domain/complaint.ts'
import { linkPrefix } from '../../shared/domain/link.ts'
import { permissionSetPrefix } from '../../shared/domain/permission-set-file.ts'
import { renderCsv } from '../../shared/domain/render-csv.ts'
import { type Status, type StatusState, statusStates } from '../../shared/domain/status.ts'
import { queueOf } from '../../shared/reconcile/records/inputs.ts'
import { type Mood, paint } from './paint.ts'
import { renderTable } from './render-table.ts'
import { cutToWidth } from './text-width.ts'

const meaning: Readonly<Record<StatusState, string>> = {
  applying: 'on its way',
  applied: 'in force',
  waiting: 'not in force yet; applied automatically once what it waits for is there',
  rejected: 'not valid; nothing was done',
  blocked: 'cannot be deleted yet',
  failed: 'could not be carried out',
  revoking: 'access is being revoked',
  held: 'held by the brake',
  expired: 'its time is over; it grants nothing',
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
    by,
    warnings = [],
    updatedAt,
    principalId,
    permissionSetArn,
  } = status
  const lines: [string, string | undefined][] = [
    ['why', reason],
    ['do', remedy],
    [
      'accounts',
      accounts &&
        `${accounts.applied} of ${accounts.desired} applied${accounts.open > 0 ? `, ${accounts.open} open` : ''}`,
    ],
    ...(accounts?.failed ?? []).map(({ account, reason: why }): [string, string] => ['failed', `${account}: ${why}`]),
    ...warnings.map((warning): [string, string] => ['warning', warning]),
    ['owned', owned === false ? 'no: the access was there before' : undefined],
    ['principal', principalId],
    ['arn', permissionSetArn],
    [
      'by',
      by && `${by.principalId}${by.sourceIpAddress === undefined ? '' : ` from ${by.sourceIpAddress}`} at ${by.at}`,
    ],
    ['updated', updatedAt],
  ]
  const told = lines.flatMap(([name, text]) =>
    text === undefined ? [] : [`  ${name.padEnd(10)}${quote(text, 2000)}\n`],
  )
  const head = `  ${'state'.padEnd(10)}${paint(moods[state], state)} (${meaning[state]})\n`
  return `${quote(input, 1024)}\n${head}${told.join('')}`
}

/** So many inputs of one state and reason get a line each; of more, the first few do. */
const linesMost = 20
const linesOfMany = 3
/** What needs a person stands last, next to the figures. */
const order: readonly StatusState[] = [
  'applied',
  'expired',
  'applying',
  'revoking',
  'waiting',
  'blocked',
  'rejected',
  'failed',
  'held',
]

/** On a terminal that is not this wide, reasons have a line of their own. */
const widthForReasons = 130

export type ListOptions = {
  /** Of the terminal. Default: lines are not cut. */
  readonly width?: number | undefined
  /** A line for each input, however many have one reason in common. */
  readonly isWhole?: boolean
}

/**
 * First what ssofile itself lacks, then a line for each input (where many have state and reason in common, for the first
 * few), with what to do below it, and the figures last.
 */
export function renderSummary(told: readonly Status[], { width, isWhole = false }: ListOptions = {}): string {
  const lacking = told.filter(({ input }) => queueOf(input) === undefined)
  const all = told.filter(({ input }) => queueOf(input) !== undefined)
  return lacking.map(renderStatus).join('') + renderInputs(all, width, isWhole)
}

function renderInputs(all: readonly Status[], width: number | undefined, isWhole: boolean): string {
  if (all.length === 0) return 'no inputs: nothing is under links_data/ and permission_sets/\n'
  const groups = Map.groupBy(all, ({ state, reason }) => `${order.indexOf(state)} ${reason ?? ''}`)
  const sorted = [...groups.values()].toSorted((a, b) => rankOf(a) - rankOf(b))
  const shown = sorted.flatMap((group) => {
    const most = isWhole || group.length <= linesMost ? group.length : linesOfMany
    const left = group.length - most
    return group.slice(0, most).map((status, index) => ({ status, left: index === most - 1 ? left : 0 }))
  })
  const isNarrow = width !== undefined && width < widthForReasons
  const lines = renderTable(
    ['state', 'accounts', 'input', ...(isNarrow ? [] : ['why'])],
    shown.map(({ status: { state, accounts, input, reason = '' } }) => {
      const row = [state, accounts === undefined ? '' : `${accounts.applied} of ${accounts.desired}`, shorten(input)]
      return isNarrow ? row : [...row, reason]
    }),
    width,
    [0, 1],
  ).split('\n')
  const told = shown.flatMap(({ status, left }, index) => [
    paintState(status.state, lines[index + 1] ?? ''),
    ...(isNarrow && status.reason !== undefined
      ? [cutToWidth(`${' '.repeat(10)}why: ${quote(status.reason, 2000)}`, width)]
      : []),
    ...(status.remedy === undefined ? [] : [`${' '.repeat(10)}do: ${quote(status.remedy, 2000)}`]),
    ...(left === 0
      ? []
      : [
          `${' '.repeat(10)}and ${left.toLocaleString('en')} more like this; all: ssofile status --state ${status.state}`,
        ]),
  ])
  return `${[lines[0], ...told].join('\n')}\n\n${renderCounts(all)}`
}

function rankOf([first]: readonly Status[]): number {
  return first === undefined ? 0 : order.indexOf(first.state)
}

/** As `ssofile status` takes it. */
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
  ['failed', ({ accounts }) => accounts?.failed.map(({ account, reason }) => `${account}: ${reason}`).join(' ; ')],
  ['why', ({ reason }) => reason],
  ['do', ({ remedy }) => remedy],
  ['by', ({ by }) => by?.principalId],
  ['uploaded', ({ lastModified }) => lastModified],
  ['updated', ({ updatedAt }) => updatedAt],
]

export function renderStatusesAsCsv(all: readonly Status[]): string {
  const rows = all.map((status) => csvColumns.map(([, tell]) => String(tell(status) ?? '')))
  return renderCsv([csvColumns.map(([title]) => title), ...rows])
}
