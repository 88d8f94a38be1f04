import { type Lack, lackOfDisabledUser, lackOfSuspendedUser } from '../../domain/links/lack.ts'
import { lackOfName } from './find-lacks.ts'
import type { SettleContext } from './settlement.ts'
import type { Settling } from './settling.ts'

/** The reason why a user has no access although links may grant some. */
export type End = {
  /** The lack that links naming the user have. Absent: another user has the name now, and the evaluation of that user reports it. */
  readonly lack?: Lack | undefined
  /** The file that suspends the user. Absent: the directory ended the access. */
  readonly suspension?: string | undefined
}

/**
 * Finds out whether all access of a user has ended. `undefined`: links decide. For groups they always decide: a sync may delete
 * and recreate a group within a minute, so its access is kept for a while. A user who is gone has left.
 *
 * | the user                           | ended |
 * | ---------------------------------- | ----- |
 * | is gone from the directory         | yes   |
 * | is disabled there                  | yes   |
 * | is named by a file of `suspended/` | yes   |
 * | any other                          | no    |
 */
export async function findEnd({
  id,
  whereabouts,
  assignment,
  context,
}: Pick<Settling, 'whereabouts' | 'assignment'> & {
  readonly id: Pick<Settling['id'], 'type' | 'principalId'>
  readonly context: Parameters<typeof lackOfName>[1] & Pick<SettleContext, 'suspensions'>
}): Promise<End | undefined> {
  if (id.type !== 'USER') return undefined
  if (whereabouts === 'gone') {
    const bearer = await context.principals.resolve(id.type, assignment.principal, context.pulledMs)
    return bearer === undefined ? { lack: await lackOfName(assignment, context) } : {}
  }
  if (whereabouts.isDisabled) return { lack: lackOfDisabledUser(assignment.principal) }
  const suspension = await context.suspensions.find(id.principalId, whereabouts.name, whereabouts.externalIds)
  return suspension === undefined
    ? undefined
    : { lack: lackOfSuspendedUser(assignment.principal, suspension), suspension }
}
