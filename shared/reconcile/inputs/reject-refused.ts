import { quote } from '../../domain/statuses/complaint.ts'
import { type NewStatus, rejection } from '../../domain/statuses/status.ts'
import { isServiceError } from '../../ports/service-error.ts'

/**
 * The status of a file that the directory refuses, for example because a name is too long with `principalSuffix`, or has a
 * letter that its Unicode version does not know. The same call would fail again, so the message is done. Throws any other
 * error, and throws every error if the file is gone (`isThere`).
 */
export function rejectRefused(
  error: unknown,
  { object, isThere }: { readonly object: string; readonly isThere: boolean },
): Pick<NewStatus, 'state' | 'reason' | 'remedy'> {
  const isRefused = isServiceError(error, 'ValidationException') && error.service === 'identitystore'
  if (!isThere || !isRefused) throw error
  return rejection({
    object,
    received: `values that the directory refuses: ${quote(error.message, 300)}`,
    expected: 'a name and values that it accepts',
    remedy: 'change the file; if it is the name, upload it again under another one and delete this one',
  })
}
