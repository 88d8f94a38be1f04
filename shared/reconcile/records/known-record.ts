import { type JsonRecord, RecordChangedError } from './json-record.ts'

/** A record that one look reads and changes. Never overwrites another writer's newer value. */
export class KnownRecord<T> {
  readonly #record: JsonRecord<T>
  #known: { readonly value: T; readonly etag: string } | undefined

  /** `known`: the caller's reading. */
  constructor(record: JsonRecord<T>, known?: { readonly value: T; readonly etag: string }) {
    this.#record = record
    this.#known = known
  }

  /** The value as last read or written. */
  get value(): T | undefined {
    return this.#known?.value
  }

  async read(): Promise<T | undefined> {
    const stored = await this.#record.read()
    this.#known = stored && { value: stored.value, etag: stored.object.etag }
    return this.value
  }

  /** An equal value is not written. Throws RecordChangedError. */
  async write(value: T): Promise<void> {
    if (JSON.stringify(this.value) === JSON.stringify(value)) return
    const written = await this.#record.write(value, this.#known?.etag)
    if (written.outcome === 'lost') throw new RecordChangedError(this.#record.key)
    this.#known = { value, etag: written.etag }
  }

  /** Throws RecordChangedError. */
  async remove(): Promise<void> {
    const etag = this.#known?.etag
    if (etag !== undefined && (await this.#record.remove(etag)) === 'lost')
      throw new RecordChangedError(this.#record.key)
    this.#known = undefined
  }
}
