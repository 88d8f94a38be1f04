import { type Assignment, type AssignmentKey, renderAssignmentKey } from '../../domain/assignments/assignment.ts'
import { LinkReadings } from '../records/link-readings.ts'
import { evaluateAssignment } from './evaluate-assignment.ts'
import { lackOfAll, lackOfName } from './find-lacks.ts'
import type { Lacks, SettleContext } from './settlement.ts'

/**
 * What a hint by name is about: the access of the id that has the name now, and of each that had it when the ledger last heard of
 * it. `lacks`: of the links that name it, where nobody has the name.
 */
export async function findHolders(
  assignment: Assignment,
  context: SettleContext,
): Promise<{ readonly keys: readonly AssignmentKey[]; readonly lacks?: Lacks }> {
  const { principals, standings, pulledMs } = context
  const { type, principal, accountId, permissionSet } = assignment
  const [present, former] = await Promise.all([
    principals.resolve(type, principal, pulledMs),
    standings.holdersOf(assignment),
  ])
  const ids = new Set([...(present === undefined ? [] : [present]), ...former])
  const keys = [...ids].map((principalId) => renderAssignmentKey({ accountId, permissionSet, principalId, type }))
  if (present !== undefined) return { keys }
  const readings = new LinkReadings(context.objects, context.configuration, context.links, pulledMs)
  const { links } = await evaluateAssignment(assignment, { ...context, readings, place: 'view' })
  return links.length === 0 ? { keys } : { keys, lacks: lackOfAll(links, await lackOfName(assignment, context)) }
}
