import type { Configuration } from '../../shared/domain/configuration.ts'
import type { Owner } from '../../shared/reconcile/owner.ts'
import { readConfiguration } from './read-configuration.ts'
import { Refusal } from './refusal.ts'

/** The deployment's configuration, or, where there is none, that of the file. Throws Refusal for both at once. */
export async function chooseConfiguration(
  bucket: string,
  deployment: Owner['deployment'],
  file: string | undefined,
): Promise<Configuration> {
  if (deployment && file !== undefined) {
    throw new Refusal(
      `bucket ${bucket} is worked on by the deployment '${deployment.name}', which has its own configuration; leave --config out`,
    )
  }
  return deployment?.configuration ?? (await readConfiguration(file))
}
