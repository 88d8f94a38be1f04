import type { Facts } from './facts.ts'

export type Note = (facts: Facts) => void

/** One step of an acceptance. Throws: it failed; `SkippedStep`: this deployment cannot run it, and why. */
export type Step<C> = {
  readonly name: string
  /** Notes each fact as soon as it is measured, so a later failure loses none. */
  readonly run: (context: C, note: Note) => Promise<void>
  /** The later steps need what this one makes: it stays until the end, and they do not run when this one fails. */
  readonly isBasis?: true
}

/** This deployment cannot run this step. */
export class SkippedStep extends Error {
  override readonly name = 'SkippedStep'
}

export type StepResult = {
  readonly step: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Of a step that failed or was skipped. */
  readonly reason?: string
  /** Of a step that failed: the last status of each input it wrote. */
  readonly statuses?: readonly string[]
  readonly seconds: number
  readonly facts: Facts
}

/** What a run has changed. */
export type Changes = {
  /** Begins a step. Answers how many changes are not undone yet. */
  beginStep(): number
  /** Undoes the changes since then, the last first. Throws when something is left. */
  undoSince(count: number): Promise<void>
  /** The last status of each input of the present step, in words. */
  describeInputs(): Promise<readonly string[]>
}

type Running<C> = {
  readonly context: C
  readonly steps: readonly Step<C>[]
  readonly onFacts?: Note
  readonly onResult?: (result: StepResult) => void
  /** Aborted: the present step ends, no other begins, and everything is undone. */
  readonly signal?: AbortSignal
  readonly monotonicMs: () => number
}

/** Runs each step, one after the other, and undoes what it made; whatever is left is undone at the end. */
export async function runAcceptance<C extends Changes>(running: Running<C>): Promise<readonly StepResult[]> {
  const { context, steps, onResult = () => {}, signal } = running
  const results: StepResult[] = []
  const add = (result: StepResult) => {
    results.push(result)
    onResult(result)
  }
  for (const [index, step] of steps.entries()) {
    const result = await runStep(running, step)
    add(result)
    const notTried = steps.length - index - 1
    const why = reasonToStop(step, result, signal)
    if (why === undefined || notTried === 0) continue
    const [outcome, reason] = ['skipped', `${notTried} not tried: ${why}`] as const
    add({ step: 'the other steps', outcome, reason, seconds: 0, facts: {} })
    break
  }
  const cleanUp = { name: 'clean up', run: () => context.undoSince(0) }
  add(await runStep(running, cleanUp))
  return results
}

function reasonToStop(step: Step<never>, { outcome }: StepResult, signal?: AbortSignal): string | undefined {
  if (signal?.aborted) return String(signal.reason)
  if (step.isBasis && outcome === 'failed') return `they need what '${step.name}' makes`
  return undefined
}

async function runStep<C extends Changes>(running: Running<C>, { name, run, isBasis }: Step<C>): Promise<StepResult> {
  const { context, onFacts = () => {}, monotonicMs } = running
  const beganMs = monotonicMs()
  const facts: Record<string, Facts[string]> = {}
  const note: Note = (more) => {
    Object.assign(facts, more)
    onFacts(more)
  }
  const before = context.beginStep()
  let outcome: StepResult['outcome'] = 'passed'
  let statuses: readonly string[] = []
  const reasons: string[] = []
  try {
    await run(context, note)
  } catch (error) {
    outcome = error instanceof SkippedStep ? 'skipped' : 'failed'
    reasons.push(textOf(error))
    if (outcome === 'failed') statuses = await context.describeInputs()
  }
  try {
    if (!isBasis) await context.undoSince(before)
  } catch (error) {
    outcome = 'failed'
    reasons.push(textOf(error))
  }
  const seconds = Math.round((monotonicMs() - beganMs) / 100) / 10
  return {
    ...{ step: name, outcome, seconds, facts },
    ...(reasons.length > 0 ? { reason: reasons.join('; ') } : {}),
    ...(statuses.length > 0 ? { statuses } : {}),
  }
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
