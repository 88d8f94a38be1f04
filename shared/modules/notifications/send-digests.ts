import type { Ports } from '../../ports/ports.ts'
import type { DigestMessage } from './rules/digest.ts'

/** One message group per receiver and channel, so that an unreachable one delays no other. */
export async function sendDigests({ queues }: Pick<Ports, 'queues'>, sending: readonly DigestMessage[]): Promise<void> {
  if (sending.length === 0) return
  await queues.send(
    'digests',
    sending.map((message) => ({
      body: JSON.stringify(message),
      groupId: `${message.receiver}.${message.way}`,
      deduplicationId: message.id,
    })),
  )
}
