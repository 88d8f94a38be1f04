import type { Configuration } from '../shared/domain/configuration.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { wakeDispatcher } from '../shared/reconcile/lanes.ts'
import { reconcile } from '../shared/reconcile/reconcile.ts'

/** Every minute: wakes the dispatcher, for open work that is due and for a wake that was lost. */
export const everyMinute = (ports: Ports) => (): Promise<void> => wakeDispatcher(ports.queues, ports.randomness)

/** Every hour: finds what no event reported. */
export const everyHour = (ports: Ports, configuration: Configuration) => async (): Promise<void> => {
  ports.log.info('reconciled', await reconcile(ports, configuration))
}
