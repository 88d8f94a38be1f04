import { readFileSync, writeFileSync } from 'node:fs'
import { benchmarks } from './benchmarks.ts'
import type { NamedFigure } from './results.ts'

const file = new URL('../../docs/performance.md', import.meta.url)
const begin = '<!-- measured: npm run bench writes from here -->'
const end = '<!-- measured: to here -->'

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
  return `${before}${begin}\n\n${renderTable(figures)}\n${end}${after}`
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const parts = text.split(mark)
  if (parts.length !== 2) throw new Error(`docs/performance.md has ${mark} ${parts.length - 1} times, expected once`)
  return [parts[0] ?? '', parts[1] ?? '']
}

const clocks = new Map(benchmarks.map(({ name, clock }) => [name, clock === 'virtual' ? 'virtual' : 'this machine']))

function renderTable(figures: readonly NamedFigure[]): string {
  const rows = figures.map(({ name, figure, value, unit, bound, ratio, goal, held }) => [
    `\`${name}\``,
    figure,
    `${renderNumber(value)} ${unit}`.trim(),
    bound === undefined ? '' : renderNumber(bound),
    ratio === undefined ? '' : renderNumber(ratio),
    goal,
    held ? 'yes' : '**no**',
    clocks.get(name) ?? '',
  ])
  const head = ['benchmark', 'figure', 'value', 'bound', 'ratio', 'goal', 'held', 'clock']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

function renderNumber(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString('en', { maximumFractionDigits: 4 }) : 'none'
}
