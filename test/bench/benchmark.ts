import { parseArgs } from 'node:util'

/** One thing that is measured. */
export type Benchmark = {
  readonly name: string
  /** Name and options, each with its default. */
  readonly usage: string
  readonly summary: string
  /** What tells the time: the virtual clock of the memory adapters, or this machine's, with all else that it does meanwhile. */
  readonly clock: 'virtual' | 'machine'
  readonly run: (options: readonly string[]) => Promise<Result>
}

/** `bound`: what no program could go below. `ratio`: value ÷ bound. */
export type Figure = {
  readonly figure: string
  readonly value: number
  readonly unit: string
  readonly bound?: number
  readonly ratio?: number
  readonly goal: string
  readonly held: boolean
}

export type Result = {
  readonly lines: readonly string[]
  readonly figures: readonly Figure[]
}

export class WrongUsageError extends Error {
  override readonly name = 'WrongUsageError'
}

type Measured = Pick<Figure, 'figure' | 'value' | 'unit' | 'bound'>

export function atMost(most: number, measured: Measured): Figure {
  return judged(measured, `≤ ${most}`, measured.value <= most)
}

export function atLeast(least: number, measured: Measured): Figure {
  return judged(measured, `≥ ${least}`, measured.value >= least)
}

export function exactly(expected: number, measured: Measured): Figure {
  return judged(measured, `= ${expected}`, measured.value === expected)
}

/** At most so many times the bound. */
export function nearBound(mostRatio: number, measured: Measured & { readonly bound: number }): Figure {
  return judged(measured, `≤ ${mostRatio} × bound`, measured.value <= mostRatio * measured.bound)
}

/** A figure that is told, and that nothing asks for. */
export function withoutGoal(measured: Measured): Figure {
  return judged(measured, 'none', Number.isFinite(measured.value))
}

/** It is judged before it is rounded. */
function judged({ figure, value, unit, bound }: Measured, goal: string, held: boolean): Figure {
  const beside = bound === undefined ? {} : { bound: round(bound), ratio: round(value / bound) }
  return { figure, value: round(value), unit, ...beside, goal, held }
}

/** Four digits tell enough; of a count, all. */
function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4))
}

/** How much of what its goal allows a figure takes: 1 is all of it, more is too much. Undefined: its goal is not of that kind. */
export function shareOfGoal({ value, ratio, goal }: Figure): number | undefined {
  const [, sign, text, ofBound] = /^([≤≥]) ([\d.]+)( × bound)?$/.exec(goal) ?? []
  if (text === undefined || Number(text) === 0) return undefined
  if (ofBound !== undefined) return ratio === undefined ? undefined : ratio / Number(text)
  return sign === '≤' ? value / Number(text) : Number(text) / value
}

/** Options that are whole numbers, by name, with their defaults. Throws WrongUsageError. */
export function parseNumbers<Name extends string>(
  options: readonly string[],
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const numbers: Record<Name, number> = { ...defaults }
  for (const [name, text] of Object.entries(parseTexts(options, Object.keys(defaults)))) {
    if (!/^\d{1,6}$/.test(text)) throw new WrongUsageError(`received --${name} ${text}, expected a whole number`)
    numbers[name as Name] = Number(text)
  }
  return numbers
}

function parseTexts(options: readonly string[], names: readonly string[]): Record<string, string> {
  try {
    const known = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
    return { ...parseArgs({ args: [...options], options: known }).values } as Record<string, string>
  } catch (error) {
    throw new WrongUsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** The value that `share` of the values do not exceed (nearest rank); 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  const ascending = values.toSorted((a, b) => a - b)
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] ?? Number.NaN
}
