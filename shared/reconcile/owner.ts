import * as z from 'zod'
import { configuration } from '../domain/configuration.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Ports } from '../ports/ports.ts'
import { workedQueues } from '../ports/queues.ts'
import { readJson, renderJson } from './stored-json.ts'

const ownerKey = 'control/owner.json'

/** Which instance a bucket belongs to, and the deployment that works on it, where there is one. */
const owner = z.strictObject({
  v: z.literal(1),
  instanceArn: z.string(),
  identityStoreId: z.string(),
  deployment: z
    .strictObject({ name: z.string(), queueUrls: z.record(z.enum(workedQueues), z.string()), configuration })
    .optional(),
})
export type Owner = z.infer<typeof owner>

/** Who a bucket belongs to, as its record says; `undefined`: nobody has claimed it. */
export async function readOwner(objects: ObjectStore): Promise<Owner | undefined> {
  return (await readJson(objects, ownerKey, owner))?.value
}

/** Two instances must never be driven by one bucket: what one has, the other would lose. */
export class WrongOwnerError extends Error {
  override readonly name = 'WrongOwnerError'
}

/**
 * Makes the bucket belong to this instance, and to `deployment` where one claims it; answers who it belongs to. Throws
 * WrongOwnerError when it belongs to another instance or deployment.
 */
export async function claimBucket(
  { objects, ssoAdmin }: Pick<Ports, 'objects' | 'ssoAdmin'>,
  deployment?: NonNullable<Owner['deployment']>,
): Promise<Owner> {
  const instance = await ssoAdmin.instance()
  const stored = await readJson(objects, ownerKey, owner)
  const known = stored?.value
  if (known && (known.instanceArn !== instance.instanceArn || known.identityStoreId !== instance.identityStoreId)) {
    throw new WrongOwnerError(
      `bucket ${objects.bucket} belongs to ${known.instanceArn}, but this is ${instance.instanceArn}; use the right account and bucket, or delete ${ownerKey} if the bucket really changes hands`,
    )
  }
  if (known?.deployment && deployment && known.deployment.name !== deployment.name) {
    throw new WrongOwnerError(
      `bucket ${objects.bucket} is worked on by the deployment ${known.deployment.name}, not by ${deployment.name}; remove that deployment and ${ownerKey} first`,
    )
  }
  const by = deployment ?? known?.deployment
  const next: Owner = { v: 1, ...instance, ...(by ? { deployment: by } : {}) }
  if (JSON.stringify(next) !== JSON.stringify(known)) {
    const condition = stored ? ({ ifMatch: stored.object.etag } as const) : ({ ifNoneMatch: '*' } as const)
    const written = await objects.put(ownerKey, renderJson(next), condition)
    if (written.outcome === 'lost') return claimBucket({ objects, ssoAdmin }, deployment)
  }
  return next
}
