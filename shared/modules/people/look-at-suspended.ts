import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type DirectoryEvent, usersWhoMoved } from '../../domain/principals/directory-event.ts'
import { suspensionKey } from '../../domain/suspensions/suspension.ts'
import type { Ports } from '../../ports/ports.ts'
import { lookAtSuspensions } from '../../reconcile/records/look-at-suspensions.ts'
import { readMeant } from '../../reconcile/records/suspensions.ts'

/**
 * If a suspended user may have joined a group, ssofile denies the sessions of their groups, no matter who added them. If an event does not
 * name its user, everybody who is suspended gets only the second look: for somebody in no group, this is one call to the directory.
 */
export async function lookAtSuspended(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>,
  configuration: Pick<Configuration, 'folders'>,
  events: readonly DirectoryEvent[],
): Promise<void> {
  const users = usersWhoMoved(events)
  if (users !== 'all' && users.size === 0) return
  const meant = await readMeant(ports.objects)
  const named = users === 'all' ? [...meant.values()] : [...users].map((user) => meant.get(user) ?? [])
  const keys = named.flat().map(suspensionKey)
  const why = 'the groups of its user have changed'
  await lookAtSuspensions(ports, configuration, keys, { why, isLater: users === 'all' })
}
