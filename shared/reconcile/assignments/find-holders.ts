import { type Assignment, type AssignmentKey, renderAssignmentKey } from '../../domain/assignments/assignment.ts'
import { LinkReadings } from '../records/link-readings.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { evaluateAssignment } from './evaluate-assignment.ts'
import { lackOfName } from './find-lacks.ts'
import type { Lacks, SettleContext } from './settlement.ts'

/**
 * The access that a hint by name is about: of the id that has the name now, and of each id that had it when the ledger last
 * heard of it. `lacks`: of the links that name it, if nobody has the name.
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
  if (links.length === 0) return { keys }
  const lackOf = async ({ key }: (typeof links)[number]) => {
    const status = await spoiledAsAbsent(context.statuses.read(key))
    return [key, await lackOfName(assignment, context, status?.principalId)] as const
  }
  return { keys, lacks: new Map(await Promise.all(links.map(lackOf))) }
}
