import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import { type DigestMessage, digestMessage } from '../shared/modules/notifications/rules/digest.ts'
import { deliverDigest } from '../shared/modules/notifications/send-digests.ts'
import { WebhookError } from '../shared/ports/channels.ts'
import type { FunctionName } from '../shared/ports/deployment-settings.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { backOffMs } from '../shared/reconcile/calls/repeat-patiently.ts'

/** Twelve attempts take about two hours; then the digest is in the dead-letter queue, with an alarm. */
const backOff = { firstMs: 60_000, mostMs: 15 * 60_000 }
const leastSeconds = 10

/** Throws if somebody other than a function of the deployment wrote the digest: it would go out as ssofile's own words. */
export function parseDigest(body: string, sender: FunctionName | undefined): DigestMessage {
  const digest = digestMessage.parse(JSON.parse(body))
  if (sender !== undefined) return digest
  throw new Error('received a digest from somebody else, expected one from a function of ssofile; discard it')
}

/**
 * Sends digests, each to one receiver by one way. All of a batch go out at the same time. A failed one comes again by itself, later each
 * time: a receiver that hangs or fails holds up nobody else.
 */
export const digests =
  (ports: Ports, configuration: Pick<Configuration, 'notifications'>) =>
  async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const { channels, queues, randomness, senderOf, log } = ports
    if (channels === undefined) throw new Error('there are no ways to receivers')
    const deliver = async ({ body, messageId, receiptHandle, attributes }: SQSEvent['Records'][number]) => {
      try {
        await deliverDigest({ channels, log }, configuration, parseDigest(body, senderOf?.(attributes?.SenderId)))
        return []
      } catch (error) {
        const receives = Number(attributes?.ApproximateReceiveCount ?? 1)
        const told = error instanceof WebhookError ? error.retryAfterSeconds : undefined
        const seconds = Math.max(leastSeconds, told ?? Math.ceil(backOffMs(receives, backOff, randomness) / 1000))
        log.warn('ssofile could not send a digest, and will send it again', { error, messageId, receives, seconds })
        // If this call fails, the message comes again when its visibility ends.
        await queues.changeVisibility('digests', [receiptHandle], Math.min(seconds, 3_600)).catch(() => undefined)
        return [{ itemIdentifier: messageId }]
      }
    }
    return { batchItemFailures: (await Promise.all(Records.map(deliver))).flat() }
  }
