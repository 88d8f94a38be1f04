import type {
  FoundObject,
  ObjectHead,
  ObjectMetadata,
  ObjectStore,
  PartedUpload,
  ReadObject,
  WriteCondition,
  WriteResult,
} from '../../ports/object-store.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { type BucketOptions, checkCustomerKey, checkIsNoArchive, MemoryBucket } from './memory-bucket.ts'
import type { Caller, ObjectChange } from './object-change.ts'
import type { StoredObject } from './stored-object.ts'

const product: Caller = { accessKeyId: 'ssofile', sourceIpAddress: '127.0.0.1' }

/** The port on a `MemoryBucket`, for one caller: by default the product itself, others with `as`. */
export class MemoryObjectStore implements ObjectStore {
  /** The bucket under the port, for all of the S3 protocol that the port lacks. */
  readonly model: MemoryBucket
  readonly #caller: Caller

  constructor(options: BucketOptions | MemoryBucket, caller: Caller = product) {
    this.model = options instanceof MemoryBucket ? options : new MemoryBucket(options)
    this.#caller = caller
  }

  get bucket(): string {
    return this.model.name
  }

  /** This bucket, used by another caller. */
  as(accessKeyId: string, sourceIpAddress: string = product.sourceIpAddress): MemoryObjectStore {
    return new MemoryObjectStore(this.model, { accessKeyId, sourceIpAddress })
  }

  /** Calls `listener` after each change by any caller; it must not throw. Answers a function that stops it. */
  onChange(listener: (change: ObjectChange) => void): () => void {
    return this.model.onChange(listener)
  }

  async head(key: string): Promise<FoundObject | undefined> {
    const stored = this.model.find(key)
    return stored && this.#found(key, stored)
  }

  async get(key: string, { mostBytes = Number.POSITIVE_INFINITY } = {}): Promise<ReadObject | undefined> {
    const stored = this.model.find(key)
    if (!stored) return undefined
    checkCustomerKey(stored)
    checkIsNoArchive(stored)
    const body = stored.body.byteLength > mostBytes ? new Uint8Array() : new Uint8Array(stored.body)
    return { ...this.#found(key, stored), body }
  }

  async getIfChanged(key: string, etag: string): Promise<ReadObject | 'unchanged' | undefined> {
    const stored = this.model.find(key)
    if (stored) checkCustomerKey(stored)
    return stored?.etag === etag ? 'unchanged' : this.get(key)
  }

  async put(
    key: string,
    body: string | Uint8Array,
    condition?: WriteCondition,
    metadata: ObjectMetadata = {},
  ): Promise<WriteResult> {
    try {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      const { etag } = this.model.put(this.#caller, key, bytes, { condition, headers: toHeaders(metadata) })
      return { outcome: 'written', etag, servedAt: this.model.servedAt() }
    } catch (error) {
      if (isServiceError(error, 'PreconditionFailed', 'NoSuchKey')) return { outcome: 'lost' }
      throw error
    }
  }

  async beginUpload(key: string): Promise<PartedUpload> {
    const uploadId = this.model.newRequestId()
    this.model.uploads.create(uploadId, { key, headers: {}, customerKeyMd5: undefined, begunAt: this.model.servedAt() })
    return { key, uploadId }
  }

  async uploadPart({ uploadId }: PartedUpload, number: number, body: Uint8Array): Promise<string> {
    return this.model.uploads.putPart(uploadId, number, body, this.model.servedAt())
  }

  async completeUpload({ key, uploadId }: PartedUpload, etags: readonly string[]): Promise<void> {
    const parts = etags.map((etag, index) => ({ etag, partNumber: index + 1 }))
    const { body, etag, begunAt } = this.model.uploads.assemble(uploadId, parts)
    const eventName = 'ObjectCreated:CompleteMultipartUpload'
    this.model.put(this.#caller, key, body, { eventName, etag, begunAt })
    this.model.uploads.remove(uploadId)
  }

  async delete(key: string, condition?: { readonly ifMatch: string }): Promise<'deleted' | 'lost'> {
    try {
      this.model.delete(this.#caller, key, condition)
      return 'deleted'
    } catch (error) {
      if (isServiceError(error, 'NoSuchKey')) return 'deleted'
      if (isServiceError(error, 'PreconditionFailed')) return 'lost'
      throw error
    }
  }

  async *list(prefix: string, options: { readonly startAfter?: string } = {}): AsyncGenerator<ObjectHead> {
    let startAfter: string | undefined = options.startAfter ?? ''
    while (startAfter !== undefined) {
      const { objects, next }: { objects: readonly ObjectHead[]; next?: string } = this.model.listPage({
        prefix,
        startAfter,
      })
      yield* objects
      startAfter = next
    }
  }

  async lastDeletion(key: string, versionsMost: number): Promise<Date | undefined> {
    return this.model.lastDeletion(key, versionsMost)
  }

  #found(key: string, stored: StoredObject): FoundObject {
    const found = { ...this.model.describe(key, stored), servedAt: this.model.servedAt() }
    const metadata = Object.entries(stored.headers).flatMap(([name, value]) =>
      name.startsWith(metadataPrefix) ? [[name.slice(metadataPrefix.length), value]] : [],
    )
    return metadata.length === 0 ? found : { ...found, metadata: Object.fromEntries(metadata) }
  }
}

const metadataPrefix = 'x-amz-meta-'

function toHeaders(metadata: ObjectMetadata): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [metadataPrefix + name, value]))
}
