/** A Map that reports its changes by key, so that its owner can write them to disk. */
export class WrittenThroughMap<V> extends Map<string, V> {
  readonly #changed: (key: string) => void

  constructor(kept: Iterable<readonly [string, V]>, changed: (key: string) => void) {
    super()
    for (const [key, value] of kept) super.set(key, value)
    this.#changed = changed
  }

  override set(key: string, value: V): this {
    super.set(key, value)
    this.#changed(key)
    return this
  }

  override delete(key: string): boolean {
    const had = super.delete(key)
    if (had) this.#changed(key)
    return had
  }

  override clear(): void {
    for (const key of [...this.keys()]) this.delete(key)
  }
}
