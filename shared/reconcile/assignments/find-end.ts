import { type Lack, lackOfDisabledUser, lackOfSuspendedUser } from '../../domain/links/lack.ts'
import { lackOfName } from './find-lacks.ts'
import type { Settling } from './settling.ts'

/** Why a user has nothing, whatever links say. */
export type End = {
  /** What links that name the user lack. Absent: whoever has the name by now tells that. */
  readonly lack?: Lack | undefined
  /** The file that says so; absent: the directory does. */
  readonly suspension?: string | undefined
}

/**
 * Whether everything of a user has ended. `undefined`: links decide, and of groups they always do: a sync deletes and makes a
 * group again within a minute, so that what it had is kept for a while; a user who is gone has left.
 *
 * | the user                           | ended |
 * | ---------------------------------- | ----- |
 * | is gone from the directory         | yes   |
 * | is disabled there                  | yes   |
 * | is named by a file of `suspended/` | yes   |
 * | any other                          | no    |
 */
export async function findEnd({ id, whereabouts, assignment, context }: Settling): Promise<End | undefined> {
  if (id.type !== 'USER') return undefined
  if (whereabouts === 'gone') {
    const bearer = await context.principals.resolve(id.type, assignment.principal, context.pulledMs)
    return bearer === undefined ? { lack: await lackOfName(assignment, context) } : {}
  }
  if (whereabouts.isDisabled) return { lack: lackOfDisabledUser(assignment.principal) }
  const suspension = await context.suspensions.find(id.principalId, whereabouts.name)
  return suspension === undefined
    ? undefined
    : { lack: lackOfSuspendedUser(assignment.principal, suspension), suspension }
}
