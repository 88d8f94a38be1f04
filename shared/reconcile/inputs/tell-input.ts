import { findUploader } from '../../domain/links/find-uploader.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import type { NewStatus, Status } from '../../domain/statuses/status.ts'
import type { Ports } from '../../ports/ports.ts'
import type { InputHead } from '../records/read-input.ts'
import { describeInput } from '../records/read-input.ts'
import { StatusStore } from '../records/status-store.ts'

/** `by`: absent where it is who uploaded the input. */
export type ToldInput = Omit<NewStatus, 'etag' | 'versionId' | 'lastModified'>

/**
 * Makes the status of an input say what `tell` answers, and who uploaded it; `undefined`: nothing is to be said any more. What was
 * gone when it was looked at, and is there now, has a look of its own to come: its status stays.
 */
export function tellInput(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  { message, head }: { readonly message: InputMessage; readonly head: InputHead | undefined },
  tell: (current: Status | undefined) => ToldInput | undefined,
): Promise<Status | undefined> {
  const { key } = message
  return new StatusStore(objects, clock).revise(key, async (current) => {
    if (head === undefined && (await objects.head(key)) !== undefined) return current
    const told = tell(current)
    return told && { ...(head && describeInput(head)), by: findUploader(head, message, current), ...told }
  })
}
