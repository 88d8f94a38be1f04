import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { ObjectVersions } from '../../ports/object-versions.ts'
import { listToldPermissionSets, readPermissionSetWord } from '../records/history.ts'
import { listHeads } from '../records/list-heads.ts'
import {
  type OwnedPermissionSet,
  ownedPermissionSet,
  ownedPrefix,
  permissionSetOf,
  readOwned,
} from '../records/owned-permission-sets.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import type { Undecided } from './find-lost-entries.ts'
import { type LostSources, readSaved } from './read-saved.ts'

export type LostPermissionSet = {
  readonly name: PermissionSetName
  readonly record: OwnedPermissionSet
  /** An object that cannot be read. */
  readonly over?: ObjectHead
}

/** The permission sets of ours whose record is gone or cannot be read, and that Identity Center has. Reads only. */
export async function findLostPermissionSets(context: LostSources) {
  const { objects, versions, history, inPortions, at } = context
  const heads = await listHeads(objects, ownedPrefix)
  const names = new Map<PermissionSetName, Awaited<ReturnType<typeof saveOf>>>()
  for await (const kept of versions.list(ownedPrefix)) {
    const name = permissionSetOf(kept.key)
    if (name !== undefined && !(await isThere(objects, name))) names.set(name, await saveOf(versions, kept, at))
  }
  for (const text of await listToldPermissionSets(history)) {
    const name = permissionSetName.safeParse(text).data
    if (name !== undefined && !names.has(name) && !(await isThere(objects, name))) names.set(name, undefined)
  }
  const lost: LostPermissionSet[] = []
  const undecided: Undecided[] = []
  await inPortions([...names], 'permission sets', async ([name, saved], ssoAdmin) => {
    const word = await readPermissionSetWord(history, name)
    if (word?.event === 'deleted') return
    const claimed = saved?.arn === undefined ? word?.arn && { v: 1 as const, arn: word.arn, claimedAt: word.at } : saved
    const over = heads.get(ownedPrefix + name)
    const described = claimed?.arn && (await ssoAdmin.describePermissionSet(claimed.arn))
    if (claimed && described?.name === name) lost.push({ name, record: claimed, ...(over && { over }) })
    else if (over || described)
      undecided.push({ object: ownedPrefix + name, why: 'nothing says that its permission set is ours' })
  })
  return { lost, undecided }
}

function saveOf(versions: ObjectVersions, kept: Parameters<typeof readSaved>[1], at: Date | undefined) {
  return readSaved(versions, kept, ownedPermissionSet, at)
}

async function isThere(objects: ObjectStore, name: PermissionSetName): Promise<boolean> {
  const read = await unlessSpoiled(readOwned(objects, name))
  return read !== undefined && !isSpoiled(read)
}
