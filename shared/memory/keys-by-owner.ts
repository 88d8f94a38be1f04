import { AscendingKeys } from './s3/ascending-keys.ts'

/** An index: the keys of each owner, ascending. */
export class KeysByOwner {
  readonly #owners = new Map<string, AscendingKeys>()

  add(owner: string, key: string): void {
    const keys = this.#owners.get(owner) ?? new AscendingKeys()
    keys.add(key)
    this.#owners.set(owner, keys)
  }

  delete(owner: string, key: string): void {
    const keys = this.#owners.get(owner)
    keys?.delete(key)
    if (keys?.size === 0) this.#owners.delete(owner)
  }

  of(owner: string): readonly string[] {
    return this.#owners.get(owner)?.sorted() ?? []
  }

  countOf(owner: string): number {
    return this.#owners.get(owner)?.size ?? 0
  }
}
