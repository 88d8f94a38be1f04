const minuteMs = 60_000
const names = [
  ['day', 24 * 60],
  ['hour', 60],
  ['minute', 1],
] as const

/** A duration for a person: `4 hours`, `1 hour 30 minutes`, `2 days`. */
export function renderDuration(ms: number): string {
  let left = Math.round(ms / minuteMs)
  const parts: string[] = []
  for (const [name, minutes] of names) {
    const number = Math.floor(left / minutes)
    left -= number * minutes
    if (number > 0) parts.push(`${number} ${name}${number === 1 ? '' : 's'}`)
  }
  return parts.join(' ') || '0 minutes'
}
