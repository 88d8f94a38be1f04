import { quote } from '../../shared/domain/complaint.ts'
import { attentionStates, type Status, type StatusState, statusStates } from '../../shared/domain/status.ts'
import { queueOf } from '../../shared/reconcile/records/inputs.ts'
import { type Mood, paint } from './paint.ts'

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

/** First what ssofile itself lacks, then how many inputs are in which state, and each input that needs attention. */
export function renderSummary(told: readonly Status[]): string {
  const lacking = told.filter(({ input }) => queueOf(input) === undefined)
  const all = told.filter(({ input }) => queueOf(input) !== undefined)
  return lacking.map(renderStatus).join('') + renderInputs(all)
}

function renderInputs(all: readonly Status[]): string {
  const wanting = all.filter(({ state }) => attentionStates.some((attention) => attention === state))
  const counts = statusStates.flatMap((state) => {
    const count = all.filter((status) => status.state === state).length
    return count === 0
      ? []
      : [`${String(count).padStart(6)} ${paint(moods[state], state.padEnd(9))} ${meaning[state]}\n`]
  })
  if (all.length === 0) return 'no inputs: nothing is under links_data/ and permission_sets/\n'
  return `${counts.join('')}${wanting.length === 0 ? '' : '\n'}${wanting.map(renderStatus).join('')}`
}
