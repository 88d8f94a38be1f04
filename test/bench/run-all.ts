import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import pLimit from 'p-limit'
import { type Benchmark, exactly } from './benchmark.ts'
import { benchmarks } from './benchmarks.ts'
import { readPage, renderPage, writePage } from './performance-page.ts'
import { drawPlot, plotFile } from './performance-plot.ts'
import { type NamedFigure, namedFigures, writeResults } from './results.ts'

/** Twice what it takes on idle cores is a fault. */
const mostMs = 1_500_000
const program = fileURLToPath(new URL('bench.ts', import.meta.url))

/**
 * Each benchmark in a process of its own, so that none measures what another left behind. On virtual time two at once; what
 * this machine's clock measures has the machine to itself, afterwards. Answers the exit code.
 */
export async function runAll(): Promise<number> {
  const endsMs = performance.now() + mostMs
  const two = pLimit(2)
  const results = new Map<Benchmark, readonly NamedFigure[]>()
  const measure = async (benchmark: Benchmark) => {
    results.set(benchmark, await runOne(benchmark, endsMs - performance.now()))
  }
  const [virtual, machine] = [
    benchmarks.filter(({ clock }) => clock === 'virtual'),
    benchmarks.filter(({ clock }) => clock === 'machine'),
  ]
  await Promise.all(virtual.map((benchmark) => two(measure, benchmark)))
  for (const benchmark of machine) await measure(benchmark)
  const figures = benchmarks.flatMap((benchmark) => results.get(benchmark) ?? [])
  writeResults(figures)
  writePage(renderPage(readPage(), figures))
  writeFileSync(plotFile, drawPlot(figures))
  const missed = figures.filter(({ held }) => !held)
  process.stdout.write(`${figures.length} figures, ${missed.length} of them miss their goals\n`)
  return missed.length === 0 ? 0 : 1
}

async function runOne({ name }: Benchmark, limitMs: number): Promise<readonly NamedFigure[]> {
  const startedMs = performance.now()
  // A group of its own: what it starts ends with it when its time is up.
  const child = spawn(process.execPath, [program, name, '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  const timer = setTimeout(end, Math.max(0, limitMs))
  process.once('SIGINT', end)
  const [printed] = await Promise.all([text(child.stdout), once(child, 'exit')])
  clearTimeout(timer)
  process.off('SIGINT', end)
  const seconds = (performance.now() - startedMs) / 1000
  const figures = parse(printed) ?? [{ name, ...exactly(1, { figure: 'it ran to its end', value: 0, unit: 'times' }) }]
  const missed = figures.filter(({ held }) => !held).map(({ figure }) => figure)
  process.stdout.write(
    `${name}: ${figures.length} figures after ${seconds.toFixed(0)} s${missed.length === 0 ? '' : `; missed: ${missed.join(', ')}`}\n`,
  )
  return figures
}

/** Undefined: it ended before it had all its figures. */
function parse(printed: string): readonly NamedFigure[] | undefined {
  try {
    return namedFigures.parse(JSON.parse(printed))
  } catch {
    return undefined
  }
}
