import { setImmediate } from 'node:timers/promises'
import * as fc from 'fast-check'
import { describeAction } from './action.ts'
import { drawActions, type Profile, settingsFor } from './draw-lives.ts'
import { type RunResult, runSimulation } from './run.ts'
import type { WorldSettings } from './simulated-world.ts'

export type SimulationOptions = {
  readonly runs: number
  readonly seed: number
  readonly steps: number
  readonly profile?: Profile
  readonly path?: string
}

export type Failure = {
  readonly message: string
  readonly promise: string
  readonly options: SimulationOptions
  readonly path: string
  readonly settings: WorldSettings
  /** In words, shrunk to the fewest that still show it. */
  readonly actions: readonly string[]
  readonly trace: readonly string[]
}

export type SimulationReport = {
  readonly runs: number
  readonly steps: number
  readonly actions: number
  readonly faults: Readonly<Record<string, number>>
  readonly failure?: Failure
}

/** The promise broken, the actions in words, and the line that replays them. */
export function describeFailure({ message, options, path, settings, actions }: Failure): string {
  const { seed, steps, profile } = options
  const replay = `npm run simulate -- --seed ${seed} --path ${path} --steps ${steps}${profile ? ` --profile ${profile}` : ''} --trace`
  return `\n${message}\n\nby these actions, with ${JSON.stringify(settings)}:\n${actions.map((line) => `  ${line}\n`).join('')}\nreplay: ${replay}\n`
}

const shrinksMost = 120

/** Runs until the first violation, which is then shrunk to the fewest actions that still show it. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const { runs, seed, steps, profile, path } = options
  const total = { runs: 0, steps: 0, actions: 0, faults: new Map<string, number>() }
  let isShrinking = false
  let shrinks = 0
  const property = fc.asyncProperty(settingsFor(profile), drawActions(steps, profile), async (settings, drawn) => {
    // Enough to be read by then; what is left untried counts as passed.
    if (isShrinking && ++shrinks > shrinksMost) return
    // A life is microtasks only. What weak references kept for it goes when the event loop turns: half a megabyte a life.
    await setImmediate()
    const result = await runSimulation(settings, drawn)
    if (!isShrinking) count(result, total)
    if (!result.violation) return
    isShrinking = true
    throw result.violation
  })
  const details = await fc.check(property, {
    seed,
    numRuns: runs,
    ...(path === undefined ? {} : { path }),
  })
  const report = { ...total, faults: Object.fromEntries([...total.faults].sort()) }
  if (!details.failed) return report
  if (!details.counterexample) throw new Error('the simulation ended early', { cause: details.errorInstance })
  const [settings, drawn] = details.counterexample
  const { violation, trace } = await runSimulation(settings, drawn)
  if (!violation)
    throw new Error(`seed ${seed} is not deterministic: the violation did not come again`, {
      cause: details.errorInstance,
    })
  const failure: Failure = {
    message: violation.message,
    promise: violation.promise,
    options,
    path: details.counterexamplePath ?? '',
    settings,
    actions: drawn.map(describeAction),
    trace,
  }
  return { ...report, failure }
}

function count(
  result: RunResult,
  total: { runs: number; steps: number; actions: number; faults: Map<string, number> },
): void {
  total.runs++
  total.steps += result.steps
  total.actions += result.actions
  for (const [kind, times] of Object.entries(result.faults))
    total.faults.set(kind, (total.faults.get(kind) ?? 0) + times)
}
