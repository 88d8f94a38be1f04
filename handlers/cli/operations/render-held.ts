import { type AssignmentKey, assignmentOf } from '../../../shared/domain/assignments/assignment.ts'
import type { GrantingLink } from '../../../shared/domain/assignments/ledger-entry.ts'
import type { BrakeList, BrakeRecord } from '../../../shared/domain/brake/brake-record.ts'
import { describeCause, isOfDeletions, nounsOf, placeOf } from '../../../shared/domain/brake/describe-list.ts'
import { describeContents } from '../../../shared/domain/brake/held-contents.ts'
import { isDeletion, membershipsOn, peopleOn } from '../../../shared/domain/brake/lists.ts'
import { sayTaken, type Taken } from '../../../shared/domain/brake/taken.ts'
import { membershipPrefix } from '../../../shared/domain/files/membership-file.ts'
import { ruleKeyOf } from '../../../shared/domain/files/rule-file.ts'
import { permissionSetKey } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import type { PrincipalName } from '../../../shared/domain/principals/principal.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { renderCsv } from '../../../shared/domain/text/render-csv.ts'
import type { showList } from '../../../shared/reconcile/records/brake-file.ts'
import { describePause, type Pause, remedyOf } from '../../../shared/reconcile/records/pause.ts'
import { brief, few, type Room, takeFirst, verbose } from '../terminal/room.ts'

/** One held revocation: its reason, and the links that granted the access. */
export type HeldAssignment = {
  readonly key: AssignmentKey
  /** The principal's name when the entry was written. */
  readonly principal?: PrincipalName | undefined
  readonly reason?: string
  readonly links: readonly GrantingLink[]
}

export type ShownList = Omit<ReturnType<typeof showList>, 'held' | 'items' | 'passed'> & {
  readonly held: readonly HeldAssignment[]
  /** It is about all of them. */
  readonly takes: Taken
  /** For the rule `people`: the people who keep everything, with or without access by ssofile. */
  readonly people?: readonly string[]
  /** For the rule `memberships`: the people that ssofile would remove, as `<group>%<user name>`. */
  readonly memberships?: readonly string[]
  /** For the rule `attributes`: those that ssofile would remove, or give another source. */
  readonly attributes?: readonly string[]
  /** For the rule `retirements`: the credentials that ssofile would deactivate or delete, as `<credential> <act>`. */
  readonly credentials?: readonly string[]
}

type Shown = {
  readonly lists: readonly ShownList[]
  readonly contents: BrakeRecord['contents']
  readonly releases: BrakeRecord['releases']
  readonly pause: Pause | undefined
  /** Deleted files for which the brake may still hold changes. */
  readonly pendingDeletions?: number
}

/** A person reads no more. Beyond that, each list shows its rule, its size and how to release it. */
const linesMost = 40
const listsMost = 10

/** The held changes, for a terminal: the reason, the people who would lose access, and how to decide. Names from outside are escaped. */
export function renderHeld(shown: Shown, { isVerbose = false } = {}): string {
  if (isVerbose) return renderInFull(shown, verbose)
  const fits = (text: string) => text.split('\n').length <= linesMost
  const told = [brief, few].map((room) => renderInFull(shown, room)).find(fits)
  return told ?? renderBriefly(shown)
}

function renderBriefly(shown: Shown): string {
  const { lists, contents, releases } = shown
  const all = [
    ...lists.map((list) => [renderRule(list), `    takes ${summarize(list)}`, releaseOf(list)]),
    ...contents.map((one) => [
      `  rule contents: ${permissionSetKey(one.name)} since ${one.since}`,
      `    ${describeContents(one)}`,
      releaseOf(one),
    ]),
  ]
  const left = all.length - listsMost
  return lines([
    ...renderHead({ ...shown, releases: releases.slice(-1) }),
    '',
    ...all.slice(0, listsMost).flat(),
    ...(left > 0 ? [`  and ${count(left, 'more list')}`] : []),
    '',
    'To see each link and account, run ssofile brake --verbose, or --output csv',
  ])
}

function releaseOf({ digest }: { readonly digest: string }): string {
  return `    if you intend this, run ssofile brake --release ${digest}`
}

/** Grouped by permission set, the largest first. */
function summarize({ held }: ShownList): string {
  const sets = [...Map.groupBy(held, ({ key }) => assignmentOf(key).permissionSet)].sort(
    ([, a], [, b]) => b.length - a.length,
  )
  const named = sets.slice(0, 3).map(([name, those]) => {
    const principals = new Set(those.map(({ key, principal }) => principal ?? assignmentOf(key).principalId))
    const accounts = new Set(those.map(({ key }) => assignmentOf(key).accountId))
    return `${name} from ${count(principals.size, 'principal')} in ${count(accounts.size, 'account')}`
  })
  return [...named, ...(sets.length > 3 ? [`${sets.length - 3} more permission sets`] : [])].join('; ')
}

