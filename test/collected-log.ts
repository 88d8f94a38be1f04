import type { Log, LogFields } from '../shared/ports/log.ts'

export type LogLine = {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: LogFields
}

/** Keeps every line; loggers made by `with` write to the same lines. */
export class CollectedLog implements Log {
  readonly lines: LogLine[]
  readonly #fields: LogFields

  constructor(lines: LogLine[] = [], fields: LogFields = {}) {
    this.lines = lines
    this.#fields = fields
  }

  with(fields: LogFields): CollectedLog {
    return new CollectedLog(this.lines, { ...this.#fields, ...fields })
  }

  info(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'info', message, fields: { ...this.#fields, ...fields } })
  }

  warn(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'warn', message, fields: { ...this.#fields, ...fields } })
  }

  error(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'error', message, fields: { ...this.#fields, ...fields } })
  }
}
