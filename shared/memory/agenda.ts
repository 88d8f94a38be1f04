type Entry<T> = { readonly at: number; readonly order: number; readonly item: T }

/**
 * Entries for certain instants (milliseconds), earliest first; those of one instant in the order of adding.
 * A binary heap: adding and taking cost log n, which counts with 120,000 messages in flight.
 */
export class Agenda<T> {
  readonly #heap: Entry<T>[] = []
  #added = 0

  add(at: number, item: T): void {
    this.#added += 1
    this.#heap.push({ at, order: this.#added, item })
    this.#rise(this.#heap.length - 1)
  }

  next(): Entry<T> | undefined {
    return this.#heap[0]
  }

  /** Takes out the earliest entry if its instant is not after `now`. */
  takeDue(now: number): Entry<T> | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.at > now) return undefined
    const last = this.#heap.pop()
    if (last !== undefined && last !== first) {
      this.#heap[0] = last
      this.#sink()
    }
    return first
  }

  #rise(from: number): void {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >>> 1
      if (!this.#swapIfEarlier(index, parent)) return
      index = parent
    }
  }

  #sink(): void {
    for (let index = 0; ; ) {
      const left = 2 * index + 1
      const child = isEarlier(this.#heap[left + 1], this.#heap[left]) ? left + 1 : left
      if (!this.#swapIfEarlier(child, index)) return
      index = child
    }
  }

  #swapIfEarlier(child: number, parent: number): boolean {
    const below = this.#heap[child]
    const above = this.#heap[parent]
    if (below === undefined || above === undefined || !isEarlier(below, above)) return false
    this.#heap[child] = above
    this.#heap[parent] = below
    return true
  }
}

function isEarlier<T>(a: Entry<T> | undefined, b: Entry<T> | undefined): boolean {
  if (a === undefined || b === undefined) return false
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
