import type { Facts } from './facts.ts'

/** `undefined` or an empty text: the step could not measure this fact, so it did not check everything, and counts as skipped. */
export type Note = (facts: Readonly<Record<string, Facts[string] | undefined>>) => void

/** One step of an acceptance. Throws: it failed; `SkippedStep`: this deployment cannot run it, and why. */
export type Step<C> = {
  readonly name: string
  /** Notes each fact as soon as it is measured, so a later failure loses none. */
  readonly run: (context: C, note: Note) => Promise<void>
  /** The later steps need what this one makes: it stays until the end, and they do not run when this one fails. */
  readonly isBasis?: true
}

/** This deployment cannot run this step, or not all of it. */
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
  readonly onFacts?: (facts: Facts) => void
  readonly onResult?: (result: StepResult) => void
  /** Aborted: the present step ends, no other begins, and everything is undone. */
  readonly signal?: AbortSignal
  readonly monotonicMs: () => number
}

/** 0: everything was checked, and passed; 1: a step failed, or a signal came; 3: nothing failed, and something was not checked. */
export function exitCodeOf(results: readonly StepResult[], signal?: AbortSignal): 0 | 1 | 3 {
  const has = (wanted: StepResult['outcome']) => results.some(({ outcome }) => outcome === wanted)
  if (has('failed') || signal?.aborted) return 1
  return has('skipped') ? 3 : 0
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
  const notMeasured: string[] = []
  const note: Note = (more) => {
    const measured: Record<string, Facts[string]> = {}
    for (const [fact, value] of Object.entries(more))
      if (value === undefined || value === '') notMeasured.push(fact)
      else measured[fact] = value
    Object.assign(facts, measured)
    if (Object.keys(measured).length > 0) onFacts(measured)
  }
  const before = context.beginStep()
  let outcome: StepResult['outcome'] = 'passed'
  let statuses: readonly string[] = []
  const reasons: string[] = []
  try {
    await run(context, note)
    if (notMeasured.length > 0) throw new SkippedStep(`not measured: ${notMeasured.join(', ')}`)
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
