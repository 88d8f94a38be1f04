import type * as z from 'zod'
import { renderJsonPath } from '../../domain/json/json-path.ts'
import type { ObjectStore, WriteResult } from '../../ports/object-store.ts'
import { parseStored, readStored, renderJson, type Stored } from './stored-json.ts'

const revisionsMost = 20

/** Someone else changed a record after it was read, so conclusions from it may be wrong. Evaluate again. */
export class RecordChangedError extends Error {
  override readonly name = 'RecordChangedError'
  constructor(key: string) {
    super(`${key} changed during its evaluation; ssofile will evaluate it again`)
  }
}

/** ssofile was about to write a record that it could not read again. It wrote nothing: access with such a record could not be revoked. */
export class UnreadableRecordError extends Error {
  override readonly name = 'UnreadableRecordError'
  constructor(key: string, cause: z.ZodError) {
    const places = cause.issues.map(({ path, message }) => `${renderJsonPath(path)} (${message})`)
    super(
      `${key}: received content that ssofile could not read again, at ${places.slice(0, 5).join(', ')}, expected what its records may have; nothing was written; deploy a version that corrects this`,
      { cause },
    )
  }
}

/**
 * One of ssofile's own JSON objects. A change names the etag that was read before it, and is `lost` if another writer was
 * faster: no writer overwrites a newer value unseen.
 */
export class JsonRecord<T> {
  readonly key: string
  readonly #objects: ObjectStore
  readonly #schema: z.ZodType<T>
  readonly #render: (value: T) => unknown

  /** `render`: the content of the object, if it is not the value itself. */
  constructor(
    objects: ObjectStore,
    key: string,
    schema: z.ZodType<T>,
    render: (value: T) => unknown = (value) => value,
  ) {
    this.#objects = objects
    this.key = key
    this.#schema = schema
    this.#render = render
  }

  /** Throws SpoiledObjectError. */
  async read(): Promise<Stored<T> | undefined> {
    return readStored(this.#objects, this.key, this.#schema)
  }

  /** For a caller that keeps the last reading: returns `unchanged` while the object has this etag. */
  async readIfChanged(etag: string | undefined): Promise<Stored<T> | 'unchanged' | undefined> {
    if (etag === undefined) return this.read()
    const found = await this.#objects.getIfChanged(this.key, etag)
    return found === undefined || found === 'unchanged' ? found : parseStored(found, this.#schema)
  }

  /**
   * No person reads caches. Of 20 MB of 50,000 accounts, 7 MB are spaces. ssofile makes caches again, so it does not check them.
   * Throws UnreadableRecordError.
   */
  #text(value: T): string {
    const content = this.#render(value)
    if (this.key.startsWith('state/')) return JSON.stringify(content)
    const { error } = this.#schema.safeParse(content)
    if (error) throw new UnreadableRecordError(this.key, error)
    return renderJson(content)
  }

  /** `etag` names the object that was read; `undefined`: none existed. Throws UnreadableRecordError. */
  async write(value: T, etag: string | undefined): Promise<WriteResult> {
    const condition = etag === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: etag }
    return this.#objects.put(this.key, this.#text(value), condition)
  }

  /** Writes without a condition: the last writer wins. For caches, and for records with one writer. Returns S3's time. */
  async overwrite(value: T): Promise<Date> {
    const written = await this.#objects.put(this.key, this.#text(value))
    if (written.outcome === 'lost') throw new RecordChangedError(this.key)
    return written.servedAt
  }

  remove(etag: string): Promise<'deleted' | 'lost'> {
    return this.#objects.delete(this.key, { ifMatch: etag })
  }

  /**
   * Sets the record to the result of `change`: `undefined` removes it, and an equal value is not written. If another writer was
   * faster, runs `change` again on the new value. Returns the final value. `servedAt`: S3's time. `first`: the last reading;
   * absent: read it.
   */
  revise(change: (current: T | undefined, servedAt: Date | undefined) => T): Promise<T>
  revise(
    change: (current: T | undefined, servedAt: Date | undefined) => T | undefined | Promise<T | undefined>,
    first?: { readonly stored: Stored<T> | undefined },
  ): Promise<T | undefined>
  async revise(
    change: (current: T | undefined, servedAt: Date | undefined) => T | undefined | Promise<T | undefined>,
    first?: { readonly stored: Stored<T> | undefined },
  ): Promise<T | undefined> {
    for (let revision = 0; revision < revisionsMost; revision++) {
      const stored = first && revision === 0 ? first.stored : await this.read()
      const next = await change(stored?.value, stored?.object.servedAt)
      if (renderJson(next) === renderJson(stored?.value)) return next
      if (await this.#replace(stored?.object.etag, next)) return next
    }
    throw new Error(`${this.key} keeps changing; ssofile will try again`)
  }

  async #replace(etag: string | undefined, next: T | undefined): Promise<boolean> {
    if (next !== undefined) return (await this.write(next, etag)).outcome === 'written'
    return etag === undefined || (await this.remove(etag)) === 'deleted'
  }
}
