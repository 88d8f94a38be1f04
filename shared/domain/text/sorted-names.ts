/** Ascending names without repeats, of which there may be tens of thousands. Each function takes well under a millisecond then. */

export function hasName(names: readonly string[], name: string): boolean {
  return names[placeOf(names, name)] === name
}

export function withName<T extends string>(names: T[], name: T): T[] {
  const place = placeOf(names, name)
  return names[place] === name ? names : names.toSpliced(place, 0, name)
}

export function withoutName<T extends string>(names: T[], name: string): T[] {
  const place = placeOf(names, name)
  return names[place] === name ? names.toSpliced(place, 1) : names
}

/** Pieces of about equal length with at most so many names. None: there are no names. */
export function cutNames<T>(names: readonly T[], most: number): readonly T[][] {
  const size = Math.max(1, Math.ceil(names.length / Math.max(1, Math.ceil(names.length / most))))
  return Array.from({ length: Math.ceil(names.length / size) }, (_, nth) => names.slice(nth * size, (nth + 1) * size))
}

/** How many of the names from `from` on come before this one. */
export function placeOf(names: readonly string[], name: string, from = 0, to = names.length): number {
  if (from === to) return from
  const middle = (from + to) >> 1
  return (names[middle] ?? '') < name ? placeOf(names, name, middle + 1, to) : placeOf(names, name, from, middle)
}
