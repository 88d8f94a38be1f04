import { type AssignmentKey, parseAssignmentKey } from '../../shared/domain/assignment.ts'
import { type BrakeHold, type BrakeRecord, figureOf, placeOf } from '../../shared/domain/brake.ts'
import { quote } from '../../shared/domain/complaint.ts'
import type { GrantingLink } from '../../shared/domain/ledger-entry.ts'
import { describePause, type Pause } from '../../shared/reconcile/dispatcher/pause.ts'

/** One revocation on the list: why it is there, and the links that granted the access. */
export type HeldAssignment = {
  readonly key: AssignmentKey
  readonly reason?: string
  readonly links: readonly GrantingLink[]
}

type Shown = {
  /** Absent: nothing is held. */
  readonly digest: string | undefined
  readonly holds: readonly BrakeHold[]
  readonly assignments: readonly HeldAssignment[]
  readonly releases: BrakeRecord['releases']
  readonly pause: Pause | undefined
}

const accountsShown = 3

/** What the brake holds, for a terminal: why, who would lose access, and how to decide. Names from outside are escaped. */
export function renderHeld({ digest, holds, assignments, releases, pause }: Shown): string {
  const paused = pause
    ? [`all changes are ${describePause(pause)}; nothing is revoked, not even what was released, until: ssofile resume`]
    : []
  const released = releases.map(
    ({ at, by, keys }) => `released at ${at} by ${by}: ${count(keys.length, 'revocation')}, for one hour`,
  )
  if (digest === undefined) return lines(['nothing is held', ...released, ...paused])
  return lines([
    `${count(assignments.length, 'revocation')} held; the access is still there`,
    ...holds.map(renderHold),
    ...released,
    ...paused,
    '',
    'What would be revoked, grouped by the links that granted it:',
    ...groupByLinks(assignments).flatMap((group) => renderGroup(group, holds.length > 1)),
    '',
    'If this is intended, release exactly this list, for one hour:',
    `  ssofile brake --release ${digest}`,
    'If not, restore the links or what they covered: the access stays, and leaves this list automatically.',
  ])
}

/** What follows from a release. */
export function renderReleased(number: number, pause: Pause | undefined): string {
  const follows = pause
    ? `but all changes are ${describePause(pause)}; they are carried out only if the pause ends within the hour: ssofile resume`
    : `${number === 1 ? 'it is' : 'they are'} carried out within about a minute`
  return lines([`released ${count(number, 'revocation')} for one hour; ${follows}`])
}

/** Lines are never cut: a person has to copy from them. */
function lines(all: readonly string[]): string {
  return all.map((line) => `${quote(line, 4000)}\n`).join('')
}

function renderHold(hold: BrakeHold): string {
  const { rule, folder, limit, base, minutes, since } = hold
  const figure = figureOf(hold)
  return rule === 'own'
    ? `  rule own: ${count(figure, 'link')} ${placeOf(folder)} withdrawn since ${since}; at most ${limit} of ${base} pass in ${minutes} minutes`
    : `  rule indirect: ${count(figure, 'assignment')} to be revoked since ${since} although their links were not deleted; at most ${limit} of ${base} pass in ${minutes / 60} hours`
}

function groupByLinks(assignments: readonly HeldAssignment[]): readonly (readonly HeldAssignment[])[] {
  return [...Map.groupBy(assignments, ({ links }) => links.map(({ key }) => key).join('\n')).values()]
}

function renderGroup(group: readonly HeldAssignment[], tellsReason: boolean): readonly string[] {
  const [first] = group
  if (!first) return []
  const accounts = group.flatMap(({ key }) => parseAssignmentKey(key)?.accountId ?? [])
  const shown = accounts.slice(0, accountsShown).join(', ')
  const more = accounts.length > accountsShown ? `, and ${accounts.length - accountsShown} more` : ''
  const set = parseAssignmentKey(first.key)?.permissionSet ?? 'an unknown permission set'
  return [
    ...(first.links.length === 0 ? [`  (no link is known) ${first.key}`] : first.links.map(renderLink)),
    `    ${set} in ${count(accounts.length, 'account')}: ${shown}${more}`,
    ...(tellsReason && first.reason !== undefined ? [`    ${first.reason}`] : []),
  ]
}

function renderLink({ key, deletedBy }: GrantingLink): string {
  const address = deletedBy?.sourceIpAddress === undefined ? '' : ` from ${deletedBy.sourceIpAddress}`
  return `  ${key}${deletedBy ? `  deleted by ${deletedBy.principalId}${address} at ${deletedBy.at}` : ''}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
