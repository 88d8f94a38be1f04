import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import { principalsOf } from '../../domain/brake/taken.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { forEachAtOnce } from '../records/list-heads.ts'

/** Each group costs a call or more. */
const groupsMost = 100
const atOnce = 4

export type MembersOf = (group: PrincipalId) => Promise<readonly PrincipalId[] | undefined>

/** The members of the groups in held access. `undefined`: the groups are too many, or the directory does not say the members of one. */
export async function readMembers(
  held: readonly AssignmentKey[],
  membersOf: MembersOf,
): Promise<ReadonlyMap<PrincipalId, readonly PrincipalId[]> | undefined> {
  const groups = principalsOf(held, 'GROUP')
  if (groups.size > groupsMost) return undefined
  const members = new Map<PrincipalId, readonly PrincipalId[]>()
  try {
    // A group that is gone has no members: nobody loses anything by it.
    await forEachAtOnce(groups, async (group) => void members.set(group, (await membersOf(group)) ?? []), atOnce)
  } catch (error) {
    if (!isServiceError(error)) throw error
    return undefined
  }
  return members
}
