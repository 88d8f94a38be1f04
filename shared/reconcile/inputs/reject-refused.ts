import { quote } from '../../domain/statuses/complaint.ts'
import { type NewStatus, rejection } from '../../domain/statuses/status.ts'
import { isServiceError } from '../../ports/service-error.ts'

/**
 * What is told of a file that the directory does not take: a name that is too long with `principalSuffix`, or a letter that its Unicode
 * does not know yet. The same call would be refused again, so its message does not come again. All other errors are thrown,
 * and each where the file is gone (`isThere`).
 */
export function rejectRefused(
  error: unknown,
  { object, isThere }: { readonly object: string; readonly isThere: boolean },
): Pick<NewStatus, 'state' | 'reason' | 'remedy'> {
  const isRefused = isServiceError(error, 'ValidationException') && error.service === 'identitystore'
  if (!isThere || !isRefused) throw error
  return rejection({
    object,
    received: `what the directory refuses: ${quote(error.message, 300)}`,
    expected: 'a name and values that it takes',
    remedy: 'change the file; if it is the name, upload it again under another one and delete this one',
  })
}
