import type { Configuration } from '../../domain/deployment/configuration.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { Status } from '../../domain/statuses/status.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { brakeFile, brakeFileRecord } from '../records/brake-file.ts'
import { sendInputs } from '../records/inputs.ts'
import { forEachAtOnce, listHeads } from '../records/list-heads.ts'
import { ownedPermissionSets, permissionSetOf, readOwned } from '../records/owned-permission-sets.ts'
import { inputOfStatus, StatusStore, statusPrefix } from '../records/status-store.ts'
import { isUnreadable, unlessUnreadable } from '../records/stored-json.ts'

/**
 * Records of ssofile that block more than one assignment while they cannot be read: the brake's count and the records of
 * permission sets. Until then each has a status, like an input.
 */
export class SpoiledRecords {
  /** By key: the etag of a record that could be read. */
  readonly #sound = new Map<string, string>()

  /** Writes the status of each unreadable record, removes it from readable ones, and returns the unreadable keys. */
  async tell(
    ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>,
    configuration: Pick<Configuration, 'folders'>,
  ): Promise<readonly string[]> {
    const { objects } = ports
    const statuses = new StatusStore(objects, ports.clock)
    const spoiled = await this.#find(objects)
    for (const key of spoiled) await statuses.revise(key, async () => ({ state: 'failed', ...describeSpoiled(key) }))
    const restored = (await listTold(objects)).filter((key) => !spoiled.includes(key))
    for (const key of restored) await statuses.revise(key, async () => undefined)
    const names = restored.flatMap((key) => permissionSetOf(key) ?? [])
    await sendInputs(ports, names.map(permissionSetKey), 'its record can be read again', configuration)
    return spoiled
  }

  async #find(objects: ObjectStore): Promise<readonly string[]> {
    const records = [
      ...(await listHeads(objects, brakeFileRecord.at)),
      ...(await listHeads(objects, ownedPermissionSets.at)),
    ]
    const spoiled: string[] = []
    await forEachAtOnce(records, async ([key, { etag }]) => {
      if (this.#sound.get(key) === etag) return
      if (await isReadable(objects, key)) this.#sound.set(key, etag)
      else spoiled.push(key)
    })
    return spoiled.sort()
  }
}

async function isReadable(objects: ObjectStore, key: string): Promise<boolean> {
  const name = permissionSetOf(key)
  if (key !== brakeFileRecord.at && name === undefined) return true
  const reading: Promise<unknown> = name === undefined ? brakeFile(objects).read() : readOwned(objects, name)
  return !isUnreadable(await unlessUnreadable(reading))
}

async function listTold(objects: ObjectStore): Promise<readonly string[]> {
  const told: string[] = []
  for (const prefix of [brakeFileRecord.at, ownedPermissionSets.at]) {
    for (const key of (await listHeads(objects, statusPrefix + prefix)).keys()) told.push(inputOfStatus(key))
  }
  return told
}

export function describeSpoiled(key: string): Pick<Status, 'reason' | 'remedy'> {
  const isBrake = key === brakeFileRecord.at
  const received = `${key}: received content that this version of ssofile cannot read, or that S3 does not return`
  const before = 'restore the object from an earlier version or a copy'
  return {
    reason: `${received}; ${isBrake ? 'nothing is revoked' : 'the permission set is neither changed nor deleted'} until it can be read`,
    remedy: isBrake
      ? `${before}; if there is none, delete it: the brake then starts counting again and decides again about held access`
      : `${before}; do not delete it: ssofile would then treat the permission set as foreign`,
  }
}
