import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { renderJson } from '../terminal/render-json.ts'
import { Refusal } from './refusal.ts'
import { remedyFor } from './remedy-for.ts'

/** Whether the command prints its result, and its errors, as JSON. `words`: the arguments of the command. */
export function wantsJson(words: readonly string[]): boolean {
  return words.some(
    (word, index) => word === '--json' || `${words[index - 1]}=${word}` === '--output=json' || word === '--output=json',
  )
}

/**
 * Prints the failure, each cause, and the remedy on standard error; with `--json` as JSON. Answers the exit code: 2 for a Refusal, otherwise
 * `failed`.
 */
export function tellError(error: unknown, failed = 1): number {
  const words = process.argv.slice(2)
  const isRefused = error instanceof Refusal
  const [message = '', ...causes] = isRefused ? [error.message] : listMessages(error)
  const tried = [error, error instanceof Error ? error.cause : undefined]
  const remedies = tried.map((one) => remedyFor(one, process.env, words))
  const remedy = isRefused ? undefined : remedies.find((found) => found !== undefined)
  const exitCode = isRefused ? 2 : failed
  process.stderr.write(
    wantsJson(words)
      ? renderJson({ error: { message, causes, do: remedy }, exitCode })
      : renderError(message, causes, remedy),
  )
  return exitCode
}

function listMessages(error: unknown): readonly string[] {
  const messages: string[] = []
  for (let cause: unknown = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    const message = cause instanceof Error ? cause.message : String(cause)
    if (messages.at(-1)?.includes(message) !== true) messages.push(message)
  }
  return messages
}

function renderError(message: string, causes: readonly string[], remedy: string | undefined): string {
  const lines = message.split('\n').map(escapeNames).join('\n')
  const because = causes.map((cause) => `  because: ${escapeNames(cause)}\n`)
  return [`ssofile: ${lines}\n`, ...because, remedy === undefined ? '' : `  do: ${escapeNames(remedy)}\n`].join('')
}

function escapeNames(message: string): string {
  return quote(message, 10_000)
}
