import { parseArgs } from 'node:util'

/** One thing that is measured, from outside, on a local system in a process of its own. */
export type Benchmark = {
  readonly name: string
  /** Name and options, each with its default. */
  readonly usage: string
  readonly summary: string
  readonly run: (options: readonly string[]) => Promise<Result>
}

export type Result = {
  readonly lines: readonly string[]
  readonly claims: readonly { readonly claim: string; readonly holds: boolean }[]
}

export class WrongUsageError extends Error {
  override readonly name = 'WrongUsageError'
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
