import { claimBucket, type Owner, WrongOwnerError } from '../../../shared/reconcile/records/owner.ts'
import { Refusal } from '../arguments/refusal.ts'

/** Makes the bucket belong to the instance that the credentials reach. Throws Refusal if it belongs to another one. */
export async function claimForImport(ports: Parameters<typeof claimBucket>[0]): Promise<Owner> {
  return claimBucket(ports).catch((error: unknown) => {
    throw error instanceof WrongOwnerError ? new Refusal(error.message) : error
  })
}
