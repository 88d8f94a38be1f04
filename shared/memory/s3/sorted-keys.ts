import { compareKeys } from '../../domain/text/compare-keys.ts'

/** True for every key before a place in the order, false for every key after it. */
export type IsBefore = (key: string) => boolean

const chunkMost = 1024

/**
 * A set of keys in S3's order. Kept in chunks, because inserting into one array moves half of it: with 100,000 keys a
 * change costs a few hundred moves instead of 50,000.
 */
export class SortedKeys {
  readonly #chunks: string[][] = []

  constructor(keys: Iterable<string> = []) {
    const sorted = [...keys].sort(compareKeys)
    for (let start = 0; start < sorted.length; start += chunkMost / 2)
      this.#chunks.push(sorted.slice(start, start + chunkMost / 2))
  }

  add(key: string): void {
    const { chunkIndex, index } = this.#seek((other) => compareKeys(other, key) < 0)
    const chunk = this.#chunks[chunkIndex]
    if (chunk === undefined) {
      this.#append(key)
    } else if (chunk[index] !== key) {
      chunk.splice(index, 0, key)
      if (chunk.length > chunkMost) this.#chunks.splice(chunkIndex + 1, 0, chunk.splice(chunkMost / 2))
    }
  }

  delete(key: string): void {
    const { chunkIndex, index } = this.#seek((other) => compareKeys(other, key) < 0)
    const chunk = this.#chunks[chunkIndex]
    if (chunk?.[index] !== key) return
    chunk.splice(index, 1)
    if (chunk.length === 0) this.#chunks.splice(chunkIndex, 1)
  }

  /** The keys from that place on, ascending; the set must not change meanwhile. */
  *from(isBefore: IsBefore): Generator<string> {
    const start = this.#seek(isBefore)
    for (let chunkIndex = start.chunkIndex; chunkIndex < this.#chunks.length; chunkIndex++) {
      const chunk = this.#chunks[chunkIndex] ?? []
      for (let index = chunkIndex === start.chunkIndex ? start.index : 0; index < chunk.length; index++)
        yield chunk[index] ?? ''
    }
  }

  #append(key: string): void {
    const last = this.#chunks.at(-1)
    if (last === undefined || last.length >= chunkMost) this.#chunks.push([key])
    else last.push(key)
  }

  #seek(isBefore: IsBefore): { readonly chunkIndex: number; readonly index: number } {
    const chunkIndex = firstIndex(this.#chunks, (chunk) => isBefore(chunk.at(-1) ?? ''))
    return { chunkIndex, index: firstIndex(this.#chunks[chunkIndex] ?? [], isBefore) }
  }
}

/** The index of the first item for which `isBefore` is false (binary search). */
function firstIndex<T>(items: readonly T[], isBefore: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && isBefore(item)) low = middle + 1
    else high = middle
  }
  return low
}
