import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Ports } from '../../ports/ports.ts'
import type { DigestMessage } from './rules/digest.ts'
import { renderMail, renderWebhook } from './rules/render-digest.ts'

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
