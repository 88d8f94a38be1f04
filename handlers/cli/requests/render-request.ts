import { renderScope } from '../../../shared/domain/scopes/scope.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { RequestState, Status } from '../../../shared/domain/statuses/status.ts'
import { renderDuration } from '../terminal/render-duration.ts'
import type { ReadRequest } from './read-request.ts'

/** The request, line by line, for a terminal: an approver decides on it. Names from outside are escaped. */
export function renderAsked({ key, link, userId, body }: ReadRequest): string {
  const asked = body?.ok ? body.value : undefined
  return `${quote(key, 1024)}\n${renderLines([
    ['who', `${link.principal} (${userId})`],
    ['what', `${link.permissionSet} in ${renderScope(link.scope)}`],
    [
      'how long',
      asked && `${renderDuration(asked.durationMs)}${asked.startsAt ? ` from ${asked.startsAt.toISOString()}` : ''}`,
    ],
    ['reason', asked?.reason],
    ['ticket', asked?.ticket],
    ['incident', asked?.incident],
  ])}`
}

/** The further lines of a request's status, beyond those of every status. */
export function linesOfRequest({
  request,
}: Pick<Status, 'request'>): readonly (readonly [string, string | undefined])[] {
  if (request === undefined) return []
  const { digest, eligibility, approvals, scope, startsAt, expiresAt, lapsesAt } = request
  const given = approvals?.given.map(({ user, name, at }) => `${name ?? user} at ${at}`) ?? []
  return [
    ['eligible', eligibility && `by '${eligibility}'`],
    ['approvals', approvals && [`${given.length} of ${approvals.needed}`, ...given].join(', ')],
    ['accounts', scope && sayAccounts(scope)],
    ['from', startsAt],
    ['until', expiresAt],
    ['lapses', lapsesAt && `at ${lapsesAt}, unless it is granted`],
    ['digest', digest],
  ]
}

/** As many as the status has. */
function sayAccounts({ count, accounts }: NonNullable<RequestState['scope']>): string {
  const rest = count > accounts.length ? [`${count - accounts.length} more`] : []
  return `${count}: ${[...accounts, ...rest].join(', ')}`
}

/** `undefined`: there is nothing to show. */
export function renderLines(lines: readonly (readonly [string, string | undefined])[]): string {
  return lines.map(([name, text]) => (text === undefined ? '' : `  ${name.padEnd(10)}${quote(text, 2000)}\n`)).join('')
}
