/** A set of keys, read in ascending order (by code unit) far more often than changed. */
export class AscendingKeys {
  readonly #keys: Set<string>
  #sorted: readonly string[] | undefined

  constructor(keys: Iterable<string> = []) {
    this.#keys = new Set(keys)
  }

  get size(): number {
    return this.#keys.size
  }

  add(key: string): void {
    if (this.#keys.has(key)) return
    this.#keys.add(key)
    this.#sorted = undefined
  }

  delete(key: string): void {
    if (this.#keys.delete(key)) this.#sorted = undefined
  }

  sorted(): readonly string[] {
    this.#sorted ??= [...this.#keys].sort()
    return this.#sorted
  }
}
