import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { DigestMessage } from './rules/digest.ts'
import { renderMail, renderWebhook } from './rules/render-digest.ts'

const callsAtOnce = 10

/**
 * Sends each digest in a call of its own, and returns those to send again. Never rejects: a failed digest holds up no other. If SQS refuses
 * its content, it is dropped, because SQS would refuse it again. One message group per receiver and channel, so that an unreachable one
 * delays no other.
 */
export async function sendDigests(
  { queues, log }: Pick<Ports, 'queues' | 'log'>,
  sending: readonly DigestMessage[],
): Promise<readonly DigestMessage[]> {
  const send = async (message: DigestMessage): Promise<readonly DigestMessage[]> => {
    const { id, receiver, way, counts } = message
    const groupId = `${receiver}.${way}`
    try {
      await queues.send('digests', [{ body: JSON.stringify(message), groupId, deduplicationId: id }])
      return []
    } catch (error) {
      const isRefused = isServiceError(error) && error.code === 'InvalidMessageContents'
      const then = isRefused ? 'dropped it, because SQS refuses its content' : 'sends it again later'
      log.error(`ssofile could not send a digest, and ${then}`, { error, digest: id, receiver, way, counts })
      return isRefused ? [] : [message]
    }
  }
  return (await pLimit(callsAtOnce).map(sending, send)).flat()
}

/** Sends one digest, unless its receiver is gone from the configuration. Throws if the receiver does not take it. */
export async function deliverDigest(
  { channels, log }: Pick<Ports, 'log'> & { readonly channels: NonNullable<Ports['channels']> },
  { notifications: { receivers } }: Pick<Configuration, 'notifications'>,
  message: DigestMessage,
): Promise<void> {
  const known = receivers.find(({ name }) => name === message.receiver)
  const { id, receiver, way, counts } = message
  if (way === 'mail' && known !== undefined && known.mail.length > 0) await channels.mail(receiver, renderMail(message))
  else if (way === 'webhook' && known?.webhook !== undefined)
    await channels.post(known.webhook.secretArn, renderWebhook(message, known.webhook.format))
  else return log.info('a digest is dropped: its receiver is not configured any more', { digest: id, receiver, way })
  log.info('a digest was sent', { digest: id, receiver, way, counts })
}
