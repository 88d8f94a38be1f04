import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { defineRecords } from './define-record.ts'

const textMost = 2_000

/** Why the last try of a message failed. A dead-letter queue shows only the body. */
const failure = record({
  v: z.literal(1),
  messageId: z.string(),
  at: z.iso.datetime(),
  receiveCount: z.number(),
  /** The error, then its causes. */
  errors: z.array(z.string()),
})
type Failure = z.infer<typeof failure>
export const failureRecords = defineRecords({
  at: 'state/failures/',
  meaning: 'why the last try of a message failed',
  source: { is: 'note', until: 'the message succeeds or leaves its queue' },
  key: (messageId: string) => `${messageId}.json`,
  value: failure,
})

/** Never rejects: a record that cannot be written must not hide the failure itself. */
export async function recordFailure(
  { objects, clock, log }: Pick<Ports, 'objects' | 'clock' | 'log'>,
  { messageId, receiveCount, error }: Pick<Failure, 'messageId' | 'receiveCount'> & { readonly error: unknown },
): Promise<void> {
  const body: Failure = { v: 1, messageId, at: clock.now().toISOString(), receiveCount, errors: textsOf(error) }
  try {
    await failureRecords.of(objects, messageId).overwrite(body)
  } catch (again) {
    log.warn('ssofile could not record why a message failed', { messageId, error: again })
  }
}

/** For a message that succeeded later or left its queue. Never rejects: a record that stays is only a note. */
export async function forgetFailure(
  { objects, log }: Pick<Ports, 'objects' | 'log'>,
  messageId: string,
): Promise<void> {
  try {
    await objects.delete(failureRecords.keyOf(messageId))
  } catch (error) {
    // An operator may lack permission to write there, and a note that stays does no harm.
    log.info('the note of why a message failed could not be removed', { messageId, error })
  }
}

/** `undefined`: no cause was recorded, or the record was deleted. */
export async function readFailure({ objects }: Pick<Ports, 'objects'>, messageId: string) {
  return (await failureRecords.of(objects, messageId).read())?.value
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

/** One line for a person. Lists the errors of zod place by place. */
export function describeError(error: unknown): string {
  if (error instanceof z.ZodError)
    return z
      .prettifyError(error)
      .replace(/✖ /g, '')
      .replace(/\s*\n\s*/g, ' ')
  return error instanceof Error ? error.message : String(error)
}

/** The reason of a failure, for people. */
export function reasonOf(error: unknown): string {
  return isServiceError(error) ? `${error.service} answered ${error.code}: ${error.message}` : describeError(error)
}
