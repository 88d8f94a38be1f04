import { readFileSync, writeFileSync } from 'node:fs'
import { benchmarks } from './benchmarks.ts'
import type { NamedFigure } from './results.ts'

const file = new URL('../../docs/performance.md', import.meta.url)
const begin = '<!-- measured: npm run bench writes from here -->'
const end = '<!-- measured: to here -->'
/** A figure of `cost`: the first line of the table of what a month costs. */
export const monthFigure = 'a month of 1,000 accounts in which nothing changes'

/** Of the same month, in millions. */
export const monthRequestsFigure = `${monthFigure}: requests to S3`

export function readPage(): string {
  return readFileSync(file, 'utf8')
}

export function writePage(page: string): void {
  writeFileSync(file, page)
}

/** The page with its table of figures written again; what a person wrote around it stays. */
export function renderPage(page: string, figures: readonly NamedFigure[]): string {
  const [before, rest] = splitAt(page, begin)
  const [, after] = splitAt(rest, end)
  return `${before}${begin}\n\n${renderLists(figures)}\n${end}${withMonthCost(after, figures)}`
}

/** Of the table of a month's cost, what is measured, and the sum; the other lines come from the templates (test/infra/month-cost.ts). */
function withMonthCost(page: string, figures: readonly NamedFigure[]): string {
  const worked = figures.find(({ figure }) => figure === monthFigure)
  if (worked === undefined) return page
  const measured = page.replace(/(?<=^\| requests to S3 .* \| )[\d.]+(?= \|$)/m, worked.value.toFixed(2))
  const [table = ''] = /^\| of an idle month .*?(?=^\| together)/ms.exec(measured) ?? []
  const sum = [...table.matchAll(/ ([\d.]+) \|$/gm)].reduce((total, [, dollars]) => total + Number(dollars), 0)
  return measured.replace(/(?<=^\| together \| \| )[\d.]+(?= \|$)/m, sum.toFixed(2))
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const parts = text.split(mark)
  if (parts.length !== 2) throw new Error(`docs/performance.md has ${mark} ${parts.length - 1} times, expected once`)
  return [parts[0] ?? '', parts[1] ?? '']
}

const clocks = new Map(benchmarks.map(({ name, clock }) => [name, clock === 'virtual' ? 'virtual' : 'this machine']))

/** A list for each benchmark, with goals in brackets. A figure without a goal stands in bench/results.json alone, unless its benchmark has no goals. */
function renderLists(figures: readonly NamedFigure[]): string {
  return [...Map.groupBy(figures, ({ name }) => name)].map(renderBenchmark).join('\n')
}

/** The page says once, above, that these hold. */
const ofLimits = /: calls (?:in any rolling second|turned away)$/

function renderBenchmark([name, figures]: readonly [string, readonly NamedFigure[]]): string {
  const withGoals = figures.filter(({ goal }) => goal !== 'none')
  const shown = (withGoals.length > 0 ? withGoals : figures).filter(
    ({ figure, held }) => !(held && ofLimits.test(figure)),
  )
  const rows = shown.map(({ figure, value, unit, bound, ratio, goal, held }) => {
    const beside =
      bound === undefined || ratio === undefined ? '' : `, ${renderNumber(ratio)} × bound of ${renderNumber(bound)}`
    const result = `${renderNumber(value)} ${unit}`.trim()
    return `- ${figure}: **${result}**${beside}${goal === 'none' ? '' : ` (${goal}${held ? '' : ', **missed**'})`}\n`
  })
  return `\`${name}\`, ${clocks.get(name)}:\n\n${rows.join('')}`
}

function renderNumber(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString('en', { maximumFractionDigits: 4 }) : 'none'
}