export function renderHeldAsCsv({ lists }: Pick<Shown, 'lists'>): string {
  const rows = lists.flatMap(({ digest, rule, since, held }) =>
    held.map(({ key, principal, reason = '', links }) => {
      const { accountId, permissionSet, principalId, type } = assignmentOf(key)
      const keys = links.map((link) => link.key).join(' ; ')
      return [digest, rule, since, accountId, permissionSet, principal ?? principalId, type, reason, keys]
    }),
  )
  return renderCsv([
    ['digest', 'rule', 'since', 'account', 'permission set', 'principal', 'type', 'why', 'links'],
    ...rows,
  ])
}

function renderHead({ lists, contents, releases, pause, pendingDeletions = 0 }: Shown): readonly string[] {
  const pending =
    pendingDeletions > 0
      ? [
          `${count(pendingDeletions, 'deleted file')} not evaluated yet, or still in progress: the brake may hold more; run this again in a minute`,
        ]
      : []
  const paused = pause
    ? [
        `all changes are ${describePause(pause)}; ssofile changes nothing, not even released items, until you run ${remedyOf(pause)}`,
      ]
    : []
  const released = releases.map(
    (release) => `released at ${release.at} by ${release.by}: ${nameReleased(release)}, for one hour`,
  )
  if (lists.length + contents.length === 0)
    return [
      pendingDeletions > 0 ? 'the brake holds nothing yet' : 'the brake holds nothing',
      ...pending,
      ...released,
      ...paused,
    ]
  const number = lists.reduce((sum, { held }) => sum + held.length, 0)
  const peopleOn = (some: readonly ShownList[]) => some.reduce((sum, one) => sum + (one.people?.length ?? 0), 0)
  const deletions = peopleOn(lists.filter(isOfDeletions))
  const people = peopleOn(lists) - deletions
  const memberships = lists.reduce((sum, one) => sum + (one.memberships?.length ?? 0), 0)
  const attributes = lists.reduce((sum, one) => sum + (one.attributes?.length ?? 0), 0)
  const owners = lists.filter(({ rule }) => rule === 'retirements').length
  const onLists = lists.length === 1 ? '' : ` on ${lists.length} lists`
  return [
    ...(number > 0 ? [`${count(number, 'revocation')} held${onLists}; the access is still there`] : []),
    ...(people > 0 ? [`${count(people, 'person', 'people')} held; they keep everything`] : []),
    ...(deletions > 0
      ? [`${count(deletions, 'deletion of a user', 'deletions of users')} held; these users stay suspended`]
      : []),
    ...(memberships > 0 ? [`${count(memberships, 'removal from a group', 'removals from groups')} held`] : []),
    ...(attributes > 0 ? [`${count(attributes, 'change of an attribute', 'changes of attributes')} held`] : []),
    ...(contents.length > 0
      ? [`${count(contents.length, 'permission set file')} held; the permission sets are unchanged`]
      : []),
    ...(owners > 0 ? [`credentials of ${count(owners, 'account owner')} held; they are unchanged`] : []),
    ...pending,
    ...released,
    ...paused,
  ]
}

export function nameReleased({ rule, keys, items, permissionSet }: Released): string {
  if (rule === 'contents') return `the file of ${permissionSet}`
  if (rule === 'retirements') return count(items.length, 'credential')
  if (rule === 'attributes') return count(items.length, 'change of an attribute', 'changes of attributes')
  const [memberships, people] = [membershipsOn({ rule, items, held: keys }), peopleOn({ rule, items })]
  if (people.length > 0) return count(people.length, ...wordsForPeople(people))
  if (memberships.length > 0 && keys.length === 0)
    return count(memberships.length, 'removal from a group', 'removals from groups')
  return count(keys.length, 'revocation')
}

type Released = Pick<BrakeRecord['releases'][number], 'rule' | 'keys' | 'items' | 'permissionSet'>

function wordsForPeople(items: readonly string[]): readonly [one: string, many: string] {
  return items.some(isDeletion) ? ['deletion of a user', 'deletions of users'] : ['suspension', 'suspensions']
}

function renderInFull(shown: Shown, room: Room): string {
  const { lists, contents } = shown
  return lines([
    ...renderHead(shown),
    ...lists.flatMap((list) => renderList(list, room)),
    ...contents.flatMap(renderContents),
    ...(lists.length > 0 ? [renderWayBack(lists)] : []),
  ])
}

