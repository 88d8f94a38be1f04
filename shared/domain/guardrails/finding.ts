/**
 * `ok`: works. `warn`: works, but somebody should know. `fail`: something does not work. `skip`: not checked, with the reason.
 */
export type FindingLevel = 'ok' | 'warn' | 'fail' | 'skip'

/** What a check of the installation found: one line. `remedy`: what to do; absent: nothing. */
export type Finding = {
  readonly check: string
  readonly level: FindingLevel
  readonly told: string
  readonly remedy?: string | undefined
  /** What was measured or counted, for programs: each name says its unit. */
  readonly figures?: Figures
}

export type Figures = Readonly<Record<string, number>>

export function ok(check: string, told: string, figures?: Figures): Finding {
  return { check, level: 'ok', told, ...(figures && { figures }) }
}

export function skip(check: string, told: string): Finding {
  return { check, level: 'skip', told }
}

export function warn(check: string, told: string, remedy: string, figures?: Figures): Finding {
  return { check, level: 'warn', told, remedy, ...(figures && { figures }) }
}

export function fail(check: string, told: string, remedy: string): Finding {
  return { check, level: 'fail', told, remedy }
}
