import { readFileSync, writeFileSync } from 'node:fs'
import * as z from 'zod'
import type { Figure } from './benchmark.ts'

/** A figure and the benchmark that it is of: an element of what `--json` prints, and of bench/results.json. */
export type NamedFigure = { readonly name: string } & Figure

/** NaN and infinity are null in JSON. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN)
export const namedFigures: z.ZodType<NamedFigure[]> = z.array(
  z.strictObject({
    name: z.string(),
    figure: z.string(),
    value: number,
    unit: z.string(),
    bound: z.number().optional(),
    ratio: z.number().optional(),
    goal: z.string(),
    held: z.boolean(),
  }),
)

const file = new URL('../../bench/results.json', import.meta.url)

export function readResults(): readonly NamedFigure[] {
  return namedFigures.parse(JSON.parse(readFileSync(file, 'utf8')))
}

export function writeResults(figures: readonly NamedFigure[]): void {
  writeFileSync(file, renderFigures(figures))
}

export function renderFigures(figures: readonly NamedFigure[]): string {
  return `${JSON.stringify(figures, undefined, 2)}\n`
}
