import { count } from '../../../shared/domain/text/count.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { type DriftRun, readDriftRun } from '../../../shared/reconcile/drift/drift-run.ts'

type Standing = {
  readonly partsLeft: number | undefined
  readonly isReplaced: boolean
  readonly undecided: { readonly count: number; readonly until: Date } | undefined
}

/**
 * Progress of a drift check that a command began, shown while the command waits. `undefined`: none was begun. If another check has replaced
 * it, this follows that one: it compares the same, with a newer listing.
 */
export class DriftProgress {
  readonly #ports: Pick<Ports, 'objects' | 'clock'>
  readonly #run: string | undefined

  constructor(ports: Pick<Ports, 'objects' | 'clock'>, run: string | undefined) {
    this.#ports = ports
    this.#run = run
  }

  /** How many parts are left; `undefined` if somebody deleted the record. */
  async partsLeft(): Promise<number | undefined> {
    return (await this.standing()).partsLeft
  }

  /**
   * The state of the check. All three values come from one read, so they match. `isReplaced`: another check has begun since. `undecided`:
   * how many assignments are too recent to judge, and when they can be judged; `undefined`: none.
   */
  async standing(): Promise<Standing> {
    if (this.#run === undefined) return { partsLeft: 0, isReplaced: false, undecided: undefined }
    const run = await this.#read()
    const { undecided } = run ?? {}
    return {
      partsLeft: run?.open.length,
      isReplaced: run !== undefined && run.run !== this.#run,
      undecided: undecided && { count: undecided.count, until: new Date(undecided.until) },
    }
  }

  /** One line about the present state; empty if there is nothing to report. */
  async line(): Promise<string> {
    if (this.#run === undefined) return ''
    const run = await this.#read()
    if (!run) return 'drift check: its record state/drift.json is gone; run ssofile apply again'
    const check = run.run === this.#run ? 'drift check' : 'drift check (a newer one has replaced it)'
    const { open, checked, missing, undecided, foreign, gone, calls } = run
    const early = undecided === undefined ? '' : ` ${undecided.count} not listed and too recent to judge,`
    const found = `${count(checked, 'assignment')} checked, ${missing} missing,${early} ${foreign} foreign found, ${gone} foreign gone, ${count(calls, 'call')}`
    return open.length === 0 ? `${check}: ${found}` : `${check}: ${count(open.length, 'part')} left; ${found}`
  }

  /** Prints each new line until `signal` is aborted. */
  async follow(tell: (line: string) => void, everyMs: number, signal: AbortSignal): Promise<void> {
    for (let told = ''; this.#run !== undefined && !signal.aborted; ) {
      const line = await this.line()
      if (line !== told) tell(line)
      told = line
      await this.#ports.clock.sleep(everyMs, signal)
    }
  }

  #read(): Promise<DriftRun | undefined> {
    return readDriftRun(this.#ports.objects)
  }
}
