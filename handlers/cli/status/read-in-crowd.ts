import { kindOf, parseInput } from '../../../shared/domain/inputs/kinds.ts'
import { judgeInput } from '../../../shared/domain/links/judge-input.ts'
import { splitFolder } from '../../../shared/domain/links/link-fields.ts'
import { permissionSetPrefix } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { rejection, type Status } from '../../../shared/domain/statuses/status.ts'
import type { ReadObject } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { crowdPrefix, mayBeOf } from '../../../shared/reconcile/records/crowds.ts'
import { inputOfStatus, StatusStore, statusPrefix } from '../../../shared/reconcile/records/status-store.ts'

/**
 * The status that an invalid file would have, if it has none because too many files beside it are invalid. `undefined`: the file is valid,
 * or has a status, or will get one.
 */
export async function readInCrowd({ objects, clock }: Pick<Ports, 'objects' | 'clock'>, input: string) {
  for await (const { key } of objects.list(statusPrefix + crowdPrefix)) {
    const crowd = inputOfStatus(key)
    if (!mayBeOf(crowd, input)) continue
    const [told, file] = [await new StatusStore(objects, clock).read(crowd), await objects.get(input)]
    if (!told || !file) continue
    const fault = findFault(input, crowd, file, clock.now())
    if (fault === undefined) continue
    const status: Status = { input, ...rejection({ object: input, ...fault }), updatedAt: told.updatedAt }
    return status
  }
  return undefined
}

function findFault(key: string, crowd: string, { body, size: sizeBytes }: ReadObject, now: Date) {
  const kind = kindOf(key)
  if (kind?.hasFolders || kind?.at === permissionSetPrefix) {
    const { folder } = splitFolder(key.slice(kind.at.length))
    const folders = folder === undefined || crowd.endsWith('undeclared folders') ? [] : [folder]
    return judgeInput({ key, body, sizeBytes }, folders, now).faults[0]
  }
  const read = kind && parseInput(kind, key, body, sizeBytes)
  return read?.ok === false ? read.complaint : undefined
}
