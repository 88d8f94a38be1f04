import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { renderCsv } from '../../domain/text/render-csv.ts'
import type { ObjectMetadata, ObjectStore } from '../../ports/object-store.ts'
import { definePlace } from './define-record.ts'
import { renderNameInKey } from './name-in-key.ts'

/**
 * The members of each group that the ledger or `foreign/` has, for auditors: one CSV a group, by the names of `access/`. No decision reads
 * it. An absent object: the members were not read yet. A failed reading leaves the former object, which is true as of its own instant.
 */
export const groupMembers = definePlace({
  at: 'members/',
  meaning: 'who is in a group that has access, by names',
  source: { is: 'text' },
})

export function groupMembersKey(group: string): string {
  return `${groupMembers.at}${renderNameInKey(group)}.csv`
}

/** `files`: those that ask for the membership, a rule included; none: others made it. `since`: absent if that is not known. */
export type ListedMember = {
  readonly id: PrincipalId
  readonly name: string | undefined
  readonly since: string | undefined
  readonly files: readonly string[]
}

/** `members`: undefined: the directory no longer has the group. `asOf`: when ssofile began to read them. */
type MembersOfGroup = {
  readonly id: PrincipalId
  readonly name: PrincipalName
  readonly members: readonly ListedMember[] | undefined
  readonly asOf: string
}

/** Which group this is, since two may have had one name, and when its members were read. */
const [idField, instantField] = ['group-id', 'as-of']

/**
 * Several processes read members at once: the latest reading stays. A group that is gone never replaces a living one that took over its
 * name.
 */
export async function writeGroupMembers(objects: ObjectStore, group: MembersOfGroup): Promise<void> {
  const key = groupMembersKey(group.name)
  const body = renderMembers(group)
  for (;;) {
    const before = await objects.head(key)
    if (isBetter(before?.metadata, group)) return
    const condition = before ? { ifMatch: before.etag } : ({ ifNoneMatch: '*' } as const)
    const metadata = { [idField]: group.id, [instantField]: group.asOf }
    if ((await objects.put(key, body, condition, metadata)).outcome === 'written') return
  }
}

function isBetter(before: ObjectMetadata | undefined, { id, members, asOf }: MembersOfGroup): boolean {
  if (before === undefined) return false
  return before[idField] === id ? (before[instantField] ?? '') > asOf : members === undefined
}

const titles = ['person', 'person id', 'since', 'by']

function renderMembers({ id, name, members, asOf }: MembersOfGroup): string {
  const gone = members === undefined ? ['the directory no longer has this group'] : []
  const rows = (members ?? []).map((member) => [
    member.name ?? '',
    member.id,
    member.since ?? 'not known',
    member.files.join(' ; ') || 'the directory',
  ])
  rows.sort(([a, one], [b, other]) => (`${a} ${one}` < `${b} ${other}` ? -1 : 1))
  return renderCsv([['true as of', asOf, 'group', name, 'group id', id, ...gone], titles, ...rows])
}
