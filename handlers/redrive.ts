import * as z from 'zod'
import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import { queueOf } from '../shared/domain/inputs/kinds.ts'
import { renderRoundTrip, roundTripQuestion } from '../shared/domain/messages/round-trip-event.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { type DeadLetter, deadLetter, workOnDeadLetters } from '../shared/reconcile/records/dead-letters.ts'
import { sendInputs } from '../shared/reconcile/records/inputs.ts'
import { judgeMessage } from './judge-message.ts'

/** What `ssofile redrive` asks: look at these queues, and put back or discard some of their messages. */
export const redriveQuestion = z.object({
  redrive: z.object({
    queues: z.array(deadLetter.shape.queue),
    /** Put back all messages that can be processed. */
    all: z.literal(true).optional(),
    /** Put this one back. */
    message: z.string().optional(),
    discard: z.string().optional(),
  }),
})
export type RedriveQuestion = z.infer<typeof redriveQuestion>

/** `ssofile touch` asks to evaluate this input again. */
export const lookQuestion = z.object({
  look: z.string().refine((key) => queueOf(key) !== undefined, {
    error: ({ input }) => `received '${input}', expected the key of an input whose messages have a queue`,
  }),
})
export type LookQuestion = z.infer<typeof lookQuestion>

const redriven = z.object({ letter: deadLetter, done: z.enum(['left', 'put-back', 'discarded']) })
export type Redriven = z.infer<typeof redriven>
/** `isPartial`: a queue may have more. */
export const redriveAnswer = z.object({ ended: z.array(redriven), isPartial: z.boolean() })
export type RedriveAnswer = z.infer<typeof redriveAnswer>

/** An answer has at most 6 MB. (Lambda Developer Guide, "Lambda quotas".) */
const bodyMost = 2_000
const lettersMost = 1_000

/**
 * Puts messages of the dead-letter queues back for an operator. SQS's own StartMessageMoveTask needs `sqs:SendMessage` of the destination
 * from its caller, and with that right a person can write other messages. It also moves all messages or none. (SQS Developer Guide,
 * "Amazon SQS API permissions: Actions and resource reference", and "Configuring a dead-letter queue redrive".) So this function has the
 * right, and operators may only invoke it. It also sends the messages of `ssofile doctor` and `ssofile touch`.
 */
export const redrive =
  (ports: Ports, configuration: Pick<Configuration, 'folders'>) =>
  async (event: unknown): Promise<RedriveAnswer | undefined> => {
    const { roundTrip } = roundTripQuestion.safeParse(event).data ?? {}
    if (roundTrip !== undefined) {
      await ports.queues.send('events', [{ body: renderRoundTrip(roundTrip) }])
      return undefined
    }
    if (typeof event === 'object' && event !== null && 'look' in event) {
      const { look } = lookQuestion.parse(event)
      await sendInputs(ports, [look], 'an operator asked for a look', configuration)
      ports.log.info('an operator asked for a look', { input: look })
      return undefined
    }
    const { queues, ...asked } = redriveQuestion.parse(event).redrive
    const most = Math.ceil(lettersMost / queues.length)
    const each = await Promise.all(
      queues.map((queue) =>
        workOnDeadLetters(ports, { queue, judge: judgeMessage, most }, (letter) => decide(letter, asked)),
      ),
    )
    const ended = each.flat().map(({ letter, done }) => ({ letter: shorten(letter), done }))
    for (const { letter, done } of ended)
      if (done !== 'left') ports.log.info('an operator had a dead letter taken out', { ...letter, done })
    return { ended, isPartial: each.some(({ length }) => length >= most) }
  }

function decide(
  { messageId, fault }: DeadLetter,
  { all, message, discard }: Omit<RedriveQuestion['redrive'], 'queues'>,
): 'leave' | 'put-back' | 'discard' {
  if (messageId === discard) return 'discard'
  // A message that its handler can never process would come back.
  if (fault !== undefined) return 'leave'
  return all || messageId === message ? 'put-back' : 'leave'
}

function shorten(letter: DeadLetter): DeadLetter {
  return { ...letter, body: letter.body.slice(0, bodyMost) }
}
