import type { Facts } from './facts.ts'

/** One step of an acceptance. Throws: it failed; `SkippedStep`: it cannot be done here, and why. */
export type Step<C> = { readonly name: string; readonly run: (context: C) => Promise<Facts> }

/** This step cannot be done here. */
export class SkippedStep extends Error {
  override readonly name = 'SkippedStep'
}

export type StepResult = {
  readonly step: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Of a step that failed or was skipped. */
  readonly reason?: string
  readonly seconds: number
  readonly facts: Facts
}

type Running<C> = {
  readonly context: C
  readonly steps: readonly Step<C>[]
  /** Runs whatever became of the steps, those that come last included. */
  readonly cleanUp: () => Promise<void>
  readonly onResult?: (result: StepResult) => void
  readonly monotonicMs: () => number
}

/** Runs each step, one after the other, and always cleans up; that is the last step. A step that fails ends none of the others. */
export async function runAcceptance<C>(running: Running<C>): Promise<readonly StepResult[]> {
  const { context, steps, cleanUp, onResult = () => {}, monotonicMs } = running
  const results: StepResult[] = []
  const last: Step<C> = {
    name: 'clean up',
    run: async () => {
      await cleanUp()
      return {}
    },
  }
  for (const { name: step, run } of [...steps, last]) {
    const beganMs = monotonicMs()
    const seconds = () => Math.round((monotonicMs() - beganMs) / 100) / 10
    let result: StepResult
    try {
      const facts = await run(context)
      result = { step, outcome: 'passed', seconds: seconds(), facts }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const outcome = error instanceof SkippedStep ? 'skipped' : 'failed'
      result = { step, outcome, reason, seconds: seconds(), facts: {} }
    }
    results.push(result)
    onResult(result)
  }
  return results
}
