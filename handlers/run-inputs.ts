import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import type { InputMessage } from '../shared/domain/links/input-message.ts'
import { isFolderMarker } from '../shared/domain/links/link.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { tellFailedLook } from '../shared/reconcile/inputs/tell-failed-look.ts'
import { removeDue } from '../shared/reconcile/records/expiry-index.ts'
import { parseInput, sendAlone, sendLater } from '../shared/reconcile/records/inputs.ts'
import { runBatch } from './run-batch.ts'

type InputBatch = {
  readonly ports: Ports
  readonly configuration: Configuration
  readonly queues: Parameters<typeof parseInput>[0]
  readonly reconcile: (message: InputMessage, record: SQSRecord) => Promise<unknown>
  /** Messages of one subject run one after the other. Default: those of one key. */
  readonly orderOf?: (message: InputMessage) => string
}

/** A fifth of the time that the function for people has. */
const beginsMs = 60_000

/**
 * Reconciles each input of a batch. If AWS refuses a call, the input's status says so, and the message is done. A message that fails
 * otherwise is sent once more, in a group of its own, so that it holds up no other; if it fails there, SQS delivers it again.
 *
 * After a minute it begins no look, and sends the messages that are left again. Ten long looks, one after the other, would take longer than
 * the function has, and SQS would deliver all of them again.
 */
export function runInputs(event: SQSEvent, { ports, configuration, ...batch }: InputBatch): Promise<SQSBatchResponse> {
  const untilMs = ports.clock.monotonicMs() + beginsMs
  const work = async (record: SQSRecord): Promise<void> => {
    const { body, attributes } = record
    const message = parseInput(
      batch.queues,
      { body, receiveCount: attributes.ApproximateReceiveCount },
      ports.senderOf?.(attributes.SenderId),
    )
    if (isFolderMarker(message.key)) return
    // One in a group of its own stays, because it holds up nobody and SQS counts its deliveries.
    if (!message.isAlone && ports.clock.monotonicMs() >= untilMs) return sendLater(ports, message, configuration)
    try {
      await batch.reconcile(message, record)
      await removeDue(ports.objects, message)
    } catch (error) {
      if (await tellFailedLook(message, error, ports, configuration)) return
      if (message.isAlone) throw error
      ports.log.warn('ssofile could not evaluate an input, and will try again', { input: message.key, error })
      await sendAlone(ports.queues, message, configuration)
    }
  }
  return runBatch(event, 'fifo', ports, work, batch.orderOf)
}
