import { linkPrefix } from '../../domain/links/link.ts'
import { splitFolder, splitLinkFields } from '../../domain/links/link-fields.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { Ports } from '../../ports/ports.ts'
import { forEachAtOnce, listHeads } from '../records/list-heads.ts'
import { ownedPermissionSets, permissionSetOf, readOwned } from '../records/owned-permission-sets.ts'
import { StatusStore } from '../records/status-store.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'

/** The sweep finds older ones. */
const recentMs = 10 * 60_000

/**
 * Links whose status says that their permission set does not exist, although it was applied a few minutes ago: the message that
 * wakes them was lost, or came before the status. If no permission set was applied recently, this costs one listing.
 */
export async function findOvertaken({ objects, clock }: Pick<Ports, 'objects' | 'clock'>): Promise<readonly string[]> {
  const applied = new Map<string, string>()
  await forEachAtOnce(await listHeads(objects, ownedPermissionSets.at), async ([key, { lastModified }]) => {
    const name = permissionSetOf(key)
    if (name === undefined || clock.now().getTime() - lastModified.getTime() > recentMs) return
    const owned = await unlessSpoiled(readOwned(objects, name))
    if (owned && !isSpoiled(owned) && owned.value.applied) applied.set(name, permissionSetKey(name))
  })
  if (applied.size === 0) return []
  const statuses = new StatusStore(objects, clock)
  const overtaken: string[] = []
  for await (const input of statuses.listAttention('waiting')) {
    if (!input.startsWith(linkPrefix)) continue
    const file = applied.get(splitLinkFields(splitFolder(input.slice(linkPrefix.length)).rest)?.permissionSet ?? '')
    const told = file === undefined ? undefined : await unlessSpoiled(statuses.read(input))
    if (told && !isSpoiled(told) && told.waitsFor === file) overtaken.push(input)
  }
  return overtaken
}
