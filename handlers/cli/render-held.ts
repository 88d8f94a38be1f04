import { type AssignmentKey, parseAssignmentKey } from '../../shared/domain/assignment.ts'
import { type BrakeRecord, describeCause, placeOf } from '../../shared/domain/brake.ts'
import { quote } from '../../shared/domain/complaint.ts'
import type { GrantingLink } from '../../shared/domain/ledger-entry.ts'
import type { showList } from '../../shared/reconcile/brake/brake-file.ts'
import { describePause, type Pause } from '../../shared/reconcile/dispatcher/pause.ts'
import { count } from './count.ts'
import { brief, type Room, takeFirst, verbose } from './room.ts'

/** One revocation on the list: why it is there, and the links that granted the access. */
export type HeldAssignment = {
  readonly key: AssignmentKey
  readonly reason?: string
  readonly links: readonly GrantingLink[]
}

/** One list: what it has in common, and what stands on it. */
export type ShownList = Omit<ReturnType<typeof showList>, 'held' | 'items' | 'passed'> & {
  readonly held: readonly HeldAssignment[]
}

type Shown = {
  readonly lists: readonly ShownList[]
  readonly releases: BrakeRecord['releases']
  readonly pause: Pause | undefined
}

/** What the brake holds, for a terminal: why, who would lose access, and how to decide. Names from outside are escaped. */
export function renderHeld({ lists, releases, pause }: Shown, { isVerbose = false } = {}): string {
  const room = isVerbose ? verbose : brief
  const paused = pause
    ? [`all changes are ${describePause(pause)}; nothing is revoked, not even what was released, until: ssofile resume`]
    : []
  const released = releases.map(
    ({ at, by, keys }) => `released at ${at} by ${by}: ${count(keys.length, 'revocation')}, for one hour`,
  )
  if (lists.length === 0) return lines(['nothing is held', ...released, ...paused])
  const number = lists.reduce((sum, { held }) => sum + held.length, 0)
  const onLists = lists.length === 1 ? '' : ` on ${lists.length} lists`
  return lines([
    `${count(number, 'revocation')} held${onLists}; the access is still there`,
    ...released,
    ...paused,
    ...lists.flatMap((list) => renderList(list, room)),
    'What is not intended: restore the links or what they covered; the access stays, and leaves its list automatically.',
  ])
}

function renderList(list: ShownList, room: Room): readonly string[] {
  const { held, digest } = list
  const groups = groupByLinks(held)
  const shown = takeFirst(groups, room)
  const more = groups.length - shown.length
  return [
    renderRule(list),
    '',
    `What would be revoked (${held.length.toLocaleString('en')}), grouped by the links that granted it:`,
    ...shown.flatMap((group) => renderGroup(group, room)),
    ...(more > 0 ? [`  and ${count(more, 'more link')} (--verbose tells all)`] : []),
    '',
    'If this is intended, release exactly this list, for one hour:',
    `  ssofile brake --release ${digest}`,
    '',
  ]
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

function renderRule(list: ShownList): string {
  const { rule, name, figure, limit, base, minutes, since } = list
  return rule === 'own'
    ? `  rule own: ${count(figure, 'link')} ${placeOf(name)} withdrawn since ${since}; at most ${limit}${base > limit ? ` of ${base.toLocaleString('en')}` : ''} pass in ${minutes} minutes`
    : `  rule indirect: ${count(figure, 'assignment')} to be revoked since ${since} ${describeCause(list)}, although their links were not deleted; at most ${limit} pass in ${minutes / 60} hours`
}

function groupByLinks(assignments: readonly HeldAssignment[]): readonly (readonly HeldAssignment[])[] {
  return [...Map.groupBy(assignments, ({ links }) => links.map(({ key }) => key).join('\n')).values()]
}

function renderGroup(group: readonly HeldAssignment[], room: Room): readonly string[] {
  const [first] = group
  if (!first) return []
  const accounts = group.flatMap(({ key }) => parseAssignmentKey(key)?.accountId ?? [])
  const shown = accounts.slice(0, room.accounts).join(', ')
  const more = accounts.length > room.accounts ? `, and ${accounts.length - room.accounts} more` : ''
  const set = parseAssignmentKey(first.key)?.permissionSet ?? 'an unknown permission set'
  return [
    ...(first.links.length === 0 ? [`  (no link is known) ${first.key}`] : first.links.flatMap(renderLink)),
    `    ${set} in ${count(accounts.length, 'account')}: ${shown}${more}`,
    ...(first.links.length === 0 && first.reason !== undefined ? [`    ${first.reason}`] : []),
  ]
}

function renderLink({ key, deletedBy }: GrantingLink): readonly string[] {
  const address = deletedBy?.sourceIpAddress === undefined ? '' : ` from ${deletedBy.sourceIpAddress}`
  return [`  ${key}`, ...(deletedBy ? [`    deleted by ${deletedBy.principalId}${address} at ${deletedBy.at}`] : [])]
}
