/** Returns as many of the first items as fit into `most`, and at least one. */
export function firstThatFit<T>(items: readonly T[], most: number, sizeOf: (item: T) => number): readonly T[] {
  let sum = 0
  const end = items.findIndex((item, at) => {
    sum += sizeOf(item)
    return at > 0 && sum > most
  })
  return end === -1 ? items : items.slice(0, end)
}
