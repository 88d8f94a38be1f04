/** Structured fields of a log line. Never secrets, never bodies; names are data and stay in fields, not in messages. */
export type LogFields = Readonly<Record<string, unknown>>

/** A line is a constant message with fields. `with` adds fields to all lines of the logger it answers. */
export interface Log {
  with(fields: LogFields): Log
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  /** `fields.error` may hold the exception, with its causes. */
  error(message: string, fields?: LogFields): void
}
