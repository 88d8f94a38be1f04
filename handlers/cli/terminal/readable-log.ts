import { inspect } from 'node:util'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { Log, LogFields } from '../../../shared/ports/log.ts'

/** The product's log for a terminal: one line an entry, fields after the message, names escaped. */
export class ReadableLog implements Log {
  readonly #write: (line: string) => void
  readonly #clock: Clock
  readonly #fields: LogFields

  constructor(write: (line: string) => void, clock: Clock, fields: LogFields = {}) {
    this.#write = write
    this.#clock = clock
    this.#fields = fields
  }

  with(fields: LogFields): Log {
    return new ReadableLog(this.#write, this.#clock, { ...this.#fields, ...fields })
  }

  info(message: string, fields?: LogFields): void {
    this.#line('     ', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#line('WARN ', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#line('ERROR', message, fields)
  }

  #line(level: string, message: string, fields: LogFields = {}): void {
    const told = Object.entries({ ...this.#fields, ...fields })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${renderValue(value)}`)
    this.#write(`${this.#clock.now().toISOString().slice(11, 23)} ${level} ${message}  ${told.join(' ')}\n`)
  }
}

function renderValue(value: unknown): string {
  if (typeof value === 'string') return /[\s"']/.test(value) ? enclose(quote(value, 1024)) : quote(value, 1024)
  if (value instanceof Error) return renderError(value)
  return quote(inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 4 }), 2000)
}

function renderError(error: Error): string {
  const cause = error.cause instanceof Error ? ` because ${renderError(error.cause)}` : ''
  return `${enclose(`${quote(error.name)}: ${quote(error.message, 1000)}`)}${cause}`
}

/** Chooses quotation marks that the text does not contain, so that a name cannot end them and forge the next field. */
function enclose(text: string): string {
  return text.includes("'") ? `"${text.replaceAll('"', '\\u{22}')}"` : `'${text}'`
}
