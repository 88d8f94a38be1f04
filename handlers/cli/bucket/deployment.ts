import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import {
  deployedConfigurationRecord,
  readDeployedConfiguration,
} from '../../../shared/reconcile/records/deployed-configuration.ts'
import {
  claimBucket,
  type Deployment,
  type Owner,
  readOwner,
  WrongOwnerError,
} from '../../../shared/reconcile/records/owner.ts'
import { isSpoiled, unlessSpoiled } from '../../../shared/reconcile/records/stored-json.ts'
import { Refusal } from '../arguments/refusal.ts'
import { readConfiguration } from './read-configuration.ts'

/** The deployment's configuration, or the file's if there is no deployment. Throws Refusal for both at once. */
export async function chooseConfiguration(
  objects: ObjectStore,
  deployment: Deployment | undefined,
  file: string | undefined,
): Promise<Configuration> {
  if (deployment && file !== undefined) {
    throw new Refusal(
      `bucket ${objects.bucket} belongs to the deployment '${deployment.name}', which has its own configuration; leave out --config`,
    )
  }
  return deployment ? readDeployed(objects, deployment) : readConfiguration(file)
}

/** The owner of the bucket. Throws Refusal if the bucket belongs to another Identity Center than the credentials reach. */
export async function readOwnOwner({
  objects,
  ssoAdmin,
}: Pick<Ports, 'objects' | 'ssoAdmin'>): Promise<Owner | undefined> {
  const owner = await readOwner(objects)
  const { instanceArn } = await ssoAdmin.instance()
  if (owner === undefined || owner.instanceArn === instanceArn) return owner
  throw new Refusal(
    `bucket ${objects.bucket} belongs to ${owner.instanceArn}, but these credentials lead to ${instanceArn}; use the right account or bucket`,
  )
}

/** The same for the deployment to which the bucket belongs. */
export async function findConfiguration(objects: ObjectStore, file?: string): Promise<Configuration> {
  return chooseConfiguration(objects, (await readOwner(objects))?.deployment, file)
}

/** The configuration in force in this deployment. Throws Refusal if there is none. */
export async function readDeployed(objects: ObjectStore, { name }: Deployment): Promise<Configuration> {
  const read = await unlessSpoiled(readDeployedConfiguration(objects))
  if (read !== undefined && !isSpoiled(read)) return read
  throw new Refusal(
    `bucket ${objects.bucket} belongs to the deployment '${name}', and ${deployedConfigurationRecord.at} ${read === undefined ? 'is gone: restore it with ssofile restore' : 'cannot be read by this version of ssofile: use the version that was deployed'}, or deploy again`,
    { cause: read },
  )
}

/** Makes the bucket belong to the instance that the credentials reach. Throws Refusal if it belongs to another one. */
export async function claimOrRefuse(ports: Parameters<typeof claimBucket>[0]): Promise<Owner> {
  return claimBucket(ports).catch((error: unknown) => {
    throw error instanceof WrongOwnerError ? new Refusal(error.message) : error
  })
}
