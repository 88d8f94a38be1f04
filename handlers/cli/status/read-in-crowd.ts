import { judgeInput } from '../../../shared/domain/links/judge-input.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { splitFolder } from '../../../shared/domain/links/link-fields.ts'
import { rejection, type Status } from '../../../shared/domain/statuses/status.ts'
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
    const { folder } = splitFolder(input.slice(linkPrefix.length))
    const folders = folder === undefined || crowd.endsWith('undeclared folders') ? [] : [folder]
    const [fault] = judgeInput({ key: input, body: file.body, sizeBytes: file.size }, folders, clock.now()).faults
    if (fault === undefined) continue
    const status: Status = { input, ...rejection({ object: input, ...fault }), updatedAt: told.updatedAt }
    return status
  }
  return undefined
}
