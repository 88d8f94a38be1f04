import type { ObjectStore } from '../../shared/ports/object-store.ts'
import { isServiceError } from '../../shared/ports/service-error.ts'
import { readOwner } from '../../shared/reconcile/records/owner.ts'

/** What the deployment appends to every principal; nothing where that may not be read. */
export async function readSuffix(objects: ObjectStore): Promise<string> {
  const owner = await readOwner(objects).catch((error: unknown) => {
    if (!isServiceError(error, 'AccessDenied')) throw error
    return undefined
  })
  return owner?.deployment?.configuration.principalSuffix ?? ''
}
