import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { renderCsv } from '../../domain/text/render-csv.ts'
import type { ObjectMetadata, ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { definePlace } from './define-record.ts'
import { forEachAtOnce, listHeads } from './list-heads.ts'
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

/** The body is an id that makes each content different, so that nobody deletes a newer note. */
export const changedGroups = definePlace({
  at: 'state/changed-groups/',
  meaning: 'groups whose members may have changed, or were not read yet',
  source: { is: 'note', until: 'their members are read' },
})

/** The next minute reads the members of these groups, if the groups have access. */
export async function noteChangedGroups(
  { objects, randomness }: Pick<Ports, 'objects' | 'randomness'>,
  groups: Iterable<PrincipalId>,
): Promise<void> {
  const id = randomness.id()
  await forEachAtOnce(new Set(groups), async (group) => void (await objects.put(changedGroups.at + group, id)))
}

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

/** How many missing objects a sweep asks for. In a large directory the hourly comparison is faster. */
const askedMost = 50

/** Groups with access, by id, with their present names in the ledger: two if the name has just changed. */
export type NamedGroups = ReadonlyMap<PrincipalId, ReadonlySet<PrincipalName>>

/**
 * Asks for missing objects, and deletes those of groups without access, and those of former names. `isLost`: whether much of the ledger is
 * gone; then it deletes nothing.
 */
export async function alignGroupMembers(
  ports: Pick<Ports, 'objects' | 'randomness'>,
  groups: NamedGroups,
  isLost: () => Promise<boolean>,
): Promise<void> {
  const { objects } = ports
  const listed = await listHeads(objects, groupMembers.at)
  const keysOf = (id: PrincipalId) => [...(groups.get(id) ?? [])].map(groupMembersKey)
  const missing = [...groups.keys()].filter((id) => !keysOf(id).some((key) => listed.has(key)))
  await noteChangedGroups(ports, missing.slice(0, askedMost))
  const expected = new Set([...groups.keys()].flatMap(keysOf))
  const others = [...listed.values()].filter(({ key }) => !expected.has(key))
  if (others.length === 0 || (await isLost())) return
  await forEachAtOnce(others, async ({ key, etag }) => {
    const metadata = (await objects.head(key))?.metadata ?? {}
    const id = principalId.safeParse(metadata[idField]).data
    const present = id && groups.has(id) ? await Promise.all(keysOf(id).map((one) => objects.head(one))) : undefined
    // The directory may have a new name that the ledger lacks: the object with it is newer.
    const isReplaced = present?.some((one) => isNewer(one?.metadata, metadata)) ?? true
    if (isReplaced) await objects.delete(key, { ifMatch: etag })
  })
}

function isNewer(one: ObjectMetadata | undefined, other: ObjectMetadata): boolean {
  return one !== undefined && one[idField] === other[idField] && (one[instantField] ?? '') > (other[instantField] ?? '')
}
