import pLimit from 'p-limit'
import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { type LedgerEntry, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { folderOf } from '../../domain/brake/act.ts'
import type { BrakeWindow } from '../../domain/brake/brake-record.ts'
import { baseMost } from '../../domain/brake/windows.ts'
import { folderOfMembership, membershipPrefix, renderMembership } from '../../domain/files/membership-file.ts'
import { ruleKeyOf } from '../../domain/files/rule-file.ts'
import { parseLinkAnywhere, renderGrant } from '../../domain/links/link.ts'
import { principalName } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { EntryCopies } from '../records/entry-copies.ts'
import { type ListedAssignment, listAssignmentHeads } from '../records/ledger.ts'
import { forEachAtOnce, readsAtOnce } from '../records/list-heads.ts'
import { listOwnedMemberships, readOwnedGroup, readOwnedMemberships } from '../records/owned-groups.ts'
import { listOwned, readOwned } from '../records/owned-permission-sets.ts'
import { NameIndex } from '../records/principal-names.ts'
import { statusPrefix } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { type BrakeSources, listOfFolder } from './count-open.ts'

const partSize = 1_000

/**
 * Counts the links of a folder, or entries of the ledger, that granted access before the window began; or the permission sets
 * at that time. Counts by the ledger, because a braked uploader may upload any number of links that grant nothing.
 */
export async function countBase(window: BrakeWindow, { objects, configuration }: BrakeSources): Promise<number> {
  const { rule, cause, name, counted } = window
  if (rule === 'memberships') return countMemberships(window, objects)
  // The index of names has everybody with access, and those who vanished within the last half hour.
  if (cause === 'directory')
    return (await NameIndex.read(objects)).idsOfType(name === 'GROUP' ? 'GROUP' : 'USER').length
  if (cause === 'uploader') return countPermissionSets(window, objects)
  const most = baseMost(window, configuration.brake)
  const copies = new EntryCopies(objects)
  const isConcerned = rule === 'own' ? await concernsFolder(objects, { cause, name }) : () => true
  const found = new Set<string>(counted)
  const look = async ({ key, head }: ListedAssignment): Promise<void> => {
    if (found.size >= most) return
    const links = listGrantingBefore(await spoiledAsAbsent(copies.read(head)), window)
    const items =
      rule === 'own' ? links?.filter((link) => cause === 'review' || folderOf(link) === name) : links && [key]
    for (const item of items ?? []) found.add(item)
  }
  // In order, as the copies are, and never all at once: there may be half a million.
  const part: ListedAssignment[] = []
  for await (const one of listAssignmentHeads(objects, ledgerPrefix)) {
    if (isConcerned(one.key)) part.push(one)
    if (part.length >= partSize) await forEachAtOnce(part.splice(0), look)
  }
  await forEachAtOnce(part, look)
  return Math.min(found.size, most)
}

/** Counts memberships that files of the folder, or the rule, made before the window began. If the directory ended users: all. */
async function countMemberships({ cause, name, since, counted }: BrakeWindow, objects: ObjectStore): Promise<number> {
  const rule = cause === 'rule' ? ruleKeyOf(name ?? '') : undefined
  const isMeant = (key: string) =>
    rule === undefined
      ? key.startsWith(membershipPrefix) && (cause === 'review' || folderOfMembership(key) === name)
      : key === rule
  const group = rule === undefined ? undefined : principalName.safeParse(name).data
  // Without its record, the id of the group is unknown.
  const groupId = group && (await spoiledAsAbsent(readOwnedGroup(objects, group)))?.id
  const ids = await Array.fromAsync(listOwnedMemberships(objects, groupId))
  const found = (await readOwnedMemberships(objects, ids)).flatMap(({ entry }) => {
    const isBefore = entry.grantedAt !== undefined && entry.grantedAt < since
    const isCounted = cause === 'principal' || entry.files.some(({ key }) => isMeant(key))
    return isBefore && isCounted ? [renderMembership(entry)] : []
  })
  return new Set([...counted, ...found]).size
}

/** Counts only sets of ssofile from before the window: a braked uploader may make any number of others meanwhile. */
async function countPermissionSets(
  { since, clockAt = since, counted }: BrakeWindow,
  objects: ObjectStore,
): Promise<number> {
  const names = await Array.fromAsync(listOwned(objects))
  const before = await pLimit(readsAtOnce).map(names, async (name) => {
    const owned = await spoiledAsAbsent(readOwned(objects, name))
    return owned?.value.arn !== undefined && owned.value.claimedAt < clockAt ? [String(name)] : []
  })
  return new Set([...counted, ...before.flat()]).size
}

/** Whether links of this folder may have granted an assignment: their statuses, which outlive them, name the same grant. */
async function concernsFolder(
  objects: ObjectStore,
  scope: Pick<BrakeWindow, 'cause' | 'name'>,
): Promise<(key: AssignmentKey) => boolean> {
  const grants = new Set<string>()
  for (const key of (await listOfFolder(objects, scope, { before: statusPrefix, after: '.json' })).keys()) {
    const link = parseLinkAnywhere(key)
    if (link.ok) grants.add(renderGrant(link.value))
  }
  const names = await NameIndex.read(objects)
  return (key) => {
    const { permissionSet, principalId, type } = assignmentOf(key)
    return names
      .everNamesOf(type, principalId)
      .some((principal) => grants.has(renderGrant({ permissionSet, principal, type })))
  }
}

/**
 * The links that granted this before a window began; `undefined`: none did. A newer link counts only if no link is older: then
 * somebody uploaded it again. Grants have the dispatcher's clock, uploads S3's.
 */
function listGrantingBefore(
  entry: LedgerEntry | undefined,
  { since, clockAt = since }: Pick<BrakeWindow, 'since' | 'clockAt'>,
): readonly string[] | undefined {
  if (entry?.grantedAt === undefined || entry.grantedAt >= clockAt) return undefined
  const older = entry.links.filter(({ lastModified }) => lastModified < since)
  return (older.length > 0 ? older : entry.links).map(({ key }) => key)
}
