import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Ports } from '../../ports/ports.ts'
import { sendHints } from '../records/lanes.ts'
import { listOpenWork } from '../records/open-work.ts'

/**
 * Retries all open work now, because its next attempt may be an hour away and the operator may have removed the obstacle. Returns the
 * objects of that work. Each retry deletes or replaces its object, unless the access is in its grace period after its principal is gone.
 */
export async function retryOpenWork(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>,
  configuration: Pick<Configuration, 'urgentPermissionSets' | 'folders'>,
): Promise<readonly string[]> {
  const { objects, randomness, clock } = ports
  const all = await Array.fromAsync(listOpenWork(objects))
  const waiting = all.filter(({ hint, nextAttempt }) => hint !== undefined && nextAttempt > clock.now())
  const hints = waiting.flatMap(({ hint }) => hint ?? [])
  await sendHints(ports, { id: randomness.id(), hints, revocation: false }, configuration)
  return waiting.map(({ object }) => object)
}
