import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { Refusal } from './refusal.ts'
import { remedyFor } from './remedy-for.ts'

/** Says on standard error what failed, each cause, and what to do. Returns the exit code. */
export function tellError(error: unknown): number {
  if (error instanceof Refusal) {
    process.stderr.write(`ssofile: ${error.message.split('\n').map(escapeNames).join('\n')}\n`)
    return 2
  }
  let told: string | undefined
  for (let cause: unknown = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    const message = cause instanceof Error ? cause.message : String(cause)
    if (told?.includes(message) !== true)
      process.stderr.write(`${told === undefined ? 'ssofile: ' : '  because: '}${escapeNames(message)}\n`)
    told = message
  }
  const remedy = remedyFor(error, process.env, process.argv.slice(2))
  if (remedy !== undefined) process.stderr.write(`  do: ${escapeNames(remedy)}\n`)
  return 1
}

/** Escapes names in a message, which may quote whole keys. */
function escapeNames(message: string): string {
  return quote(message, 10_000)
}
