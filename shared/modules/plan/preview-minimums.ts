import type { Taking } from '../../domain/brake/minimum.ts'
import { isOnlyTemporary } from '../../domain/guardrails/minimum.ts'
import { type MinimumSources, Minimums } from '../../reconcile/guardrails/minimums.ts'
import type { PlannedGrant, PlannedRevocation } from './planned-access.ts'
import { isEndOfTemporary } from './preview-brake.ts'

type Planned = { readonly revocations: readonly PlannedRevocation[]; readonly grants: readonly PlannedGrant[] }

/** The minimums that an account would break after the whole plan, with the groups as they are then. Ascending, each once. */
export async function previewMinimums(
  { revocations, grants }: Planned,
  sources: MinimumSources,
): Promise<readonly string[]> {
  const takings = revocations.flatMap(({ key, links }): readonly Taking[] => (isEndOfTemporary(links) ? [] : [{ key }]))
  const access = grants.flatMap(({ assignment, principalId, links }) =>
    principalId && !isOnlyTemporary(links) ? [{ ...assignment, principalId }] : [],
  )
  const leaving = new Set(revocations.map(({ key }) => key))
  const judged = await new Minimums(sources).judgeAll(takings, leaving, access)
  return [...new Set(judged.flatMap(({ objection }) => (objection ? [objection.objection] : [])))].sort()
}
