import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import { parseNameInKey } from '../../../shared/domain/links/name-in-key.ts'
import { sayActor } from '../../../shared/domain/links/say-actor.ts'
import type { PrincipalType } from '../../../shared/domain/principals/principal.ts'
import type { Reading } from '../../../shared/domain/readings/reading.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { parseIsoDuration } from '../../../shared/domain/text/iso-duration.ts'
import { findSubject } from '../../../shared/modules/access/find-subject.ts'
import {
  type AccessChange,
  type ChangesQuestion,
  listAccessChanges,
  noChangeSince,
} from '../../../shared/modules/access/list-access-changes.ts'
import { unlessRefused } from '../../../shared/modules/access/unless-refused.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { People } from '../../../shared/reconcile/directory/people.ts'
import { renderNameInKey } from '../../../shared/reconcile/records/name-in-key.ts'
import { parseInstant } from '../arguments/parse-instant.ts'
import { renderJson } from '../terminal/render-json.ts'
import { renderTable, terminalWidth } from '../terminal/render-table.ts'
import { show } from '../terminal/show.ts'
import { findMissing, findMissingSubject } from './find-missing.ts'
import { renderNotes } from './render-access.ts'

type ChangesOptions = Pick<ChangesQuestion, 'account' | 'permissionSet'> & {
  readonly changes: string
  readonly user?: string | undefined
  readonly group?: string | undefined
  readonly json: boolean
}

/** `ssofile who --changes`: who gave and took which access, by hand and by ssofile. Answers the exit code. */
export async function tellChanges(asked: ChangesOptions, ports: Ports, configuration: Configuration): Promise<number> {
  const { account, permissionSet, user, group, json } = asked
  const notes: string[] = []
  const since = parseSince(asked.changes, ports.clock.now())
  const isTheirs =
    user === undefined && group === undefined
      ? undefined
      : await findNames({ user, group }, ports, configuration, notes)
  const changes = await listAccessChanges(
    { since, account, permissionSet, isTheirs, isOfGroup: group !== undefined },
    ports.objects,
  )
  const ifNone = changes.length > 0 ? undefined : await readNoChange(asked, since, ports, configuration)
  const unread = ifNone !== undefined && 'unread' in ifNone ? ifNone.unread : undefined
  if (unread !== undefined && !notes.includes(unread)) notes.push(unread)
  if (json) process.stdout.write(renderJson({ changes, notes }))
  else await show((unread === undefined ? renderChanges(changes, terminalWidth()) : '') + renderNotes(notes))
  return exitCodeOf(ifNone)
}

/** The exit code of a question about the world. `ifNone`: what it means that nothing was found; absent: something was. */
export function exitCodeOf(ifNone: Reading<string> | undefined): 0 | 1 | 2 {
  if (ifNone === undefined) return 0
  return 'unread' in ifNone ? 2 : 1
}

async function readNoChange(
  asked: Pick<ChangesOptions, 'account' | 'permissionSet' | 'user' | 'group'>,
  since: Date,
  ports: Ports,
  configuration: Configuration,
): Promise<Reading<string>> {
  const { account, permissionSet } = asked
  const missing =
    (await findMissing({ account, permissionSet }, ports, configuration)) ??
    (await findMissingSubject(asked, ports, configuration))
  return missing === undefined ? noChangeSince(since, ports) : { unread: missing }
}

/** A duration, such as `7d`, or an instant. Throws Refusal. */
export function parseSince(text: string, now: Date): Date {
  const [, days, hours] = /^(?:(\d+)d|(\d+)h)$/.exec(text) ?? []
  const ms = parseIsoDuration(days === undefined ? `PT${hours}H` : `P${days}D`)
  return ms === undefined ? parseInstant(text) : new Date(now.getTime() - ms)
}

/** The names of this user and their present groups, or of this group, in `changes/`. */
async function findNames(
  asked: { readonly user?: string | undefined; readonly group?: string | undefined },
  ports: Ports,
  configuration: Configuration,
  notes: string[],
): Promise<(type: PrincipalType, name: string) => boolean> {
  const people = new People(patientIdentityStore(ports))
  const { principals = [], names } = await findSubject(asked, { ports, people, configuration, notes })
  const known = { GROUP: new Set(names.GROUP), USER: new Set(asked.group === undefined ? names.USER : []) }
  for (const type of ['GROUP', 'USER'] as const) {
    const ids = principals.filter((one) => one.type === type).map(({ id }) => id)
    const found = await unlessRefused(
      people.namesOf(type, ids),
      'ssofile could not read names from the directory',
      notes,
    )
    // Too long a name is cut in keys.
    for (const name of found?.values() ?? []) known[type].add(name).add(parseNameInKey(renderNameInKey(name)))
  }
  const { principalSuffix } = configuration
  return (type, name) => known[type].has(name) || known[type].has(name + principalSuffix)
}

/** Only ssofile makes such changes. */
const own: ReadonlySet<string> = new Set([
  ...['granted', 'adopted', 'terms-changed', 'held', 'membership-added', 'membership-ending'],
])
/** Either ssofile made such a change, or somebody by hand, without a CloudTrail event that ssofile received. */
const ownOrNot: ReadonlySet<string> = new Set(['revoked', 'released', 'membership-removed'])
/** Somebody made such a change by hand, and ssofile received no event with the author. History has the author of all others. */
const unknown = /^(foreign-|application-|permission-set-)/

function whatOf({ principal, type, group, subject = '' }: AccessChange): string {
  if (principal === undefined) return quote(subject)
  return `${type === 'GROUP' ? 'group ' : ''}${quote(principal)}${group === undefined ? '' : ` in group ${quote(group)}`}`
}

export function renderChanges(changes: readonly AccessChange[], width: number | undefined): string {
  if (changes.length === 0) return 'no change since then\n'
  const rows = changes.map((change) => [
    `${change.at.slice(0, 19).replace('T', ' ')}Z`,
    change.event,
    change.account ?? '',
    change.permissionSet ?? '',
    whatOf(change),
    change.by === undefined ? byWhom(change.event, change.deletedBy) : `by ${quote(change.by, 500)}`,
  ])
  const byHand = changes.filter(({ by }) => by !== undefined).length
  const titles = ['when', 'event', 'account', 'permission set', 'principal', 'by whom']
  return `${renderTable(titles, rows, width)}\n${count(rows.length, 'change')}; by hand, with a name: ${byHand}\n`
}

function byWhom(event: string, deletedBy: string | undefined): string {
  if (deletedBy !== undefined) return `ssofile, for ${quote(sayActor(deletedBy), 500)}`
  if (own.has(event) || /^permission-set-(?!re)/.test(event)) return 'ssofile'
  if (ownOrNot.has(event)) return 'ssofile, or not known'
  return unknown.test(event) ? 'not known' : 'see history'
}
