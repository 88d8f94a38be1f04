import * as z from 'zod'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { record } from '../../domain/json/record.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { defineRecord } from './define-record.ts'
import { tellDeployedConfiguration } from './deployed-configuration.ts'
import { ownedPermissionSets } from './owned-permission-sets.ts'

/** The owner of a bucket: an instance, and the deployment that works on the bucket, if there is one. */
export const owner = record({
  v: z.literal(1),
  instanceArn: z.string(),
  identityStoreId: z.string(),
  // By name: the claim of another version may lack newer queues, or have queues that this version does not know.
  deployment: record({ name: z.string(), queueUrls: z.record(z.string(), z.string()) }).optional(),
})
export type Owner = z.infer<typeof owner>
export type Deployment = NonNullable<Owner['deployment']>
export const ownerRecord = defineRecord({
  at: 'control/owner.json',
  meaning: 'which Identity Center this bucket belongs to',
  source: { is: 'primary' },
  value: owner,
})

/** The owner of a bucket; `undefined`: it has none yet. */
export async function readOwner(objects: ObjectStore): Promise<Owner | undefined> {
  return (await ownerRecord.of(objects).read())?.value
}

/** S3's time. Only an answer about an object has it. */
export async function readNow({ objects, clock }: Pick<Ports, 'objects' | 'clock'>): Promise<Date> {
  return (await objects.head(ownerRecord.at))?.servedAt ?? clock.now()
}

/** One bucket must never serve two instances: they would spoil each other's records. */
export class WrongOwnerError extends Error {
  override readonly name = 'WrongOwnerError'
}

/** The bucket had an owner, but the record of the owner is gone. A new claim could take over somebody else's ledger. */
export class LostOwnerError extends WrongOwnerError {
  constructor({ bucket }: ObjectStore) {
    super(
      `bucket ${bucket}: ${ownerRecord.at} is gone, but ssofile has worked here, so it does nothing now. To restore it, run ssofile restore; to go on without it, run ssofile resume --accept-loss`,
    )
  }
}

/** These prefixes have objects only if the bucket once had an owner. */
const usedPrefixes = [ledgerPrefix, ownedPermissionSets.at, 'history/'] as const

async function hasAny(objects: ObjectStore, prefixes: readonly string[]): Promise<boolean> {
  for (const prefix of prefixes) for await (const _ of objects.list(prefix)) return true
  return false
}

/**
 * Whether ssofile works in this bucket, or has worked in it. The record of its owner may be lost, with everything else: then the dispatcher
 * writes under `control/` within a minute.
 */
export async function hasWorkedIn(objects: ObjectStore): Promise<boolean> {
  return (await objects.head(ownerRecord.at)) !== undefined || hasAny(objects, ['control/', ...usedPrefixes])
}

/** Throws LostOwnerError if the bucket had an owner and has none now. */
async function refuseLost(objects: ObjectStore): Promise<void> {
  if (await objects.head(ownerRecord.at)) return
  if (await hasAny(objects, usedPrefixes)) throw new LostOwnerError(objects)
}

/**
 * Makes this instance the owner of the bucket, together with `deployment` if one claims it. Returns the owner. Throws WrongOwnerError if
 * the bucket belongs to another instance or deployment, and LostOwnerError if the record of its owner is gone. `acceptsLoss`: a person says
 * that the bucket belongs to this instance.
 */
export async function claimBucket(
  { objects, ssoAdmin }: Pick<Ports, 'objects' | 'ssoAdmin'>,
  claiming?: Deployment & { readonly configuration: Configuration },
  { acceptsLoss = false }: { readonly acceptsLoss?: boolean } = {},
): Promise<Owner> {
  if (!acceptsLoss) await refuseLost(objects)
  const instance = await ssoAdmin.instance()
  const deployment = claiming && { name: claiming.name, queueUrls: claiming.queueUrls }
  const claim = (known: Owner | undefined): Owner => {
    if (known && (known.instanceArn !== instance.instanceArn || known.identityStoreId !== instance.identityStoreId)) {
      throw new WrongOwnerError(
        `bucket ${objects.bucket} belongs to ${known.instanceArn}, but this is ${instance.instanceArn}; use the right account and bucket, or delete ${ownerRecord.at} if the bucket really changes hands`,
      )
    }
    if (known?.deployment && deployment && known.deployment.name !== deployment.name) {
      throw new WrongOwnerError(
        `bucket ${objects.bucket} belongs to the deployment ${known.deployment.name}, not to ${deployment.name}; remove that deployment and ${ownerRecord.at} first`,
      )
    }
    const claimed = deployment ? { ...known?.deployment, ...deployment } : known?.deployment
    return { ...known, v: 1, ...instance, deployment: claimed }
  }
  const owner = await ownerRecord.of(objects).revise(claim)
  if (claiming) await tellDeployedConfiguration(objects, claiming.configuration)
  return owner
}

/**
 * Throws WrongOwnerError unless this deployment has claimed the bucket for this instance. The caller must then do nothing. `mayBeLost`:
 * accept a bucket without an owner.
 */
export async function checkOwner(
  objects: ObjectStore,
  {
    deployment,
    instanceArn,
    mayBeLost = false,
  }: { readonly deployment: string; readonly instanceArn: string; readonly mayBeLost?: boolean },
): Promise<void> {
  const owner = await readOwner(objects)
  if (owner === undefined && mayBeLost) return
  if (owner === undefined) await refuseLost(objects)
  if (owner?.instanceArn === instanceArn && owner.deployment?.name === deployment) return
  const received =
    owner === undefined
      ? `there is no ${ownerRecord.at}`
      : `it belongs to ${owner.instanceArn} and ${owner.deployment ? `the deployment ${owner.deployment.name}` : 'no deployment'}`
  throw new WrongOwnerError(
    `bucket ${objects.bucket}: ${received}; expected ${instanceArn} and the deployment ${deployment}. ssofile does nothing until ${ownerRecord.at} says so: deploy again to claim a bucket without an owner, or use the right bucket`,
  )
}
