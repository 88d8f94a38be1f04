import { writeFileSync } from 'node:fs'
import { type Benchmark, type Figure, WrongUsageError } from './benchmark.ts'
import { benchmarks } from './benchmarks.ts'
import { readPage, renderPage, writePage } from './performance-page.ts'
import { drawPlot, plotFile } from './performance-plot.ts'
import { readResults, renderFigures, writeResults } from './results.ts'
import { runAll } from './run-all.ts'

const help = `  npm run bench
      all of them in about twelve minutes; writes docs/performance.md, its plot, and bench/results.json
  npm run bench -- NAME [options] [--json] [--write]
      one; --json prints its figures and nothing else (npm itself is silent with npm run --silent bench -- NAME --json);
      --write writes its figures, and no others, into docs/performance.md and bench/results.json
  npm run bench -- --list
      this
Exit 0: every figure holds its goal; 1: one does not; 2: wrong usage.
`

const [name, ...options] = process.argv.slice(2)
const benchmark = benchmarks.find((one) => one.name === name)
if (benchmark !== undefined) process.exitCode = await run(benchmark)
else if (name === undefined) process.exitCode = await runAll()
else if (name === '--list') process.stdout.write(renderList())
else {
  process.stderr.write(`There is no benchmark '${name}'.\n${renderList()}`)
  process.exitCode = 2
}

async function run({ name, usage, run }: Benchmark): Promise<number> {
  try {
    const isJson = options.includes('--json')
    const { lines, figures } = await run(options.filter((option) => option !== '--json' && option !== '--write'))
    const told = isJson ? process.stderr : process.stdout
    told.write(`${[...lines, ...figures.map(renderFigure)].join('\n')}\n`)
    if (isJson) process.stdout.write(renderFigures(figures.map((figure) => ({ name, ...figure }))))
    if (options.includes('--write')) writeOne(name, figures)
    return figures.every(({ held }) => held) ? 0 : 1
  } catch (error) {
    if (!(error instanceof WrongUsageError)) throw error
    process.stderr.write(`${name}: ${error.message}; usage: npm run bench -- ${usage}\n`)
    return 2
  }
}

/** In the place of its former figures. */
function writeOne(name: string, figures: readonly Figure[]): void {
  const former = readResults()
  const first = former.findIndex((one) => one.name === name)
  const before = former.slice(0, first < 0 ? undefined : first)
  const after = former.slice(before.length).filter((one) => one.name !== name)
  const all = [...before, ...figures.map((figure) => ({ name, ...figure })), ...after]
  writeResults(all)
  writePage(renderPage(readPage(), all))
  writeFileSync(plotFile, drawPlot(all))
}

function renderFigure({ figure, value, unit, bound, ratio, goal, held }: Figure): string {
  const beside = bound === undefined ? '' : `; bound ${bound}, ratio ${ratio}`
  return `${held ? 'held  ' : 'MISSED'}  ${figure}: ${value} ${unit} (goal ${goal}${beside})`
}

function renderList(): string {
  const list = benchmarks.map(({ usage, summary }) => `  npm run bench -- ${usage}\n      ${summary}\n`)
  return `${help}\nTold in docs/performance.md:\n${list.join('')}`
}
