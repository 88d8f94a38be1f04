import { type Finding, fail, ok } from '../../domain/guardrails/finding.ts'
import { renderRoundTrip } from '../../domain/messages/round-trip-event.ts'
import type { Ports } from '../../ports/ports.ts'
import { readArrivals } from '../records/arrivals.ts'
import { ask, unasked } from './ask.ts'

const pollMs = 500

/**
 * Sends a message to the queue of events, and waits until its handler has noted it. It proves queue, function and bucket;
 * `judgeArrivals` tells of the way before the queue, which only a real event takes.
 */
export async function examineRoundTrip(
  { objects, queues, clock, randomness }: Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness'>,
  { withinMs }: { readonly withinMs: number },
): Promise<Finding> {
  const check = 'round trip'
  const id = randomness.id()
  const beganMs = clock.monotonicMs()
  const sent = await ask(queues.send('events', [{ body: renderRoundTrip(id), groupId: id, deduplicationId: id }]))
  if ('error' in sent) return unasked(check, sent.error, { needs: 'sqs:SendMessage to the queue events' })
  for (;;) {
    const tookMs = Math.round(clock.monotonicMs() - beganMs)
    if ((await readArrivals(objects))?.roundTrip?.name === id)
      return ok(check, `a message to the queue of events was handled after ${tookMs} ms`, { tookMs })
    if (tookMs >= withinMs)
      return fail(
        check,
        `a message to the queue of events was not handled within ${withinMs / 1000} s`,
        'look at the function events and its log; it may be at work on many events: run ssofile doctor again',
      )
    await clock.sleep(pollMs)
  }
}
