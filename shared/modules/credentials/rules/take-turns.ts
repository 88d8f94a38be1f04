/** The first of each owner, then the second of each, and so on: a run may be too short for all, and no owner takes the turn of another. */
export function takeTurns<T>(all: readonly T[], ownerOf: (one: T) => string): readonly T[] {
  const queues = [...Map.groupBy(all, ownerOf).values()]
  const longest = Math.max(0, ...queues.map(({ length }) => length))
  return Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue.slice(turn, turn + 1))).flat()
}
