import { endWhileSuspended } from '../../domain/sessions/ended-sessions.ts'
import { suspensionKey } from '../../domain/suspensions/suspension.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { recordEndedSessions } from '../records/ended-sessions.ts'
import { readOwned } from '../records/owned-permission-sets.ts'
import type { Settling } from './settling.ts'

/**
 * A group is about to get access, and ssofile cannot take it from a suspended member. So deny this member's sessions while the
 * file exists. If the directory does not return the members, the hourly look at the file does it.
 */
export async function denySuspendedMembers({ id, context }: Settling): Promise<void> {
  const { principalId: group, permissionSet, type } = id
  const { objects, meant, memberships, log } = context
  if (type !== 'GROUP') return
  const files = await meant()
  if (files.size === 0 || (await readOwned(objects, permissionSet))?.value.arn === undefined) return
  try {
    const members = await memberships.peopleOf('GROUP', group)
    const ended = members.flatMap((user) =>
      (files.get(user) ?? []).map((name) => endWhileSuspended({ user, name, permissionSet, by: suspensionKey(name) })),
    )
    if (ended.length > 0) await recordEndedSessions(objects, ended)
  } catch (error) {
    if (!isServiceError(error)) throw error
    log.warn(
      'ssofile does not know which members of a group are suspended; it finds out when it next evaluates their files',
      { error },
    )
  }
}
