import type { Configuration } from '../shared/domain/configuration.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { beginDriftCheck } from '../shared/reconcile/drift.ts'
import { followInstants } from '../shared/reconcile/expiry-index.ts'
import { reconcile } from '../shared/reconcile/reconcile.ts'
import type { SliceOptions } from '../shared/reconcile/slice.ts'
import { dispatcher } from './dispatcher.ts'

/**
 * Every minute: a slice of the dispatcher, for open work that is due and for a wake that was lost. Not through the queue
 * of wakes: a function that died leaves its wake, and with it the whole group, invisible for its visibility timeout.
 */
export const everyMinute =
  (ports: Ports, configuration: Configuration, options: SliceOptions) => async (): Promise<void> => {
    await dispatcher(ports, configuration, options)()
  }

/**
 * Every minute: links whose `notBefore` or `expiresAt` has come are looked at again. Apart from the dispatcher, whose
 * slice may take many minutes.
 */
export const everyMinuteOfLinks = (ports: Ports) => async (): Promise<void> => {
  const instants = await followInstants(ports)
  if (instants > 0) ports.log.info('links whose time has come are looked at', { instants })
}

/** Every hour: finds what no event reported. What cannot be read to its end changes nothing, and somebody is told. */
export const everyHour = (ports: Ports, configuration: Configuration) => async (): Promise<void> => {
  try {
    ports.log.info('reconciled', await reconcile(ports, configuration))
  } catch (error) {
    ports.log.error('the reconcile did not come to its end: nothing was changed; the next one is in an hour', { error })
    throw error
  }
}

/** Every night: finds what others changed in Identity Center. The dispatcher carries it out, behind all other work. */
export const everyNight = (ports: Ports, configuration: Configuration) => async (): Promise<void> => {
  await beginDriftCheck(ports, configuration)
}
