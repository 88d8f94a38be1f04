import { type AssignmentId, type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { type EndedSession, endWhileSuspended } from '../../domain/sessions/ended-sessions.ts'
import { suspensionKey } from '../../domain/suspensions/suspension.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { recordEndedSessions } from '../records/ended-sessions.ts'
import { indexInstants } from '../records/expiry-index.ts'
import { type ForeignAssignment, writeForeign } from '../records/foreign-assignments.ts'
import { readOwned } from '../records/owned-permission-sets.ts'
import type { SettleContext } from './settlement.ts'
import type { Settling } from './settling.ts'

type HolderContext = Pick<SettleContext, 'objects' | 'meant' | 'memberships' | 'log'>
type Holder = Omit<AssignmentId, 'accountId'>
/** A suspended user, and the file that suspends the user. */
type SuspendedHolder = Pick<EndedSession, 'user' | 'name' | 'by'>

/**
 * A group is about to get access, and ssofile cannot take it from a suspended member. So deny this member's sessions while the
 * file exists.
 */
export async function denySuspendedMembers({ id, context }: Settling): Promise<void> {
  const isConcerned = id.type === 'GROUP' && (await context.meant()).size > 0 && (await isOurs(id, context))
  if (isConcerned) await deny(id, await findSuspended(id, context), context)
}

/**
 * Records access of others. ssofile cannot take it from a suspended user or member of a group: it denies their sessions, and the schedule of
 * each minute looks at their files, whose status then says so.
 */
export async function recordForeign(
  key: AssignmentKey,
  found: Omit<ForeignAssignment, 'v' | 'principalId'>,
  context: HolderContext & Pick<SettleContext, 'clock' | 'randomness'>,
  options?: Parameters<typeof writeForeign>[3],
): Promise<void> {
  const { objects, clock, randomness } = context
  const id = assignmentOf(key)
  const suspended = await findSuspended(id, context)
  if (suspended.length > 0 && (await isOurs(id, context))) await deny(id, suspended, context)
  await writeForeign(objects, key, found, options)
  for (const file of new Set(suspended.map(({ by }) => by)))
    await indexInstants(objects, file, [clock.now()], randomness.id())
}

/** If the directory does not return the members of a group, the hourly looks at their files find them. */
async function findSuspended(
  { type, principalId: id }: Holder,
  { meant, memberships, log }: HolderContext,
): Promise<readonly SuspendedHolder[]> {
  const files = await meant()
  if (files.size === 0) return []
  try {
    const users = type === 'USER' ? [id] : await memberships.peopleOf('GROUP', id)
    return users.flatMap((user) => (files.get(user) ?? []).map((name) => ({ user, name, by: suspensionKey(name) })))
  } catch (error) {
    if (!isServiceError(error)) throw error
    log.warn(
      'ssofile does not know which members of a group are suspended; it finds out when it next evaluates their files',
      { error },
    )
    return []
  }
}

async function isOurs({ permissionSet }: Holder, { objects }: HolderContext): Promise<boolean> {
  return (await readOwned(objects, permissionSet))?.value.arn !== undefined
}

async function deny(
  { permissionSet }: Holder,
  suspended: readonly SuspendedHolder[],
  { objects }: HolderContext,
): Promise<void> {
  const ended = suspended.map((one) => endWhileSuspended({ ...one, permissionSet }))
  if (ended.length > 0) await recordEndedSessions(objects, ended)
}
