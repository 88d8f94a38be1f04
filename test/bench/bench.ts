import { type Benchmark, WrongUsageError } from './benchmark.ts'
import { bundles } from './bundles.ts'
import { drift } from './drift.ts'
import { flood } from './flood.ts'
import { importBenchmark } from './import.ts'
import { latency } from './latency.ts'
import { permissionSets } from './permission-sets.ts'
import { reconcileBenchmark } from './reconcile.ts'
import { report } from './report.ts'
import { throughput } from './throughput.ts'
import { validate } from './validate.ts'
import { who } from './who.ts'

/** `npm run bench -- <name> [options]`; without a name: which there are. Exit 1: what is claimed does not hold. */
const benchmarks: readonly Benchmark[] = [
  latency,
  throughput,
  permissionSets,
  reconcileBenchmark,
  drift,
  importBenchmark,
  flood,
  validate,
  bundles,
  who,
  report,
]

const [name, ...options] = process.argv.slice(2)
const benchmark = benchmarks.find((one) => one.name === name)
if (benchmark !== undefined) {
  process.exitCode = await run(benchmark)
} else {
  const list = benchmarks.map(({ usage, summary }) => `  npm run bench -- ${usage}\n      ${summary}\n`).join('')
  process.stdout.write(`${name === undefined ? '' : `There is no benchmark '${name}'. `}Benchmarks:\n${list}`)
  process.exitCode = name === undefined ? 0 : 2
}

async function run({ name, usage, run }: Benchmark): Promise<number> {
  try {
    const { lines, claims } = await run(options)
    process.stdout.write(`${lines.join('\n')}\n`)
    for (const { claim, holds } of claims) process.stdout.write(`${holds ? 'holds ' : 'BROKEN'}  ${claim}\n`)
    return claims.every(({ holds }) => holds) ? 0 : 1
  } catch (error) {
    if (!(error instanceof WrongUsageError)) throw error
    process.stderr.write(`${name}: ${error.message}; usage: npm run bench -- ${usage}\n`)
    return 2
  }
}
