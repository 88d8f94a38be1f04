import type { PermissionSetName } from '../permission-sets/permission-set-name.ts'

/** Whether the last check left this part, or one into which it was divided: those are named `<part> <number>`. */
export type IsLeft = (unit: string) => boolean

const nights = 7
const dayMs = 24 * 60 * 60 * 1000

/** The permission sets to check this night. In seven consecutive nights each has its turn once; one that was left has its turn again. */
export function shareOfNight(
  names: readonly PermissionSetName[],
  at: Date,
  isLeft: IsLeft,
): readonly PermissionSetName[] {
  const night = Math.floor(at.getTime() / dayMs) % nights
  return names.filter((name) => hash(name) % nights === night || isLeft(name))
}

/** `left`: the parts that were open when this check began. */
export function leftBy(left: readonly string[]): IsLeft {
  const units = new Set(left.flatMap(listWholes))
  return (unit) => units.has(unit)
}

/** A check that the next one interrupts leaves its last parts. These come first, so that in some nights all have their turn. */
export function putLeftFirst<Part extends { readonly unit: string }>(
  parts: readonly Part[],
  isLeft: IsLeft,
): readonly Part[] {
  return [...parts.filter(({ unit }) => isLeft(unit)), ...parts.filter(({ unit }) => !isLeft(unit))]
}

/** This part and those of which it is a part. */
function listWholes(unit: string): readonly string[] {
  const words = unit.split(' ')
  return words.map((_, index) => words.slice(0, index + 1).join(' '))
}

/** Spreads names evenly. The night of a name does not depend on the other names. */
function hash(name: string): number {
  return [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003, 7)
}
