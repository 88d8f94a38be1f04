import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Ports } from '../../ports/ports.ts'
import { indexInstants } from './expiry-index.ts'
import { sendInputs } from './inputs.ts'
import { forEachAtOnce } from './list-heads.ts'

/**
 * ssofile looks at one suspension at most twice in this time, however many events come: at once with the first event, and again when the
 * next such time is over. The second look finds later changes, and changes that the first listing did not show yet.
 */
const slotMs = 30_000

/** Looks at these files under `suspended/` because of an event. `isLater`: only the second look. */
export async function lookAtSuspensions(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>,
  configuration: Pick<Configuration, 'folders'>,
  keys: readonly string[],
  { why, isLater = false }: { readonly why: string; readonly isLater?: boolean },
): Promise<void> {
  const { objects, clock, randomness } = ports
  const slot = Math.floor(clock.now().getTime() / slotMs)
  const later = new Date((slot + 2) * slotMs)
  await forEachAtOnce(keys, (key) => indexInstants(objects, key, [later], randomness.id()))
  // Within one slot SQS takes the first look at each file and drops the others.
  if (!isLater) await sendInputs(ports, keys, why, configuration, `groups ${slot}`)
}
