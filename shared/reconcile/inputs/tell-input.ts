import type { NewStatus, Status } from '../../domain/statuses/status.ts'
import type { Ports } from '../../ports/ports.ts'
import { describeInput, type InputHead } from '../records/read-input.ts'
import { StatusStore } from '../records/status-store.ts'
import type { Stored } from '../records/stored-json.ts'

export type ToldInput = Omit<NewStatus, 'etag' | 'versionId' | 'lastModified'>

type ReadInput = {
  readonly key: string
  readonly head: InputHead | undefined
  /** Its status before the input was read. Absent: read it. */
  readonly before?: { readonly stored: Stored<Status> | undefined }
}

/**
 * Writes the status that `tell` returns; `undefined` removes it. If the file was gone at the look and is there now, its own
 * look comes, so its status stays.
 */
export function tellInput(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  { key, head, before }: ReadInput,
  tell: (current: Status | undefined) => ToldInput | undefined,
): Promise<Status | undefined> {
  const revise = async (current: Status | undefined) => {
    const told = tell(current)
    if (head === undefined && (await objects.head(key)) !== undefined) return current
    return told && { ...(head && describeInput(head)), ...told }
  }
  return new StatusStore(objects, clock).revise(key, revise, before)
}
