import pLimit from 'p-limit'
import { detailTypes, type Notification } from '../../domain/notifications/notification.ts'
import { eventsMost } from '../../ports/event-bus.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { repeatPatiently } from '../calls/repeat-patiently.ts'

const callsAtOnce = 4
const repetition = { attemptsMost: 4, firstMs: 200, mostMs: 5_000 }

type PublishPorts = Pick<Ports, 'clock' | 'randomness' | 'log'> & { readonly eventBus: NonNullable<Ports['eventBus']> }

/**
 * Puts notifications on the event bus and answers the ids of those that it has. PutEvents may take some entries of a call
 * and refuse others: only these are put again. (EventBridge User Guide, "Handling failures with PutEvents".) An entry is at
 * most 15 KB, so ten are within the size of a call.
 */
export async function publish(ports: PublishPorts, told: readonly Notification[]): Promise<ReadonlySet<string>> {
  const accepted = new Set<string>()
  const limit = pLimit(callsAtOnce)
  const batches: (readonly Notification[])[] = []
  for (let from = 0; from < told.length; from += eventsMost) batches.push(told.slice(from, from + eventsMost))
  await Promise.all(batches.map((batch) => limit(() => publishBatch(ports, batch, accepted))))
  return accepted
}

/** Some entries were refused. */
class EntriesRefused extends Error {
  override readonly name = 'EntriesRefused'
}

/** Never rejects: what is not accepted is put again by the next look. */
async function publishBatch(ports: PublishPorts, batch: readonly Notification[], accepted: Set<string>): Promise<void> {
  const putRest = async () => {
    const rest = batch.filter(({ id }) => !accepted.has(id))
    const entries = rest.map((one) => ({
      detailType: detailTypes[one.kind],
      time: new Date(one.at),
      detail: JSON.stringify(one),
    }))
    const codes = await ports.eventBus.put(entries)
    rest.forEach(({ id }, index) => {
      if (codes[index] === undefined) accepted.add(id)
    })
    const refused = codes.filter((code) => code !== undefined)
    if (refused.length > 0)
      throw new EntriesRefused(`${refused.length} of ${rest.length}: ${[...new Set(refused)].join(', ')}`)
  }
  try {
    await repeatPatiently(
      ports,
      { ...repetition, mayHelp: (error) => error instanceof EntriesRefused || isServiceError(error) },
      putRest,
    )
  } catch (error) {
    ports.log.error('outcomes could not be put on the event bus; they are put again in a minute', { error })
  }
}
