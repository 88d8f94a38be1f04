import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type DirectoryEvent, usersWhoMoved } from '../../domain/principals/directory-event.ts'
import { suspensionKey } from '../../domain/suspensions/suspension.ts'
import type { Ports } from '../../ports/ports.ts'
import { indexInstants } from '../../reconcile/records/expiry-index.ts'
import { sendInputs } from '../../reconcile/records/inputs.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { readMeant } from '../../reconcile/records/suspensions.ts'

/**
 * ssofile looks at one suspension at most twice in this time, however many events come: at once with the first event, and again when the
 * next such time is over. The second look finds later changes, and changes that the first listing did not show yet.
 */
const slotMs = 30_000

/**
 * If a suspended user may have joined a group, ssofile denies the sessions of their groups, no matter who added them. If an event does not
 * name its user, everybody who is suspended gets only the second look: for somebody in no group, this is one call to the directory.
 */
export async function lookAtSuspended(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>,
  configuration: Pick<Configuration, 'folders'>,
  events: readonly DirectoryEvent[],
): Promise<void> {
  const { objects, clock, randomness } = ports
  const users = usersWhoMoved(events)
  if (users !== 'all' && users.size === 0) return
  const meant = await readMeant(objects)
  const named = users === 'all' ? [...meant.values()] : [...users].map((user) => meant.get(user) ?? [])
  const keys = named.flat().map(suspensionKey)
  const slot = Math.floor(clock.now().getTime() / slotMs)
  const later = new Date((slot + 2) * slotMs)
  await forEachAtOnce(keys, (key) => indexInstants(objects, key, [later], randomness.id()))
  if (users === 'all') return
  // Within one slot SQS takes the first look at each file and drops the others.
  await sendInputs(ports, keys, 'the groups of its user have changed', configuration, `groups ${slot}`)
}
