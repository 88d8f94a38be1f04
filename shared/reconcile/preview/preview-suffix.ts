import pLimit from 'p-limit'
import { renderAssignmentKey } from '../../domain/assignment.ts'
import { causeOfPrincipal } from '../../domain/brake.ts'
import type { Configuration } from '../../domain/configuration.ts'
import type { Ports } from '../../ports/ports.ts'
import { findPrincipalChanges } from '../directory/principal-changes.ts'
import { Ledger } from '../records/ledger.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { PlannedRevocation } from './preview.ts'

/**
 * What goes under another `principalSuffix`: ours whose principal has another name then. Its links are there, and each
 * principal is a cause of its own. Reads the directory; may ask for each name.
 */
export async function previewSuffix(
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
  configuration: Configuration,
): Promise<readonly PlannedRevocation[]> {
  const ledger = new Ledger(ports.objects)
  const limit = pLimit(readsAtOnce)
  const { assignments } = await findPrincipalChanges(ports, configuration)
  const found = await limit.map(assignments, async (assignment): Promise<readonly PlannedRevocation[]> => {
    const stored = await spoiledAsAbsent(ledger.read(renderAssignmentKey(assignment)))
    if (!stored) return []
    const links = stored.entry.accesses[0].links.map(({ key }) => ({ key, fate: 'nameless' as const }))
    return [{ assignment, links, cause: causeOfPrincipal(assignment) }]
  })
  return found.flat()
}
