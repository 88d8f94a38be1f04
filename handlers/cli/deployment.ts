import type { Configuration } from '../../shared/domain/configuration.ts'
import type { Owner } from '../../shared/reconcile/records/owner.ts'
import { readConfiguration } from './read-configuration.ts'
import { Refusal } from './refusal.ts'

/** The deployment's configuration, or the file's if there is no deployment. Throws Refusal for both at once. */
export async function chooseConfiguration(
  bucket: string,
  deployment: Owner['deployment'],
  file: string | undefined,
): Promise<Configuration> {
  if (deployment && file !== undefined) {
    throw new Refusal(
      `bucket ${bucket} belongs to the deployment '${deployment.name}', which has its own configuration; leave out --config`,
    )
  }
  return deployment?.configuration ?? (await readConfiguration(file))
}
