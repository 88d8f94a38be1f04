/** Structured fields of a log line. Never put secrets or bodies here. Names are data, so they belong into fields, not into messages. */
export type LogFields = Readonly<Record<string, unknown>>

/** A line is a constant message with fields. `with` returns a logger that adds these fields to all its lines. */
export interface Log {
  with(fields: LogFields): Log
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  /** `fields.error` may hold the exception, with its causes. */
  error(message: string, fields?: LogFields): void
}