function renderWayBack(lists: readonly ShownList[]): string {
  if (lists.every(isOfDeletions))
    return 'To keep a user, upload the file under people/ again, with a past endsAt and without deleteAfterDays; the user stays suspended and leaves the list automatically.'
  if (lists.every(({ rule }) => rule === 'retirements'))
    return 'To keep a credential, delete its file under retire/: the credential is unchanged and leaves the list automatically.'
  return lists.every((list) => list.rule === 'people' && !isOfDeletions(list))
    ? 'To keep the access of a person, delete the file under suspended/: the person leaves the list automatically.'
    : 'To keep access, restore the files, or the accounts and groups that they covered: the access stays and leaves its list automatically.'
}

function renderContents(one: BrakeRecord['contents'][number]): readonly string[] {
  const { name, digest, since, takesAway, taken } = one
  const more = taken > takesAway.length ? [`  and ${count(taken - takesAway.length, 'more', 'more')}`] : []
  return [
    `  rule contents: ${permissionSetKey(name)} since ${since}: ${describeContents(one)}`,
    ...(taken > 0
      ? [
          '',
          `Permissions that it may take away (${taken.toLocaleString('en')}):`,
          ...takesAway.map((what) => `  ${what}`),
          ...more,
        ]
      : []),
    '',
    'If you intend this, release exactly this file, for one hour:',
    `  ssofile brake --release ${digest}`,
    'Otherwise, upload the right file: the permission set is unchanged and leaves the brake automatically.',
    '',
  ]
}

function renderList(list: ShownList, room: Room): readonly string[] {
  const { held, digest, people = [], memberships = [], attributes = [], credentials = [] } = list
  const groups = groupByLinks(held)
  const shown = takeFirst(groups, room)
  const more = groups.length - shown.length
  const losses = attributes.map((one) => quote(one, 700))
  return [
    renderRule(list),
    ...block(`People who would be ${isOfDeletions(list) ? 'deleted' : 'suspended'}`, people, [nameSome(people, room)]),
    ...block('People who would leave their group', memberships, [nameSome(memberships, room)]),
    ...block('Losses in aws:PrincipalTag', attributes, losses),
    ...block('Credentials that would become inactive or be deleted', credentials, renderCredentials(credentials, room)),
    ...(held.length > 0
      ? ['', `A release takes ${sayTaken(held.length, list.takes)}, grouped by the links that granted it:`]
      : []),
    ...shown.flatMap((group) => renderGroup(group, room)),
    ...(more > 0 ? [`  and ${count(more, 'more link')} (--verbose shows all)`] : []),
    '',
    'If you intend this, release exactly this list, for one hour:',
    `  ssofile brake --release ${digest}`,
    ...(held.some(({ links }) => links.some(({ deletedBy }) => deletedBy !== undefined))
      ? ['To keep the access, put the deleted links back:', `  ssofile brake --keep ${digest}`]
      : []),
    '',
  ]
}

/** Lines below a title with the number of the items. */
function block(title: string, items: readonly string[], text: readonly string[]): readonly string[] {
  return items.length === 0
    ? []
    : ['', `${title} (${items.length.toLocaleString('en')}):`, ...text.map((line) => `  ${line}`)]
}

function renderCredentials(items: readonly string[], room: Room): readonly string[] {
  const shown = takeFirst(items, room)
  const more = items.length - shown.length
  return [...shown, ...(more > 0 ? [`and ${count(more, 'more', 'more')} (--verbose shows all)`] : [])]
}

export function renderReleased(
  list: Omit<Released, 'keys'> & Pick<BrakeList, 'held'>,
  pause: Pause | undefined,
): string {
  const { rule, items, held } = list
  const number = held.length > 0 ? held.length : items.length
  const within = rule === 'retirements' ? 'about five minutes' : 'about a minute'
  const follows = pause
    ? `but all changes are ${describePause(pause)}; ssofile carries them out only if you end the pause within the hour: ${remedyOf(pause)}`
    : `ssofile carries ${number === 1 ? 'it' : 'them'} out within ${within}`
  return lines([`released ${nameReleased({ ...list, keys: held })} for one hour; ${follows}`])
}

function nameSome(people: readonly string[], room: Room): string {
  const more = people.length - room.accounts
  return `${people.slice(0, room.accounts).join(', ')}${more > 0 ? `, and ${more} more (--verbose shows all)` : ''}`
}

