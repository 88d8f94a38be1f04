/**
 * The candidate that a person most likely meant, or none. First those that are equal but for case, Unicode form (NFC or
 * NFD), spaces and invisible characters; then those at most two edits away, and no more than a third of the name's
 * length. Among equally near ones the smallest by code unit, so that the order of the candidates does not matter.
 * A hint for people: never act on it.
 * Time is linear in the total length of the candidates.
 */
export function nearMatch(received: string, candidates: Iterable<string>): string | undefined {
  const sought = fold(received)
  let best: string | undefined
  let bestDistance = Math.min(mostEdits, Math.floor(sought.length / 3))
  for (const candidate of candidates) {
    if (candidate === received) return candidate
    const distance = editDistance(sought, fold(candidate), bestDistance)
    if (distance === undefined) continue
    if (best === undefined || distance < bestDistance || candidate < best) best = candidate
    bestDistance = distance
  }
  return best
}

const mostEdits = 2

function fold(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .normalize('NFC')
    .replace(/[\s\p{Cf}]+/gu, '')
}

/**
 * Insertions, deletions and replacements that lead from one to the other, if they are at most `most`. What both share
 * at their ends never needs an edit; one of the three edits must then be made at the beginning: with two edits at most,
 * that is nine comparisons and no matrix.
 */
function editDistance(from: string, to: string, most: number): number | undefined {
  if (Math.abs(from.length - to.length) > most) return undefined
  let start = 0
  while (start < from.length && from[start] === to[start]) start += 1
  let end = 0
  const shorter = Math.min(from.length, to.length)
  while (end < shorter - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end += 1
  const left = from.slice(start, from.length - end)
  const right = to.slice(start, to.length - end)
  if (left === '' || right === '') return left.length + right.length
  if (most === 0) return undefined
  const rests = [
    editDistance(left.slice(1), right, most - 1),
    editDistance(left, right.slice(1), most - 1),
    editDistance(left.slice(1), right.slice(1), most - 1),
  ].filter((rest) => rest !== undefined)
  return rests.length === 0 ? undefined : 1 + Math.min(...rests)
}
