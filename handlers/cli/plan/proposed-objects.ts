import { createHash } from 'node:crypto'
import { compareKeys } from '../../../shared/memory/s3/compare-keys.ts'
import type {
  FoundObject,
  ObjectHead,
  ObjectStore,
  PartedUpload,
  ReadObject,
  WriteCondition,
  WriteResult,
} from '../../../shared/ports/object-store.ts'
import type { InputChanges } from '../folder/compare-inputs.ts'

type Proposed = { readonly head: ObjectHead; readonly body: Uint8Array }

/**
 * A bucket as it would be after a push of a folder, or as it is. It never writes to the bucket: writes of caches stay in this process,
 * visible to `head` and `get`.
 */
export class ProposedObjects implements ObjectStore {
  readonly #bucket: ObjectStore
  /** Inputs that would be uploaded, by key. */
  readonly #uploads: ReadonlyMap<string, Proposed>
  readonly #deleted: ReadonlySet<string>
  readonly #now: Date
  readonly #written = new Map<string, Proposed | undefined>()

  /** `now`: the time of the uploads. An unchanged input counts as not uploaded again. */
  constructor(bucket: ObjectStore, now: Date, { uploads, deletions }: Changes = { uploads: [], deletions: [] }) {
    this.#bucket = bucket
    this.#now = now
    this.#deleted = new Set(deletions.map(({ key }) => key))
    this.#uploads = new Map(uploads.map(({ key, body }) => [key, propose(key, body, now)]))
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
    const { head, body } = known
    const isTooLarge = body.byteLength > (options?.mostBytes ?? body.byteLength)
    return head && { ...head, servedAt: this.#now, body: isTooLarge ? new Uint8Array() : body }
  }

  async getIfChanged(key: string, etag: string): Promise<ReadObject | 'unchanged' | undefined> {
    if (this.#known(key) === undefined) return this.#bucket.getIfChanged(key, etag)
    const found = await this.get(key)
    return found?.etag === etag ? 'unchanged' : found
  }

  async put(key: string, body: string | Uint8Array, condition?: WriteCondition): Promise<WriteResult> {
    const found = condition && (await this.head(key))
    if (condition && ('ifMatch' in condition ? found?.etag !== condition.ifMatch : found)) return { outcome: 'lost' }
    const proposed = propose(key, typeof body === 'string' ? new TextEncoder().encode(body) : body, this.#now)
    this.#written.set(key, proposed)
    return { outcome: 'written', etag: proposed.head.etag, servedAt: this.#now }
  }

  beginUpload(key: string): Promise<never> {
    return notHere(key)
  }

  uploadPart({ key }: PartedUpload): Promise<never> {
    return notHere(key)
  }

  completeUpload({ key }: PartedUpload): Promise<never> {
    return notHere(key)
  }

  async delete(key: string): Promise<'deleted'> {
    this.#written.set(key, undefined)
    return 'deleted'
  }

  /** Leaves out the writes of this process. */
  async *list(prefix: string, options?: { readonly startAfter?: string }): AsyncGenerator<ObjectHead> {
    const { startAfter } = options ?? {}
    const isListed = (key: string) =>
      key.startsWith(prefix) && (startAfter === undefined || compareKeys(key, startAfter) > 0)
    const uploads = [...this.#uploads.values()]
      .map(({ head }) => head)
      .filter(({ key }) => isListed(key))
      .sort((a, b) => compareKeys(a.key, b.key))
    for await (const head of this.#bucket.list(prefix, options)) {
      while (uploads[0] !== undefined && compareKeys(uploads[0].key, head.key) < 0) yield* uploads.splice(0, 1)
      if (!this.#deleted.has(head.key) && !this.#uploads.has(head.key)) yield head
    }
    yield* uploads
  }

  /** `undefined`: ask the bucket. Without a head: there is no such object. */
  #known(key: string): { readonly head?: ObjectHead; readonly body: Uint8Array } | undefined {
    const none = { body: new Uint8Array() }
    if (this.#written.has(key)) return this.#written.get(key) ?? none
    return this.#uploads.get(key) ?? (this.#deleted.has(key) ? none : undefined)
  }
}

/** Only reports are written in parts, and a preview writes no report. */
async function notHere(key: string): Promise<never> {
  throw new Error(`${key} would be written in parts, but nothing is written here`)
}

type Changes = {
  readonly uploads: readonly Pick<InputChanges['uploads'][number], 'key' | 'body'>[]
  readonly deletions: readonly Pick<InputChanges['deletions'][number], 'key'>[]
}

function propose(key: string, body: Uint8Array, now: Date): Proposed {
  const etag = createHash('md5').update(body).digest('hex')
  return { head: { key, etag, lastModified: now, size: body.byteLength }, body }
}
