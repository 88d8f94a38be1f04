import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { cutToWidth, textWidth } from './text-width.ts'

const gap = 2
const columnLeast = 8

/**
 * Rows in columns. With `width`, it cuts columns, the widest first, until the lines fit; those in `kept` (from 0) stay whole. Names from
 * outside are escaped.
 */
export function renderTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
  kept: readonly number[] = [],
): string {
  const lines = [titles.map((title) => title.toUpperCase()), ...rows.map((row) => row.map((cell) => quote(cell, 2000)))]
  const widths = narrow(
    titles.map((_, column) => lines.reduce((most, line) => Math.max(most, textWidth(line[column] ?? '')), 0)),
    width,
    kept,
  )
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => pad(cell, widths[column] ?? 0))
          .join('')
          .trimEnd()}\n`,
    )
    .join('')
}

/** The width of the terminal; `undefined`: standard output is no terminal, and nothing is cut. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined
}

function narrow(wanted: readonly number[], width: number | undefined, kept: readonly number[]): readonly number[] {
  const widths = [...wanted]
  const spaces = gap * (widths.length - 1)
  const sum = () => widths.reduce((total, one) => total + one, spaces)
  while (width !== undefined && sum() > width) {
    const widest = widths.reduce((most, one, column) => (kept.includes(column) ? most : Math.max(most, one)), 0)
    if (widest <= columnLeast) break
    const column = widths.findIndex((one, index) => one === widest && !kept.includes(index))
    widths[column] = widest - 1
  }
  return widths
}

function pad(cell: string, width: number): string {
  const text = cutToWidth(cell, width)
  return text + ' '.repeat(width - textWidth(text) + gap)
}
