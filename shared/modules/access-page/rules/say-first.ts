/** The first ones, and the number of the others: `a, b and 3 more`. */
export function sayFirst(all: readonly string[], most: number): string {
  return `${all.slice(0, most).join(', ')}${all.length > most ? ` and ${all.length - most} more` : ''}`
}
