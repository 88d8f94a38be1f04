import { parseGroupKey } from '../../domain/files/group-file.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { ownedGroupRecord } from '../../reconcile/records/owned-groups.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { Foretold } from './foretell.ts'

/** `blocked`: its file is gone, but something refers to the group. */
export type GroupChange = {
  readonly name: PrincipalName
  readonly change: 'create' | 'adopt' | 'describe' | 'delete' | 'give-up' | 'blocked' | 'rejected'
  readonly reason?: string | undefined
}

type Sources = { readonly objects: ObjectStore; readonly foretold: Foretold }

/** The planned changes of groups by their files. */
export async function listGroupChanges(sources: Sources): Promise<readonly GroupChange[]> {
  const changes: GroupChange[] = []
  for (const key of sources.foretold.inputs) {
    const named = parseGroupKey(key)
    const change = named.ok ? await readGroupChange(named.value, key, sources) : undefined
    if (named.ok && change) changes.push({ name: named.value, ...change })
  }
  return changes
}

async function readGroupChange(
  name: PrincipalName,
  key: string,
  { objects, foretold }: Sources,
): Promise<Omit<GroupChange, 'name'> | undefined> {
  const read = async (from: ObjectStore) => (await spoiledAsAbsent(ownedGroupRecord(from, name).read()))?.value
  const [was, is] = [await read(objects), await read(foretold.objects)]
  const told = await spoiledAsAbsent(readStatus(foretold.objects, key))
  if (told?.state === 'rejected' || told?.state === 'blocked') return { change: told.state, reason: told.reason }
  const isWritten = (operation: string, id: string | undefined) =>
    foretold.directory.writes.some((one) => one.operation === operation && one.id === id)
  if (is?.id !== undefined && is.id !== was?.id) return { change: is.isAdopted ? 'adopt' : 'create' }
  if (was?.id !== undefined && is === undefined)
    return isWritten('deleteGroup', was.id) ? { change: 'delete' } : was.isAdopted ? { change: 'give-up' } : undefined
  return isWritten('updateGroupDescription', is?.id) ? { change: 'describe' } : undefined
}
