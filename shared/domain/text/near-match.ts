import { distance } from 'fastest-levenshtein'

/**
 * The candidate that a person most likely meant, or none. A candidate that differs only in case, Unicode form (NFC or NFD), spaces and
 * invisible characters comes first. Then come candidates at most two edits away, and no more than a third of the name's length. Of equally
 * near candidates, the smallest by code unit wins, so their order does not matter. A hint for people: never act on it. Time is linear in
 * the number of candidates.
 */
export function nearMatch(received: string, candidates: Iterable<string>): string | undefined {
  return nearMatcher(candidates)(received)
}

/** Like `nearMatch`, for many names. The candidates are prepared once. */
export function nearMatcher(candidates: Iterable<string>): (received: string) => string | undefined {
  const all = new Set(candidates)
  const byLength = Map.groupBy(
    Iterator.from(all).map((candidate) => ({ candidate, folded: fold(candidate) })),
    ({ folded }) => folded.length,
  )
  return (received) => {
    if (all.has(received)) return received
    const sought = fold(received)
    let best: string | undefined
    let bestDistance = Math.min(mostEdits, Math.floor(sought.length / 3))
    for (const difference of differences) {
      if (Math.abs(difference) > bestDistance) continue
      for (const { candidate, folded } of byLength.get(sought.length + difference) ?? []) {
        const edits = distance(sought, folded)
        if (edits > bestDistance) continue
        if (best === undefined || edits < bestDistance || candidate < best) best = candidate
        bestDistance = edits
      }
    }
    return best
  }
}

const mostEdits = 2
/** Differences in length, the smallest first. Each edit changes the length by at most one. */
const differences = [0, -1, 1, -2, 2]

function fold(name: string): string {
  const plain = name.normalize('NFC').toLowerCase().normalize('NFC')
  return plain.replace(/[\s\p{Cf}]+/gu, '')
}
