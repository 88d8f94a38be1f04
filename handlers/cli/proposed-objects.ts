import { createHash } from 'node:crypto'
import { isFolderMarker } from '../../shared/domain/link.ts'
import { compareKeys } from '../../shared/memory/s3/compare-keys.ts'
import type { FoundObject, ObjectHead, ObjectStore, ReadObject, WriteResult } from '../../shared/ports/object-store.ts'
import { queueOf } from '../../shared/reconcile/records/inputs.ts'
import type { InputFile } from './folder-inputs.ts'

type Proposed = { readonly head: ObjectHead; readonly read: (mostBytes: number) => Promise<Uint8Array> }

/**
 * A bucket as it would be after a sync of a folder, or as it is. Nothing is ever written to the bucket: writes of caches
 * stay in this process, visible to `head` and `get`.
 */
export class ProposedObjects implements ObjectStore {
  readonly #bucket: ObjectStore
  /** `undefined`: the inputs are the bucket's own. */
  readonly #inputs: ReadonlyMap<string, Proposed> | undefined
  readonly #now: Date
  readonly #written = new Map<string, { readonly head: ObjectHead; readonly body: Uint8Array } | undefined>()

  constructor(bucket: ObjectStore, now: Date, inputs?: ReadonlyMap<string, Proposed>) {
    this.#bucket = bucket
    this.#now = now
    this.#inputs = inputs
  }

  /**
   * With the inputs of a folder instead of the bucket's. A file that the bucket has already, with the same content, counts
   * as not uploaded again. `now`: when the others would be uploaded.
   */
  static async afterSync(bucket: ObjectStore, files: readonly InputFile[], now: Date): Promise<ProposedObjects> {
    const present = new Map<string, ObjectHead>()
    for (const prefix of new Set(files.map(({ key }) => key.slice(0, key.indexOf('/') + 1)))) {
      for await (const head of bucket.list(prefix)) present.set(head.key, head)
    }
    const proposed = await Promise.all(
      files.map(async ({ key, sizeBytes, read }): Promise<readonly [string, Proposed]> => {
        const etag = createHash('md5')
          .update(await read(sizeBytes))
          .digest('hex')
        const known = present.get(key)
        const head = known?.etag === etag ? known : { key, etag, lastModified: now, size: sizeBytes }
        return [key, { head, read }]
      }),
    )
    const ascending = proposed.sort(([a], [b]) => compareKeys(a, b))
    return new ProposedObjects(bucket, now, new Map(ascending))
  }

  get bucket(): string {
    return this.#bucket.bucket
  }

  async head(key: string): Promise<FoundObject | undefined> {
    const known = this.#known(key)
    if (known === undefined) return this.#bucket.head(key)
    return known.head && { ...known.head, servedAt: this.#now }
  }

  async get(key: string, options?: { readonly mostBytes: number }): Promise<ReadObject | undefined> {
    const known = this.#known(key)
    if (known === undefined) return this.#bucket.get(key, options)
    const { head, read } = known
    return head && { ...head, servedAt: this.#now, body: await read(options?.mostBytes ?? head.size) }
  }

  async getIfChanged(key: string, etag: string): Promise<ReadObject | 'unchanged' | undefined> {
    if (this.#known(key) === undefined) return this.#bucket.getIfChanged(key, etag)
    const found = await this.get(key)
    return found?.etag === etag ? 'unchanged' : found
  }

  async put(key: string, body: string | Uint8Array): Promise<WriteResult> {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    const etag = createHash('md5').update(bytes).digest('hex')
    this.#written.set(key, { head: { key, etag, lastModified: this.#now, size: bytes.length }, body: bytes })
    return { outcome: 'written', etag, servedAt: this.#now }
  }

  async delete(key: string): Promise<'deleted'> {
    this.#written.set(key, undefined)
    return 'deleted'
  }

  /** Without what was written here. */
  async *list(prefix: string, options?: { readonly startAfter?: string }): AsyncGenerator<ObjectHead> {
    const inputs = queueOf(prefix) === undefined ? undefined : this.#inputs
    if (inputs === undefined) {
      yield* this.#bucket.list(prefix, options)
      return
    }
    const { startAfter } = options ?? {}
    for (const [key, { head }] of inputs) {
      const isAfter = startAfter === undefined || compareKeys(key, startAfter) > 0
      if (key.startsWith(prefix) && isAfter) yield head
    }
  }

  /** `undefined`: ask the bucket. Without a head: there is no such object. */
  #known(key: string): { readonly head?: ObjectHead; readonly read: Proposed['read'] } | undefined {
    const none = { read: async () => new Uint8Array() }
    if (this.#written.has(key)) {
      const written = this.#written.get(key)
      return written ? { head: written.head, read: async () => written.body } : none
    }
    if (this.#inputs === undefined || queueOf(key) === undefined || isFolderMarker(key)) return undefined
    return this.#inputs.get(key) ?? none
  }
}
