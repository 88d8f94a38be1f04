import type { Configuration } from '../../domain/deployment/configuration.ts'
import { requestPrefix } from '../../domain/files/access-request.ts'
import { rulePrefix } from '../../domain/files/rule-file.ts'
import { findUploader } from '../../domain/links/find-uploader.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import { describePutOff } from '../../domain/statuses/put-off.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { isPassing, isServiceError } from '../../ports/service-error.ts'
import { crowdOf, isCrowded, tellCrowd } from '../records/crowds.ts'
import { indexInstants, removeDue } from '../records/expiry-index.ts'
import { reasonOf } from '../records/failures.ts'
import { UnreadableRecordError } from '../records/json-record.ts'
import { readNow } from '../records/owner.ts'
import { StatusStore } from '../records/status-store.ts'
import { tellInput } from './tell-input.ts'

/** When ssofile looks at the input again. */
const againMs = 60_000

/**
 * Writes into the status of an input which error stopped its look, if AWS refuses a call or ssofile could not read its record again; after a
 * minute the input wants attention. The first status of an input is `applying`. True: the status says it, and the next look comes in a
 * minute, so the message is done. The same error comes until somebody removes the cause. False: the error may pass by itself, or the status was not written, so
 * SQS delivers the message again.
 *
 * A new request gets a status for any error, because it must count toward its author's limit before it leaves its message
 * group.
 */
export async function tellFailedLook(
  message: InputMessage,
  error: unknown,
  ports: Pick<Ports, 'objects' | 'clock' | 'log'>,
  configuration: Configuration,
): Promise<boolean> {
  const { key, id } = message
  const { objects, clock, log } = ports
  const isLasting = error instanceof UnreadableRecordError || (isServiceError(error) && !isPassing(error))
  const isCounted = key.startsWith(requestPrefix) && !message.isAlone && !message.overtakes
  if (!isLasting && !isCounted) return false
  try {
    const statuses = new StatusStore(objects, clock)
    const [head, known] = await Promise.all([objects.head(key), statuses.read(key)])
    if (known === undefined ? head === undefined : !isLasting) return false
    const crowd = crowdOf(key, configuration.folders)
    if (known === undefined && (await isCrowded(objects, crowd, configuration))) {
      if (isCounted) await tellCrowd(statuses, crowd, configuration)
      return false
    }
    await indexInstants(objects, key, [new Date((await readNow(ports)).getTime() + againMs)], id)
    const putOff = { reason: reasonOf(error), at: clock.now() }
    const first = isCounted ? describeNotLookedAt(putOff.reason) : { state: 'applying' as const }
    const coming = head && { input: key, ...first, updatedAt: renderInstant(clock.now()) }
    await tellInput(ports, { key, head }, (current) => {
      const told = describePutOff(
        isStale(key, current) ? { ...current, state: 'applying' } : (current ?? coming),
        putOff,
      )
      return told && { by: findUploader(head, message, current), ...told }
    })
    if (isLasting) await removeDue(objects, message)
    log.warn('ssofile could not read an input; its status says why, and ssofile tries again in a minute', {
      input: key,
      error,
    })
    return isLasting
  } catch (again) {
    log.warn('ssofile could not write why it put off an input', { input: key, error: again })
    return false
  }
}

/** Only a request that waits or is rejected counts toward the limit. */
function describeNotLookedAt(reason: string): Pick<Status, 'state' | 'reason' | 'remedy'> {
  return {
    state: 'waiting',
    reason: `ssofile could not read it yet and will try again: ${reason}`,
    remedy: 'wait; if that does not help, ask the platform team',
  }
}

/** A rule that ssofile cannot compare now is not `applied`, even if its status said so before. */
function isStale(key: string, current: Status | undefined): current is Status {
  return key.startsWith(rulePrefix) && current?.state === 'applied'
}
