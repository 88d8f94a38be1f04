import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { readDeployedConfiguration } from '../../../shared/reconcile/records/deployed-configuration.ts'
import { spoiledAsAbsent } from '../../../shared/reconcile/records/stored-json.ts'

/** The suffix that the deployment appends to every principal; empty if the user may not read it. */
export async function readSuffix(objects: ObjectStore): Promise<string> {
  return (await readDeployed(objects))?.principalSuffix ?? ''
}

/** `undefined`: there is none, or the user may not read it. */
export function readDeployed(objects: ObjectStore) {
  return spoiledAsAbsent(readDeployedConfiguration(objects)).catch((error: unknown) => {
    if (!isServiceError(error, 'AccessDenied')) throw error
    return undefined
  })
}
