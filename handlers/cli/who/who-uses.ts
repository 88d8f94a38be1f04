import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { ChangesQuestion } from '../../../shared/modules/access/list-access-changes.ts'
import { unreadUses } from '../../../shared/modules/access/own-uses.ts'
import { unlessRefused } from '../../../shared/modules/access/unless-refused.ts'
import { findUnknownUses, notKnown } from '../../../shared/modules/usage/find-unknown-uses.ts'
import { keyOf, type LastUse } from '../../../shared/modules/usage/rules/person-uses.ts'
import { isWatchedSince, type Watched } from '../../../shared/modules/usage/rules/watched.ts'
import { readLastUses, readWatched } from '../../../shared/modules/usage/use-records.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { People } from '../../../shared/reconcile/directory/people.ts'
import { Refusal } from '../arguments/refusal.ts'
import { renderJson } from '../terminal/render-json.ts'
import { renderTable, terminalWidth } from '../terminal/render-table.ts'
import { show } from '../terminal/show.ts'
import { findMissing, findMissingSubject } from './find-missing.ts'
import { renderNotes } from './render-access.ts'

type UsesOptions = Pick<ChangesQuestion, 'since' | 'account' | 'permissionSet'> & {
  readonly user?: string | undefined
  readonly json: boolean
}
/** `isUnknown`: nobody has or ever had the access, by ssofile's records. Absent: somebody has or had it, or it could not be asked. */
type NamedUse = LastUse & { readonly person: string; readonly isUnknown?: true }

/** `ssofile who --used`: each person's last use of each access since then, also of access that is gone. Answers the exit code. */
export async function tellUses(asked: UsesOptions, ports: Ports, configuration: Configuration): Promise<number> {
  const { principalSuffix } = configuration
  const [{ uses: all, unread }, watched] = await Promise.all([readLastUses(ports), readWatched(ports)]).catch(
    explainRefusal,
  )
  const { account, permissionSet, user, since } = asked
  const isOf = (use: LastUse) =>
    (account ?? use.account) === use.account && (permissionSet ?? use.permissionSet) === use.permissionSet
  const recent = all.filter((use) => new Date(use.at) >= since && isOf(use))
  const notes = [...unread.values()].slice(0, 1).map(({ message }) => `${unreadUses}: ${message}`)
  const people = new People(patientIdentityStore(ports))
  const asking = people.namesOf('USER', new Set(recent.map((use) => use.user)))
  const names = await unlessRefused(asking, 'the names of users could not be read', notes)
  const named = recent.map((use): NamedUse => ({ ...use, person: names?.get(use.user) ?? use.user }))
  const isWanted = ({ person, user: id }: NamedUse) =>
    user === undefined || [user, user + principalSuffix].includes(person) || user === id
  const wanted = named.filter(isWanted).sort((a, b) => (a.at < b.at ? 1 : -1))
  const finding = findUnknownUses(ports.objects, wanted)
  const unknown = await unlessRefused(finding, 'whether ssofile knows the access could not be asked', notes)
  const uses = wanted.map((use): NamedUse => (unknown?.has(keyOf(use)) ? { ...use, isUnknown: true } : use))
  const missing =
    uses.length > 0
      ? undefined
      : ((await findMissing({ account, permissionSet }, ports, configuration)) ??
        (await findMissingSubject({ user }, ports, configuration)))
  if (missing !== undefined) notes.push(missing)
  if (asked.json) process.stdout.write(renderJson({ uses, watched, notes }))
  else await show(renderUses(uses, watched, terminalWidth()) + renderNotes(notes))
  if (uses.length > 0) return 0
  return missing !== undefined || unread.size > 0 || !isWatchedSince(watched, since) ? 2 : 1
}

function explainRefusal(error: unknown): never {
  if (!isServiceError(error, 'AccessDenied')) throw error
  throw new Refusal(`who used access could not be read: ${error.message}; only auditors may read usage/`)
}

export function renderUses(uses: readonly NamedUse[], { since, gaps }: Watched, width: number | undefined): string {
  const rows = uses.map((use) => [
    use.person,
    use.account,
    use.isUnknown ? `${use.permissionSet} (${notKnown})` : use.permissionSet,
    `${use.at.slice(0, 16).replace('T', ' ')}Z`,
    use.by,
    String(use.hours90),
    use.from ?? '',
  ])
  const titles = ['person', 'account', 'permission set', 'last used', 'by', 'hours', 'from']
  const table = rows.length === 0 ? '' : `${renderTable(titles, rows, width, [1, 3, 4])}\n`
  const silent = gaps.map(({ from, to }) => `; nothing is known from ${from} to ${to}`).join('')
  const counted = since === undefined ? 'no uses are counted yet' : `counted since ${since}${silent}`
  return `${table}${count(rows.length, 'use')}: the last of each person and access, with hours of use in 90 days; ${quote(counted, 1000)}\n`
}
