import { ProposedObjects } from '../../../shared/modules/plan/proposed-objects.ts'
import { readOwner } from '../../../shared/reconcile/records/owner.ts'
import { askRights, rightsOfImport } from '../bucket/ask-rights.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { chooseConfiguration, claimOrRefuse } from '../bucket/deployment.ts'

/** Opens and claims the bucket. A dry run claims nothing, and keeps its writes in memory (`ports`). */
export async function openImport({ isDryRun, config }: { readonly isDryRun: boolean; readonly config?: string }) {
  const opened = openCliPorts(bucketOf(undefined))
  if (!isDryRun) await askRights(opened.objects, rightsOfImport)
  const owner = isDryRun ? await readOwner(opened.objects) : await claimOrRefuse(opened)
  const configuration = await chooseConfiguration(opened.objects, owner?.deployment, config)
  const ports = isDryRun ? { ...opened, objects: new ProposedObjects(opened.objects, opened.clock.now()) } : opened
  return { opened, ports: { ...ports, configuration }, hasDispatcher: owner?.deployment !== undefined }
}
