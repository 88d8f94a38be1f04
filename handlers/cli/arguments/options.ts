import { InvalidArgumentError } from 'commander'

/** A parser for an option that takes a whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (!/^\d+$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`)
    return number
  }
}

/** A parser for an option that may be given several times: all its values, in order. */
export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
