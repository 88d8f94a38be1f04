import type { ObjectHead, ObjectStore, WriteResult } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Queues } from '../../ports/queues.ts'
import { isServiceError, proofOf } from '../../ports/service-error.ts'
import { repeatPatiently } from './repeat-patiently.ts'
import { wrapPort } from './wrap-port.ts'

const repetition = { attemptsMost: 3, firstMs: 400, mostMs: 5_000 }
type Timing = Pick<Ports, 'clock' | 'randomness'>

/** Ports whose clients try once. Retries calls to S3 and SQS; other callers retry their own. */
export function patientPorts(ports: Ports): Ports {
  return { ...ports, objects: patientObjects(ports.objects, ports), queues: patientQueues(ports.queues, ports) }
}

/**
 * A bucket that retries passing errors. A retry is safe for each call:
 *
 * | call                | if the answer of an attempt was lost                                          |
 * | read                | reads again                                                                   |
 * | listing             | continues after the last listed key                                           |
 * | put                 | writes the same bytes again                                                   |
 * | put, conditional    | may meet its own object; if it loses, the object's content shows whether it won |
 * | part of an upload   | writes the same part again; an upload that was begun twice, or completed, fails    |
 * | delete, conditional | finds nothing, which is `deleted`, or someone else's object, `lost`           |
 */
export function patientObjects(inner: ObjectStore, timing: Timing): ObjectStore {
  const patient: ObjectStore = wrapPort(inner, (_, call) => repeatPatiently(timing, repetition, call), {
    async put(key, body, condition, metadata): Promise<WriteResult> {
      let mayBeOurs = false
      const onPause = (_: number, error: unknown) => {
        mayBeOurs ||= isServiceError(error) && proofOf(error) === 'unknown'
      }
      const write = () => inner.put(key, body, condition, metadata)
      const result = await repeatPatiently(timing, { ...repetition, onPause }, write)
      if (result.outcome === 'written' || !mayBeOurs) return result
      const found = await patient.get(key)
      if (found === undefined || Buffer.compare(found.body, Buffer.from(body)) !== 0) return result
      return { outcome: 'written', etag: found.etag, servedAt: found.servedAt }
    },
    list: (prefix, options) => listPatiently(inner, timing, prefix, options?.startAfter),
  })
  return patient
}

async function* listPatiently(
  inner: ObjectStore,
  timing: Timing,
  prefix: string,
  startAfter: string | undefined,
): AsyncGenerator<ObjectHead> {
  let last = startAfter
  const open = () => inner.list(prefix, last === undefined ? {} : { startAfter: last })[Symbol.asyncIterator]()
  let heads = open()
  const onPause = () => {
    heads = open()
  }
  for (;;) {
    const next = await repeatPatiently(timing, { ...repetition, onPause }, () => heads.next())
    if (next.done) return
    last = next.value.key
    yield next.value
  }
}

/**
 * Queues that retry passing errors. Messages may be sent twice: FIFO queues know them by their deduplication ids, and the other
 * queue may deliver any message twice. If the answer of a receive was lost, its messages come again when their visibility ends.
 */
export function patientQueues(inner: Queues, timing: Timing): Queues {
  return wrapPort(inner, (_, call) => repeatPatiently(timing, repetition, call), {
    receive: (queue, options) =>
      repeatPatiently(timing, { ...repetition, signal: options.signal }, () => inner.receive(queue, options)),
  })
}
