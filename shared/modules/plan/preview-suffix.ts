import pLimit from 'p-limit'
import { assignmentOf, nameAssignment } from '../../domain/assignments/assignment.ts'
import { causeOfPrincipal } from '../../domain/brake/act.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Ports } from '../../ports/ports.ts'
import { findPrincipalChanges } from '../../reconcile/directory/principal-changes.ts'
import { Ledger } from '../../reconcile/records/ledger.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { PlannedRevocation } from './planned-access.ts'

/**
 * The access that another `principalSuffix` would revoke: ours whose principal would have another name. Its links exist, and
 * each principal is a cause of its own. Reads the directory; may ask for each name.
 */
export async function previewSuffix(
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
  configuration: Configuration,
): Promise<readonly PlannedRevocation[]> {
  const ledger = new Ledger(ports.objects)
  const limit = pLimit(readsAtOnce)
  const { keys } = await findPrincipalChanges(ports, configuration)
  const found = await limit.map(keys, async (key): Promise<readonly PlannedRevocation[]> => {
    const entry = (await spoiledAsAbsent(ledger.read(key)))?.entry
    if (!entry) return []
    const assignment = nameAssignment(assignmentOf(key), entry.principal)
    const links = entry.links.map((link) => ({ key: link.key, fate: 'nameless' as const }))
    return [{ key, assignment, links, cause: causeOfPrincipal(assignment) }]
  })
  return found.flat()
}
