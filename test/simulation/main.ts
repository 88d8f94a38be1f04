import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type FaultPart, type LifeReport, playFaults, tellEveryFault } from './every-fault.ts'
import { tellEveryState } from './every-state.ts'
import { regressions } from './regressions.ts'
import { runSimulation } from './run.ts'
import { tellSabotages } from './sabotage.ts'
import {
  describeFailure,
  type Profile,
  profiles,
  type SimulationOptions,
  type SimulationReport,
  simulate,
} from './simulate.ts'

/** `npm run simulate`: runs split over the processors, each part with a seed of its own that follows from the one given. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string' },
      seed: { type: 'string' },
      steps: { type: 'string', default: '30' },
      profile: { type: 'string' },
      path: { type: 'string' },
      workers: { type: 'string' },
      trace: { type: 'boolean', default: false },
      promises: { type: 'string' },
      'no-shrink': { type: 'boolean', default: false },
      'no-sweep': { type: 'boolean', default: false },
      regressions: { type: 'boolean', default: false },
      'every-state': { type: 'boolean', default: false },
      'every-fault': { type: 'boolean', default: false },
      share: { type: 'string', default: '1' },
      sabotage: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  })
  if (values['every-state']) {
    process.exitCode = tellEveryState() ? 0 : 1
    return
  }
  if (values['every-fault']) {
    process.exitCode = (await tellEachFault(Number(values.share), Number(values.workers ?? availableParallelism())))
      ? 0
      : 1
    return
  }
  if (values.sabotage) {
    process.exitCode = (await tellSabotages(values.only, Number(values.runs ?? 2000))) ? 0 : 1
    return
  }
  const judged = {
    sweeps: !values['no-sweep'],
    ...(values.promises === undefined ? {} : { promises: values.promises.split(',') }),
  }
  if (values.regressions) {
    await tellRegressions(judged)
    return
  }
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(values.seed)
  const profile = parseProfile(values.profile)
  process.stdout.write(`seed ${seed}\n`)
  const base = {
    seed,
    steps: Number(values.steps),
    shrink: !values['no-shrink'],
    ...judged,
    ...(profile ? { profile } : {}),
  }
  const startedMs = performance.now()
  const reports =
    values.path === undefined
      ? await inParallel(
          { ...base, runs: Number(values.runs ?? 300) },
          Number(values.workers ?? availableParallelism()),
        )
      : [await simulate({ ...base, runs: Number(values.runs ?? 1), path: values.path })]
  tell(reports, (performance.now() - startedMs) / 1000, values.trace)
}

function parseProfile(name: string | undefined): Profile | undefined {
  const profile = profiles.find((known) => known === name)
  if (name !== undefined && profile === undefined)
    throw new Error(`received --profile ${name}, expected one of ${profiles.join(', ')}`)
  return profile
}

function inParallel(options: SimulationOptions, workers: number): Promise<readonly SimulationReport[]> {
  const parts = Math.min(workers, options.runs)
  return Promise.all(
    Array.from({ length: parts }, (_, part) => {
      const runs = Math.floor(options.runs / parts) + (part < options.runs % parts ? 1 : 0)
      return runWorker<SimulationReport>({ ...options, runs, seed: options.seed + part * 1_000_003 })
    }),
  )
}

async function tellEachFault(share: number, workers: number): Promise<boolean> {
  const startedMs = performance.now()
  const work = Array.from({ length: workers }, (_, part): FaultPart => ({ share, part, parts: workers }))
  const reports = await Promise.all(work.map((part) => runWorker<readonly LifeReport[]>(part)))
  return tellEveryFault(reports, (performance.now() - startedMs) / 1000)
}

function runWorker<Report>(options: SimulationOptions | FaultPart): Promise<Report> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(import.meta.filename, { workerData: options })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

/** Plays each of them, and tells those that break a promise. */
async function tellRegressions({ sweeps, promises }: Pick<SimulationOptions, 'sweeps' | 'promises'>): Promise<void> {
  let violations = 0
  for (const { name, settings, actions } of regressions) {
    const { violation } = await runSimulation({ ...settings, sweeps }, actions, promises)
    if (!violation) continue
    violations++
    process.stdout.write(`\n${violation.message}\nregression: ${name}\n`)
  }
  process.stdout.write(`violations: ${violations}\n`)
  process.exitCode = violations > 0 ? 1 : 0
}

function tell(reports: readonly SimulationReport[], seconds: number, trace: boolean): void {
  const sum = (of: (report: SimulationReport) => number) => reports.reduce((total, report) => total + of(report), 0)
  process.stdout.write(
    `runs ${sum(({ runs }) => runs)}, steps ${sum(({ steps }) => steps)}, events ${sum(({ actions }) => actions)}, ${seconds.toFixed(1)} s\nfaults injected:\n`,
  )
  for (const kind of [...new Set(reports.flatMap(({ faults }) => Object.keys(faults)))].sort()) {
    process.stdout.write(`  ${kind.padEnd(18)} ${sum(({ faults }) => faults[kind] ?? 0)}\n`)
  }
  const failures = reports.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  for (const failure of failures) {
    process.stdout.write(describeFailure(failure))
    if (trace) process.stdout.write(`${failure.trace.join('\n')}\n`)
  }
  process.stdout.write(`violations: ${failures.length}\n`)
  process.exitCode = failures.length > 0 ? 1 : 0
}

if (isMainThread) await main()
else parentPort?.postMessage(await ('share' in workerData ? playFaults(workerData) : simulate(workerData)))
