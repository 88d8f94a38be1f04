import * as z from 'zod'
import type { Ports } from '../ports/ports.ts'
import { readJson, renderJson } from './stored-json.ts'

const prefix = 'state/failures/'
const textMost = 2_000

/** Why a message could not be worked on when it was last tried: in a dead-letter queue only its body can be seen. */
const failure = z.strictObject({
  v: z.literal(1),
  messageId: z.string(),
  at: z.iso.datetime(),
  receiveCount: z.number(),
  /** The error, then its causes. */
  errors: z.array(z.string()),
})
export type Failure = z.infer<typeof failure>

type FailurePorts = Pick<Ports, 'objects' | 'clock' | 'log'>

/** Never rejects: that nothing could be recorded must not hide the failure itself. */
export async function recordFailure(
  { objects, clock, log }: FailurePorts,
  {
    messageId,
    receiveCount,
    error,
  }: { readonly messageId: string; readonly receiveCount: number; readonly error: unknown },
): Promise<void> {
  const body: Failure = { v: 1, messageId, at: clock.now().toISOString(), receiveCount, errors: textsOf(error) }
  try {
    await objects.put(failureKey(messageId), renderJson(body))
  } catch (again) {
    log.warn('why a message failed could not be recorded', { messageId, error: again })
  }
}

/** The message was worked on after all, or taken out of its queue. Never rejects: what is left is only a note. */
export async function forgetFailure({ objects, log }: Omit<FailurePorts, 'clock'>, messageId: string): Promise<void> {
  try {
    await objects.delete(failureKey(messageId))
  } catch (error) {
    // An operator may not write there; a note that is left does no harm.
    log.info('the note of why a message failed could not be removed', { messageId, error })
  }
}

/** `undefined`: nobody recorded why, or the record was deleted. */
export async function readFailure(
  { objects }: Pick<Ports, 'objects'>,
  messageId: string,
): Promise<Failure | undefined> {
  return (await readJson(objects, failureKey(messageId), failure))?.value
}

function failureKey(messageId: string): string {
  return `${prefix}${messageId}.json`
}

function textsOf(error: unknown): string[] {
  const texts: string[] = []
  for (let cause: unknown = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    const text = describeError(cause).slice(0, textMost)
    if (!texts.some((told) => told.includes(text))) texts.push(text)
    if (texts.length === 5) break
  }
  return texts
}

/** One line for a person; what zod found is told place by place. */
export function describeError(error: unknown): string {
  if (error instanceof z.ZodError)
    return z
      .prettifyError(error)
      .replace(/✖ /g, '')
      .replace(/\s*\n\s*/g, ' ')
  return error instanceof Error ? error.message : String(error)
}
