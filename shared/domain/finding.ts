/**
 * `ok`: as it has to be. `warn`: works, but somebody should know. `fail`: something does not work. `skip`: not checked, and
 * why.
 */
export type FindingLevel = 'ok' | 'warn' | 'fail' | 'skip'

/** What a check of the installation found: one line. `remedy`: what to do; absent: nothing. */
export type Finding = {
  readonly check: string
  readonly level: FindingLevel
  readonly told: string
  readonly remedy?: string | undefined
}

export function ok(check: string, told: string): Finding {
  return { check, level: 'ok', told }
}

export function skip(check: string, told: string): Finding {
  return { check, level: 'skip', told }
}

export function warn(check: string, told: string, remedy: string): Finding {
  return { check, level: 'warn', told, remedy }
}

export function fail(check: string, told: string, remedy: string): Finding {
  return { check, level: 'fail', told, remedy }
}
