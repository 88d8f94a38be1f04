import { isPassing, isServiceError } from '../../ports/service-error.ts'
import type { JsonRecord } from '../../reconcile/records/json-record.ts'

/**
 * A creation that AWS refused made nothing, so what appears later is of others: removes the claim, if it is one. Throws the error, so that
 * the status tells it.
 */
export async function disclaimRefused<Entry>(
  error: unknown,
  record: JsonRecord<Entry>,
  isClaim: (entry: Entry) => boolean,
): Promise<never> {
  if (isServiceError(error) && !isPassing(error)) {
    const stored = await record.read()
    if (stored && isClaim(stored.value)) await record.remove(stored.object.etag)
  }
  throw error
}
