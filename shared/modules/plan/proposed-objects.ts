import { createHash } from 'node:crypto'
import { compareKeys } from '../../domain/text/compare-keys.ts'
import type {
  FoundObject,
  ObjectHead,
  ObjectStore,
  PartedUpload,
  ReadObject,
  WriteCondition,
  WriteResult,
} from '../../ports/object-store.ts'

type Proposed = { readonly head: ObjectHead; readonly body: Uint8Array }
type Changes = {
  readonly uploads?: readonly { readonly key: string; readonly body: Uint8Array }[]
  readonly deletions?: readonly { readonly key: string }[]
}

/**
 * A bucket as it would be after these changes, or as it is. It never writes to the bucket: writes stay in this process, where all
 * reads and listings see them.
 */
export class ProposedObjects implements ObjectStore {
  readonly #bucket: ObjectStore
  /** Every object that differs from the bucket's; `undefined`: it is gone. */
  readonly #changed: Map<string, Proposed | undefined>
  readonly #now: Date
  /** Only reports are written in parts, and a plan writes no report. */
  readonly beginUpload = refuseParts
  readonly uploadPart = refuseParts
  readonly completeUpload = refuseParts

  /** `now`: the time of all writes. An unchanged input counts as not uploaded again. */
  constructor(bucket: ObjectStore, now: Date, { uploads = [], deletions = [] }: Changes = {}) {
    this.#bucket = bucket
    this.#now = now
    this.#changed = new Map([
      ...deletions.map(({ key }) => [key, undefined] as const),
      ...uploads.map(({ key, body }) => [key, propose(key, body, now)] as const),
    ])
  }

  get bucket(): string {
    return this.#bucket.bucket
  }

  /** The keys under this prefix that were written or deleted, ascending. */
  listChanged(prefix: string): readonly string[] {
    return [...this.#changed.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys)
  }

  async head(key: string): Promise<FoundObject | undefined> {
    if (!this.#changed.has(key)) return this.#bucket.head(key)
    const head = this.#changed.get(key)?.head
    return head && { ...head, servedAt: this.#now }
  }

  async get(key: string, options?: { readonly mostBytes: number }): Promise<ReadObject | undefined> {
    if (!this.#changed.has(key)) return this.#bucket.get(key, options)
    const found = this.#changed.get(key)
    if (found === undefined) return undefined
    const { head, body } = found
    const isTooLarge = body.byteLength > (options?.mostBytes ?? body.byteLength)
    return { ...head, servedAt: this.#now, body: isTooLarge ? new Uint8Array() : body }
  }

  async getIfChanged(key: string, etag: string): Promise<ReadObject | 'unchanged' | undefined> {
    if (!this.#changed.has(key)) return this.#bucket.getIfChanged(key, etag)
    const found = await this.get(key)
    return found?.etag === etag ? 'unchanged' : found
  }

  async put(key: string, body: string | Uint8Array, condition?: WriteCondition): Promise<WriteResult> {
    const found = condition && (await this.head(key))
    if (condition && ('ifMatch' in condition ? found?.etag !== condition.ifMatch : found)) return { outcome: 'lost' }
    const proposed = propose(key, typeof body === 'string' ? new TextEncoder().encode(body) : body, this.#now)
    this.#changed.set(key, proposed)
    return { outcome: 'written', etag: proposed.head.etag, servedAt: this.#now }
  }

  async delete(key: string, condition?: { readonly ifMatch: string }): Promise<'deleted' | 'lost'> {
    const found = condition && (await this.head(key))
    if (found && found.etag !== condition?.ifMatch) return 'lost'
    this.#changed.set(key, undefined)
    return 'deleted'
  }

  async lastDeletion(key: string, versionsMost: number): Promise<Date | undefined> {
    if (!this.#changed.has(key)) return this.#bucket.lastDeletion(key, versionsMost)
    return this.#changed.get(key) ? undefined : this.#now
  }

  async *list(prefix: string, options?: { readonly startAfter?: string }): AsyncGenerator<ObjectHead> {
    const { startAfter } = options ?? {}
    const isListed = (key: string) =>
      key.startsWith(prefix) && (startAfter === undefined || compareKeys(key, startAfter) > 0)
    const own = [...this.#changed.values()]
      .flatMap((one) => (one && isListed(one.head.key) ? [one.head] : []))
      .sort((a, b) => compareKeys(a.key, b.key))
    for await (const head of this.#bucket.list(prefix, options)) {
      while (own[0] !== undefined && compareKeys(own[0].key, head.key) < 0) yield* own.splice(0, 1)
      if (!this.#changed.has(head.key)) yield head
    }
    yield* own
  }
}

async function refuseParts(upload: string | PartedUpload): Promise<never> {
  const key = typeof upload === 'string' ? upload : upload.key
  throw new Error(`${key} would be written in parts, but nothing is written here`)
}

function propose(key: string, body: Uint8Array, now: Date): Proposed {
  const etag = createHash('md5').update(body).digest('hex')
  return { head: { key, etag, lastModified: now, size: body.byteLength }, body }
}
