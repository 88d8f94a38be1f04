import { ProposedObjects } from '../../../shared/modules/plan/proposed-objects.ts'
import { claimBucket, type Owner, readOwner, WrongOwnerError } from '../../../shared/reconcile/records/owner.ts'
import { Refusal } from '../arguments/refusal.ts'
import { askRights, rightsOfImport } from '../bucket/ask-rights.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { chooseConfiguration } from '../bucket/deployment.ts'

/** Opens the bucket for an import, which claims it. A dry run keeps its writes in memory: `ports`. */
export async function openImport({ isDryRun, config }: { readonly isDryRun: boolean; readonly config?: string }) {
  const opened = openCliPorts(bucketOf(undefined))
  if (!isDryRun) await askRights(opened.objects, rightsOfImport)
  const owner = isDryRun ? await readOwner(opened.objects) : await claimOrRefuse(opened)
  const configuration = await chooseConfiguration(opened.objects, owner?.deployment, config)
  const ports = isDryRun ? { ...opened, objects: new ProposedObjects(opened.objects, opened.clock.now()) } : opened
  return { opened, ports: { ...ports, configuration }, hasDispatcher: owner?.deployment !== undefined }
}

/** Makes the bucket belong to the instance that the credentials reach. Throws Refusal if it belongs to another one. */
export async function claimOrRefuse(ports: Parameters<typeof claimBucket>[0]): Promise<Owner> {
  return claimBucket(ports).catch((error: unknown) => {
    throw error instanceof WrongOwnerError ? new Refusal(error.message) : error
  })
}