/** The answer after the release of a permission set's file. */
export function renderReleasedContents(permissionSet: PermissionSetName, pause: Pause | undefined): string {
  const follows = pause
    ? `but all changes are ${describePause(pause)}; ssofile carries it out only if you end the pause within the hour: ${remedyOf(pause)}`
    : 'ssofile carries it out within about a minute'
  return lines([`released ${permissionSetKey(permissionSet)} for one hour; ${follows}`])
}

/** Lines are never cut: people copy from them. */
function lines(all: readonly string[]): string {
  return all.map((line) => `${quote(line, 4000)}\n`).join('')
}

function renderRule(list: ShownList): string {
  const { rule, cause, name, figure, limit, base, minutes, since, objection } = list
  if (rule === 'minimum') return `  rule minimum: since ${since}; ${objection}`
  if (isOfDeletions(list))
    return `  rule people: ${count(figure, 'user')} to be deleted since ${since}; at most ${limit} pass in ${minutes} minutes`
  if (rule === 'people')
    return `  rule people: ${figure} people suspended since ${since} by ${quote(name ?? 'an unknown person')}; at most ${limit} pass in ${minutes} minutes`
  if (cause === 'rule')
    return `  rule memberships: ${quote(ruleKeyOf(name ?? ''))} takes ${count(figure, 'person', 'people')} out of its group since ${since}; at most ${limit} of ${base.toLocaleString('en')} pass in ${minutes} minutes`
  if (cause === 'review')
    return `  rule ${rule}: ${count(figure, rule === 'own' ? 'link' : 'membership')} revoked by ${name === undefined ? 'all reviews together' : `the review ${quote(name)}`} since ${since}; at most ${limit}${base > limit ? ` of ${base.toLocaleString('en')}` : ''} pass in ${minutes} minutes`
  if (cause === 'directory')
    return `  rule indirect: ${figure} ${nounsOf(name)} vanished from the directory since ${since}; at most ${limit}${base > limit ? ` of ${base.toLocaleString('en')}` : ''} pass in an hour`
  if (rule === 'retirements')
    return `  rule retirements: ${count(figure, 'credential')} of the account owner ${quote(name ?? '')} to be retired since ${since}; at most ${limit} pass in ${minutes / 60} hours`
  if (rule === 'attributes')
    return `  rule attributes: the file ${name}, since ${since}; an operator must release each loss`
  if (rule === 'memberships' && cause === 'principal')
    return `  rule memberships: ${count(figure, 'membership')} of users that the directory disabled, since ${since}; at most ${limit}${base > limit ? ` of ${base.toLocaleString('en')}` : ''} pass in ${minutes} minutes`
  if (rule === 'memberships')
    return `  rule memberships: ${count(figure, 'file')} ${placeOf(name, membershipPrefix)} withdrawn since ${since}; at most ${limit}${base > limit ? ` of ${base.toLocaleString('en')}` : ''} pass in ${minutes} minutes`
  return rule === 'own'
    ? `  rule own: ${count(figure, 'link')} ${placeOf(name)} withdrawn since ${since}; at most ${limit}${base > limit ? ` of ${base.toLocaleString('en')}` : ''} pass in ${minutes} minutes`
    : `  rule indirect: ${count(figure, 'assignment')} to be revoked since ${since} ${describeCause(list)}, although nobody deleted their links; at most ${limit} pass in ${minutes / 60} hours`
}

function groupByLinks(assignments: readonly HeldAssignment[]): readonly (readonly HeldAssignment[])[] {
  return [...Map.groupBy(assignments, ({ links }) => links.map(({ key }) => key).join('\n')).values()]
}

function renderGroup(group: readonly HeldAssignment[], room: Room): readonly string[] {
  const [first] = group
  if (!first) return []
  const accounts = group.map(({ key }) => assignmentOf(key).accountId)
  const shown = accounts.slice(0, room.accounts).join(', ')
  const more = accounts.length > room.accounts ? `, and ${accounts.length - room.accounts} more` : ''
  const { permissionSet: set } = assignmentOf(first.key)
  return [
    ...(first.links.length === 0
      ? [`  (unknown link) ${first.principal ?? assignmentOf(first.key).principalId}`]
      : first.links.flatMap(renderLink)),
    `    ${set} in ${count(accounts.length, 'account')}: ${shown}${more}`,
    ...(first.links.length === 0 && first.reason !== undefined ? [`    ${first.reason}`] : []),
  ]
}

function renderLink({ key, deletedBy }: GrantingLink): readonly string[] {
  const address = deletedBy?.sourceIpAddress === undefined ? '' : ` from ${deletedBy.sourceIpAddress}`
  return [`  ${key}`, ...(deletedBy ? [`    deleted by ${deletedBy.principalId}${address} at ${deletedBy.at}`] : [])]
}
