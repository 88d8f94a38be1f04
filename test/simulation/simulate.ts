import { setImmediate } from 'node:timers/promises'
import * as fc from 'fast-check'
import { type Action, action, describeAction } from './action.ts'
import { canonicalLives } from './canonical-lives.ts'
import { hostileLives, requestLives } from './people-lives.ts'
import { type RunResult, runSimulation } from './run.ts'
import { lived } from './scenarios.ts'
import type { WorldSettings } from './simulated-world.ts'
import { believedMs } from './time-actions.ts'

export const profiles = ['brake', 'hostile', 'requests'] as const
export type Profile = (typeof profiles)[number]
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

/** How long assignment requests take: mostly moments, sometimes minutes, some of them hours. */
const latencies = [
  { latencyMs: 300, latencyP99Ms: 1_200 },
  { latencyMs: 300, latencyP99Ms: 1_200 },
  { latencyMs: 300, latencyP99Ms: 1_200 },
  { latencyMs: 300, latencyP99Ms: 20_000 },
  { latencyMs: 90_000, latencyP99Ms: 200_000 },
  { latencyMs: 300, latencyP99Ms: 600_000 },
  { latencyMs: 300, latencyP99Ms: 3_600_000 },
] as const

const settingsFor = (profile: Profile | undefined): fc.Arbitrary<WorldSettings> =>
  fc.tuple(fc.constantFrom(...latencies), restOf(profile)).map(([latency, { readLagMs, ...rest }]) => ({
    ...latency,
    ...rest,
    readLagMs: readLagMs && Math.min(readLagMs, believedMs - 2 * rest.skewMs),
  }))

/** How far listings may lag behind. */
const readLags = [undefined, 10_000, 240_000] as const

const restOf = (profile: Profile | undefined): fc.Arbitrary<Omit<WorldSettings, keyof (typeof latencies)[number]>> =>
  fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 30 }),
    outstanding: fc.constantFrom(1, 2, 15),
    provisionings: fc.constantFrom(1, 3),
    brakeCount: profile === 'brake' ? fc.constantFrom(1, 2) : fc.constantFrom(undefined, undefined, undefined, 1, 2),
    mischief: fc.constantFrom('any', 'any', 'any', 'refusals', 'refusals', 'late'),
    readLagMs: fc.constantFrom(...readLags),
    skewMs: fc.constantFrom(0, 0, 120_000),
  })

const shrinksMost = 120
const stepsMost = 30

/** Single actions and scenarios mixed, `most` actions at most. One life in eight is mostly that of a hostile uploader. */
function drawActions(most: number, profile: Profile | undefined): fc.Arbitrary<readonly Action[]> {
  const single = action.map((one): readonly Action[] => [one])
  const part = fc.oneof({ weight: 3, arbitrary: single }, { weight: 1, arbitrary: lived(canonicalLives) })
  const hostile = fc.oneof({ weight: 1, arbitrary: part }, { weight: 2, arbitrary: lived(hostileLives) })
  if (profile === 'hostile') return partsOf(hostile, most)
  const asked = fc.oneof({ weight: 1, arbitrary: part }, { weight: 2, arbitrary: lived(requestLives) })
  if (profile === 'requests') return partsOf(asked, most)
  return fc.oneof({ weight: 7, arbitrary: partsOf(part, most) }, { weight: 1, arbitrary: partsOf(hostile, most) })
}

/** The lives that a seed draws, without shrinking. */
export function drawLives(seed: number, runs: number, profile?: Profile) {
  return fc.sample(fc.tuple(settingsFor(profile), drawActions(stepsMost, profile)), { seed, numRuns: runs })
}

function partsOf(part: fc.Arbitrary<readonly Action[]>, most: number): fc.Arbitrary<readonly Action[]> {
  return fc
    .array(part, { minLength: Math.min(most, 4), maxLength: Math.ceil(most / 2), size: 'max' })
    .map((parts) => parts.flat().slice(0, most))
}

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
