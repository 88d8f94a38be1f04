import type { PermissionSetName } from '../permission-sets/permission-set-name.ts'

const nights = 7
const dayMs = 24 * 60 * 60 * 1000

/** The permission sets to check this night. In seven consecutive nights each has its turn once. */
export function shareOfNight(names: readonly PermissionSetName[], at: Date): readonly PermissionSetName[] {
  const night = Math.floor(at.getTime() / dayMs) % nights
  return names.filter((name) => hash(name) % nights === night)
}

/** Spreads names evenly. The night of a name does not depend on the other names. */
function hash(name: string): number {
  return [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003, 7)
}
