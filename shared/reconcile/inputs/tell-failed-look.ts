import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import { rulePrefix } from '../../domain/people/rule-file.ts'
import { describePutOff } from '../../domain/statuses/put-off.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { isPassing, isServiceError } from '../../ports/service-error.ts'
import { crowdOf, isCrowded } from '../records/crowds.ts'
import { indexInstants } from '../records/expiry-index.ts'
import { reasonOf } from '../records/failures.ts'
import { readNow } from '../records/owner.ts'
import { StatusStore } from '../records/status-store.ts'
import { tellInput } from './tell-input.ts'

/** How soon it is looked at again. */
const againMs = 60_000

/**
 * Writes into the status of an input what AWS refused to its look; after a minute the input wants attention. The first status of an
 * input is `applying`. True: the status says it, and the next look comes in a minute, so the message is done: AWS refuses the same until
 * somebody removes the cause. False: the error may pass by itself, or the status could not be written, so SQS delivers the message again.
 */
export async function tellFailedLook(
  message: InputMessage,
  error: unknown,
  ports: Pick<Ports, 'objects' | 'clock' | 'log'>,
  configuration: Configuration,
): Promise<boolean> {
  const { key, id } = message
  const { objects, clock, log } = ports
  if (!isServiceError(error) || isPassing(error)) return false
  try {
    const [head, known] = await Promise.all([objects.head(key), new StatusStore(objects, clock).read(key)])
    const isOneTooMany = async () => isCrowded(objects, crowdOf(key, configuration.folders), configuration)
    if (known === undefined && (head === undefined || (await isOneTooMany()))) return false
    await indexInstants(objects, key, [new Date((await readNow(ports)).getTime() + againMs)], id)
    const putOff = { reason: reasonOf(error), at: clock.now() }
    const coming = head && { input: key, state: 'applying' as const, updatedAt: renderInstant(clock.now()) }
    await tellInput(ports, { message, head }, (current) =>
      describePutOff(isStale(key, current) ? { ...current, state: 'applying' } : (current ?? coming), putOff),
    )
    log.warn('an input could not be looked at; its status says why, and it is looked at again in a minute', {
      input: key,
      error,
    })
    return true
  } catch (again) {
    log.warn('it could not be told why an input is put off', { input: key, error: again })
    return false
  }
}

/** A rule that ssofile cannot compare now is not `applied`, whatever its status said before. */
function isStale(key: string, current: Status | undefined): current is Status {
  return key.startsWith(rulePrefix) && current?.state === 'applied'
}
