import type { OpenTable } from '../../../shared/memory/table.ts'

/** Tables as a disk would keep them: values go in and come out as clones, and nobody can change one in place. */
export class DurableTables {
  readonly #tables = new Map<string, Map<string, unknown>>()

  /** What a process that starts now finds. */
  readonly open: OpenTable = <V>(name: string): Map<string, V> => {
    const kept = this.#tables.get(name) ?? new Map<string, unknown>()
    this.#tables.set(name, kept)
    return new WritingThrough<V>(kept)
  }
}

class WritingThrough<V> extends Map<string, V> {
  readonly #kept: Map<string, unknown>

  constructor(kept: Map<string, unknown>) {
    super()
    // Only values that a table of this name and type was given are in it.
    for (const [key, value] of kept) super.set(key, deepFreeze(structuredClone(value)) as V)
    this.#kept = kept
  }

  override set(key: string, value: V): this {
    const clone = deepFreeze(structuredClone(value))
    // Map's own constructor calls `set` before the field is there, but only for entries, and it gets none.
    this.#kept.set(key, clone)
    return super.set(key, clone)
  }

  override delete(key: string): boolean {
    this.#kept.delete(key)
    return super.delete(key)
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value)) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
