import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { allFaults, type FaultPart, type LifeReport, playFaults, tellEveryFault } from './every-fault.ts'
import { tellEveryState } from './every-state.ts'
import { tellPastFaults } from './past-faults/try-past-faults.ts'
import { type Profile, profiles } from './profiles.ts'
import { type SabotagePart, type SabotageReport, trySabotages } from './sabotage.ts'
import { describeFailure, type SimulationOptions, type SimulationReport, simulate } from './simulate.ts'

const options = {
  runs: { type: 'string' },
  seed: { type: 'string' },
  steps: { type: 'string', default: '30' },
  profile: { type: 'string' },
  path: { type: 'string' },
  workers: { type: 'string' },
  trace: { type: 'boolean', default: false },
  'every-state': { type: 'boolean', default: false },
  'every-fault': { type: 'boolean', default: false },
  share: { type: 'string', default: '1' },
  sabotage: { type: 'boolean', default: false },
  'past-faults': { type: 'boolean', default: false },
  only: { type: 'string' },
} as const

const help = `npm run simulate -- [options]

Draws lives of a deployment from a seed, with faults, and checks the promises after each step.
  --runs N         how many lives; default 300
  --seed N         the seed of the first; default: a random one, which is printed
  --steps N        how many steps each has; default 30
  --profile NAME   only lives of this kind: ${profiles.join(', ')}
  --path PATH      the one failing life that a failure printed, with its --seed
  --trace          prints what happened before each failure
  --every-state    checks every state of the decisions instead of drawing lives
  --every-fault    tries every single fault instead; --share N: only every Nth
  --sabotage       breaks the product on purpose, and says whether the lives notice; --only TEXT: only these defects
  --past-faults    puts mended faults back, one at a time, and says which lives notice; --only, --runs
  --workers N      processes at a time; default: one for each processor
  -h, --help       prints this
Exit code 0: no promise was broken; 1: one was.
`

/** `npm run simulate`: divides the runs over the processors. Each part has its own seed, which follows from the given one. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h', default: false } } })
  if (values.help) return void process.stdout.write(help)
  if (values['every-state']) {
    process.exitCode = tellEveryState() ? 0 : 1
    return
  }
  const workers = Number(values.workers ?? availableParallelism())
  if (values['every-fault']) {
    process.exitCode = (await tellEachFault(Number(values.share), workers)) ? 0 : 1
    return
  }
  if (values['past-faults']) {
    const asked = { faultsWith: values.only ?? '', runs: Number(values.runs ?? 0), workers }
    process.exitCode = (await tellPastFaults(asked)) ? 0 : 1
    return
  }
  if (values.sabotage) {
    const asked = { sabotagesWith: values.only ?? '', runs: Number(values.runs ?? 300), share: Number(values.share) }
    process.exitCode = (await tellSabotages(asked, workers)) ? 0 : 1
    return
  }
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(values.seed)
  const profile = parseProfile(values.profile)
  process.stdout.write(`seed ${seed}\n`)
  const base = { seed, steps: Number(values.steps), ...(profile ? { profile } : {}) }
  const startedMs = performance.now()
  const reports =
    values.path === undefined
      ? await inParallel({ ...base, runs: Number(values.runs ?? 300) }, workers)
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
  const part = allFaults(share)
  const reports = await Promise.all(Array.from({ length: workers }, () => runWorker<readonly LifeReport[]>(part)))
  return tellEveryFault(reports.flat(), (performance.now() - startedMs) / 1000)
}

/** Each defect must be found. */
async function tellSabotages(asked: Omit<SabotagePart, 'part' | 'parts'>, workers: number): Promise<boolean> {
  const work = Array.from({ length: workers }, (_, part): SabotagePart => ({ ...asked, part, parts: workers }))
  const reports = (await Promise.all(work.map((part) => runWorker<readonly SabotageReport[]>(part)))).flat()
  const found = reports.filter((report) => report.found !== undefined).length
  process.stdout.write(`${found} of ${reports.length} found\n`)
  return found === reports.length
}

function runWorker<Report>(options: SimulationOptions | FaultPart | SabotagePart): Promise<Report> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(import.meta.filename, { workerData: options })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

function tell(reports: readonly SimulationReport[], seconds: number, trace: boolean): void {
  const lives = reports.flatMap((report) => report.lives)
  const sum = (of: (life: (typeof lives)[number]) => number) => lives.reduce((total, life) => total + of(life), 0)
  process.stdout.write(
    `runs ${lives.length}, steps ${sum(({ steps }) => steps)}, events ${sum(({ actions }) => actions)}, ${seconds.toFixed(1)} s\nfaults injected:\n`,
  )
  for (const kind of [...new Set(lives.flatMap(({ faults }) => Object.keys(faults)))].sort()) {
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

function work(data: SimulationOptions | FaultPart | SabotagePart): Promise<unknown> {
  if ('sabotagesWith' in data) return trySabotages(data)
  return 'taken' in data ? playFaults(data) : simulate(data)
}

if (isMainThread) await main()
else parentPort?.postMessage(await work(workerData))
