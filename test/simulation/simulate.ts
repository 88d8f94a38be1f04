import { setImmediate } from 'node:timers/promises'
import * as fc from 'fast-check'
import { describeAction } from './action.ts'
import { drawActions, settingsFor } from './draw-lives.ts'
import type { Profile } from './profiles.ts'
import { type RunResult, runSimulation } from './run.ts'
import type { WorldSettings } from './world-settings.ts'

export type SimulationOptions = {
  readonly runs: number
  readonly seed: number
  readonly steps: number
  readonly profile?: Profile
  readonly path?: string
}

export type Failure = {
  readonly message: string
  readonly options: SimulationOptions
  readonly path: string
  readonly settings: WorldSettings
  /** In words, shrunk to the fewest actions that still show the violation. */
  readonly actions: readonly string[]
  readonly trace: readonly string[]
}

type Played = Pick<RunResult, 'steps' | 'actions' | 'faults'>
/** The played lives. */
export type SimulationReport = { readonly lives: readonly Played[]; readonly failure?: Failure }

/** The broken promise, the actions in words, and the command that replays them. */
export function describeFailure({ message, options, path, settings, actions }: Failure): string {
  const { seed, steps, profile } = options
  const replay = `npm run simulate -- --seed ${seed} --path ${path} --steps ${steps}${profile ? ` --profile ${profile}` : ''} --trace`
  return `\n${message}\n\nby these actions, with ${JSON.stringify(settings)}:\n${actions.map((line) => `  ${line}\n`).join('')}\nreplay: ${replay}\n`
}

const shrinksMost = 120

/** Runs until the first violation, which is then shrunk to the fewest actions that still show it. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const { runs, seed, steps, profile, path } = options
  const lives: Played[] = []
  let isShrinking = false
  let shrinks = 0
  const property = fc.asyncProperty(settingsFor(profile), drawActions(steps, profile), async (settings, drawn) => {
    // By then the life is short enough to read. Untried ones count as passed.
    if (isShrinking && ++shrinks > shrinksMost) return
    // A life consists only of microtasks. The memory that weak references kept for it, half a megabyte a life, is freed when the event loop
    // turns.
    await setImmediate()
    const { violation, trace: _, ...played } = await runSimulation(settings, drawn)
    if (!isShrinking) lives.push(played)
    if (!violation) return
    isShrinking = true
    throw violation
  })
  const details = await fc.check(property, { seed, numRuns: runs, path: path ?? '' })
  if (!details.failed) return { lives }
  if (!details.counterexample) throw new Error('the simulation ended early', { cause: details.errorInstance })
  const [settings, drawn] = details.counterexample
  const { violation, trace } = await runSimulation(settings, drawn)
  const { errorInstance: cause } = details
  if (!violation) throw new Error(`seed ${seed} is not deterministic: the violation did not come again`, { cause })
  const failure: Failure = {
    message: violation.message,
    options,
    path: details.counterexamplePath ?? '',
    settings,
    actions: drawn.map(describeAction),
    trace,
  }
  return { lives, failure }
}
