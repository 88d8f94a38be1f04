import { Logger } from '@aws-lambda-powertools/logger'
import { quote } from '../domain/statuses/complaint.ts'
import type { Log, LogFields } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'

/** Powertools' structured logger: one JSON object a line, with the service's name, level and instant. Errors are counted. */
export class PowertoolsLog implements Log {
  readonly #metrics: Metrics | undefined
  readonly #logger: Logger

  constructor(metrics?: Metrics, logger = new Logger({ serviceName: 'ssofile', jsonReplacerFn: escapeUnseen })) {
    this.#metrics = metrics
    this.#logger = logger
  }

  /** Adds the function and the request to every later line. */
  addContext(context: Parameters<Logger['addContext']>[0]): void {
    this.#logger.addContext(context)
  }

  with(fields: LogFields): Log {
    return new PowertoolsLog(this.#metrics, this.#logger.createChild({ persistentKeys: { ...fields } }))
  }

  info(message: string, fields: LogFields = {}): void {
    this.#logger.info(message, { ...fields })
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#logger.warn(message, withError(fields))
  }

  error(message: string, fields: LogFields = {}): void {
    this.#logger.error(message, withError(fields))
    this.#metrics?.record('Errors')
  }
}

/**
 * Escapes invisible characters and characters that change the direction of text, because names come from outside and people read logs. JSON
 * escapes line breaks itself.
 */
function escapeUnseen(_key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  return value.replace(/[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu, (character) => quote(character))
}

/** Powertools formats exceptions, with their causes, under `error`; other thrown values become text. */
function withError({ error, ...fields }: LogFields): Record<string, unknown> {
  if (error === undefined) return fields
  return { ...fields, error: error instanceof Error ? error : new Error(String(error)) }
}
