import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { hasWorkedIn, ownerRecord } from '../../../shared/reconcile/records/owner.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'

/**
 * The ports of a command that changes or judges a deployment, on the bucket of `--bucket` or the environment. Throws Refusal if ssofile never
 * worked in it. Such a bucket may be left in the environment of a shell: a pause there would stop nothing. Commands that begin a bucket, or
 * only read files, use `openCliPorts`.
 */
export async function openBucket(): Promise<Ports> {
  const ports = openCliPorts(bucketOf(undefined))
  await refuseUnused(ports.objects)
  return ports
}

/** If the caller may not look, the bucket's policy decides about the command. */
export async function refuseUnused(objects: ObjectStore): Promise<void> {
  const isUsed = await hasWorkedIn(objects).catch((error: unknown) => {
    if (isServiceError(error, 'AccessDenied')) return true
    throw error
  })
  if (isUsed) return
  throw new Refusal(
    `bucket ${objects.bucket} holds no deployment of ssofile: ${ownerRecord.at} is missing, and so is every record; nothing was changed\nName the right bucket with --bucket or SSOFILE_BUCKET. If it is this one and somebody emptied it: docs/operations.md#the-ledger-was-lost. To begin a bucket without a deployment: ssofile apply s3://${objects.bucket}`,
  )
}
