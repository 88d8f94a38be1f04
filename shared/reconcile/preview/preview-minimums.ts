import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import { describeObjection } from '../../domain/guardrails/judge-by-policies.ts'
import { enforcedMinimumsFor, isOnlyTemporary } from '../../domain/guardrails/minimum.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Memberships } from '../directory/memberships.ts'
import { findMissing, listKeeping } from '../guardrails/judge-minimum.ts'
import type { Policies } from '../records/policies.ts'
import type { PlannedGrant, PlannedRevocation } from './planned-access.ts'
import { isEndOfTemporary } from './preview-brake.ts'

/** What policies demand to be left in an account and would not be, after all that is planned. Ascending, each once. */
export async function previewMinimums(
  revocations: readonly PlannedRevocation[],
  grants: readonly PlannedGrant[],
  {
    objects,
    policies,
    memberships,
  }: {
    readonly objects: ObjectStore
    readonly policies: Pick<Policies, 'read'>
    readonly memberships: Memberships
  },
): Promise<readonly string[]> {
  const guardrails = await policies.read()
  const concerned = revocations.filter(
    ({ assignment, links }) => !isEndOfTemporary(links) && enforcedMinimumsFor(guardrails, assignment).length > 0,
  )
  const revoked = new Set<AssignmentKey>(revocations.map(({ key }) => key))
  const found = new Set<string>()
  for (const [accountId, gone] of Map.groupBy(concerned, ({ assignment }) => assignment.accountId)) {
    const rules = gone.flatMap(({ assignment }) => enforcedMinimumsFor(guardrails, assignment))
    const keeping = await listKeeping({ accountId }, rules, { objects, leaving: new Set() })
    const given = grants.flatMap(({ assignment, principalId, links }) =>
      assignment.accountId === accountId && principalId && !isOnlyTemporary(links)
        ? [{ ...assignment, principalId }]
        : [],
    )
    const left = [...keeping.filter(({ key }) => !revoked.has(key)), ...given]
    for (const one of keeping.filter(({ key }) => revoked.has(key))) {
      const own = enforcedMinimumsFor(guardrails, { accountId, permissionSet: one.permissionSet })
      const objection = await findMissing({ ...one, accountId }, own, { left, memberships, leaving: new Set() })
      if (objection) found.add(describeObjection(objection))
    }
  }
  return [...found].sort()
}
