import { describeTemporary } from '../../../shared/domain/links/told-link.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type {
  AccessState,
  Answer,
  ExplainedLink,
  Explanation,
} from '../../../shared/reconcile/preview/explain-access.ts'
import { type Mood, paint } from '../terminal/paint.ts'

const historyTold = 10

const words: Readonly<Record<AccessState, readonly [Mood, string]>> = {
  granted: ['good', 'granted'],
  foreign: ['good', 'in force, but not given by ssofile: it stays when links go'],
  granting: ['pending', 'being granted'],
  revoking: ['pending', 'being revoked'],
  failed: ['bad', 'failed'],
  held: ['bad', 'held by the brake'],
  stuck: ['bad', 'stuck: the account accepts no changes'],
  wanted: ['pending', 'not in force yet, although links grant it'],
  none: ['plain', 'not granted'],
}

/** An answer for a terminal. */
export function renderExplanation({
  question,
  account,
  path = '',
  direct,
  throughGroups,
  near,
  notes,
}: Answer): string {
  const { permissionSet, principal } = question
  const place = account ? `${account.id} (${quote(account.name)}, ${account.state})` : question.account
  const isBoth = new Set(direct.map(({ assignment }) => assignment.type)).size > 1
  const both = isBoth ? 'A group and a user have this name; both are shown.\n' : ''
  const notKnown =
    direct.length === 0
      ? `  ${paint('plain', 'not granted')}: neither a group nor a user '${quote(principal)}' is known, and no link grants it\n`
      : ''
  return [
    `${permissionSet} in account ${place}\n`,
    path === '' ? '' : `  ${'in'.padEnd(10)}${quote(path, 1000)}\n  ${' '.repeat(10)}${account?.parents.join('/')}\n`,
    both,
    notKnown,
    ...direct.map((one) => renderOne(one, renderWho(one))),
    ...throughGroups.map((one) => renderOne(one, `through ${renderWho(one)} (the user is a member)`)),
    near.length === 0
      ? ''
      : `near\n${near.map(({ key, differs }) => `  ${quote(key, 1024)}\n    ${quote(differs)}\n`).join('')}`,
    ...notes.map((note) => `${paint('pending', 'note')}  ${quote(note, 500)}\n`),
  ].join('')
}

function renderWho({ assignment: { type, principal } }: Explanation): string {
  return `${type === 'GROUP' ? 'group' : 'user'} '${quote(principal)}'`
}

function renderOne(explanation: Explanation, title: string): string {
  const { state, since, reason, nextAttempt, requestId, principalId, remarks, links, history } = explanation
  const [mood, word] = words[state]
  const lines: [string, string | undefined][] = [
    ['access', `${paint(mood, word)}${since === undefined ? '' : renderSince(state, since)}`],
    ['why', reason && quote(reason, 2000)],
    ['again', nextAttempt && `tried again at ${nextAttempt}`],
    ...remarks.map((remark): [string, string] => ['note', quote(remark, 500)]),
    ['principal', principalId],
    ['request', requestId],
  ]
  const told = lines.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(10)}${text}\n`]))
  const more =
    history.length > historyTold ? [`  ${'history'.padEnd(10)}${history.length - historyTold} earlier\n`] : []
  const past = history.slice(-historyTold).map(({ at, event }) => `  ${'history'.padEnd(10)}${at}  ${event}\n`)
  return `${title}\n${told.join('')}${links.map(renderLink).join('')}${more.join('')}${past.join('')}`
}

function renderSince(state: AccessState, since: string): string {
  if (state === 'granted') return ` since ${since}`
  return state === 'foreign' ? `; known since ${since}` : `; in force since ${since}`
}

function renderLink({
  key,
  by,
  deletedBy,
  lastModified,
  reason,
  ticket,
  owner,
  expiresAt,
  request,
  grants,
  status,
}: ExplainedLink): string {
  const said: (string | undefined)[] = [
    by
      ? `uploaded by ${by.principalId}${by.sourceIpAddress === undefined ? '' : ` from ${by.sourceIpAddress}`} at ${by.at}`
      : `uploaded at ${lastModified}; by whom is not known`,
    deletedBy && `deleted by ${deletedBy.principalId} at ${deletedBy.at}`,
    reason && `reason: ${reason}`,
    ticket && `ticket: ${ticket}`,
    owner && `owner: ${owner}`,
    describeTemporary({ expiresAt, request })?.replace(/^/, 'temporary, ') ?? (expiresAt && `until ${expiresAt}`),
    status && status.state !== 'applied' ? `status: ${status.state}` : undefined,
  ]
  const head = `  ${'link'.padEnd(10)}${quote(key, 1024)}${grants ? '' : ` ${paint('pending', '(no longer grants it)')}`}\n`
  return `${head}${said.flatMap((text) => (text === undefined ? [] : [`  ${' '.repeat(12)}${quote(text, 1500)}\n`])).join('')}`
}
