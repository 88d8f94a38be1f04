/**
 * `ok`: works. `warn`: works, but somebody should know. `fail`: something does not work. `skip`: not checked, with the reason.
 */
export type FindingLevel = 'ok' | 'warn' | 'fail' | 'skip'

/** The finding of a check of the installation: one line. `remedy`: the next step. Absent: none is necessary. */
export type Finding = {
  readonly check: string
  readonly level: FindingLevel
  readonly told: string
  readonly remedy?: string | undefined
  /** Measured or counted values, for programs. Each name contains its unit. */
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
