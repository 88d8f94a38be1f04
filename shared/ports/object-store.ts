/** One object in S3. `etag` has no quotation marks. */
export type ObjectHead = {
  readonly key: string
  readonly etag: string
  readonly lastModified: Date
  readonly size: number
  /** Absent if the bucket is not versioned. */
  readonly versionId?: string
}

/**
 * The writer's user metadata of an object. Names have small letters and no `x-amz-meta-`, values printable ASCII, at most 2 KB in all.
 * Everybody who may write the object may write anything here.
 */
export type ObjectMetadata = Readonly<Record<string, string>>

/**
 * `servedAt`: S3's Date header, the clock for leases and expiries. `metadata`: only if the answer has the object itself, and the object
 * has some.
 */
export type FoundObject = ObjectHead & { readonly servedAt: Date; readonly metadata?: ObjectMetadata }
export type ReadObject = FoundObject & { readonly body: Uint8Array }

/** `ifNoneMatch: '*'`: only if there is no object. `ifMatch`: only over the object with this etag. */
export type WriteCondition = { readonly ifMatch: string } | { readonly ifNoneMatch: '*' }

/** An object that is written in parts. */
export type PartedUpload = { readonly key: string; readonly uploadId: string }

/** `lost`: the condition failed (412, or 404 if there is no object), and nothing was written. A race (409) is thrown. */
export type WriteResult =
  | { readonly outcome: 'written'; readonly etag: string; readonly servedAt: Date }
  | { readonly outcome: 'lost' }

/**
 * One bucket. Reads, writes and listings are strongly consistent (S3 User Guide, "Amazon S3 data consistency model").
 * Every method throws ServiceError for anything but the answers named here; only a 404 is absence.
 */
export interface ObjectStore {
  readonly bucket: string
  /** Also of an object that S3 refuses to give to us: a listing tells of it. */
  head(key: string): Promise<FoundObject | undefined>
  /** The body of an object of more than `mostBytes` is not read, and empty: its `size` tells. */
  get(key: string, options?: { readonly mostBytes: number }): Promise<ReadObject | undefined>
  /** The object unless it still has this etag, in one request (GET with If-None-Match; S3 answers 304). */
  getIfChanged(key: string, etag: string): Promise<ReadObject | 'unchanged' | undefined>
  put(
    key: string,
    body: string | Uint8Array,
    condition?: WriteCondition,
    metadata?: ObjectMetadata,
  ): Promise<WriteResult>
  /**
   * Begins an object in parts, for what is too large for memory. It is there once it is completed. One that never is goes with
   * the bucket's lifecycle. (S3 User Guide, "Uploading and copying objects using multipart upload".)
   */
  beginUpload(key: string): Promise<PartedUpload>
  /** `number` from 1 to 10,000; at least 5 MiB, the last one excepted. Answers its etag. */
  uploadPart(upload: PartedUpload, number: number, body: Uint8Array): Promise<string>
  /** `etags`: of all parts, in order. Over whatever is there. */
  completeUpload(upload: PartedUpload, etags: readonly string[]): Promise<void>
  /** Deleting what is absent is `deleted`. `lost`: the object there has another etag. */
  delete(key: string, condition?: { readonly ifMatch: string }): Promise<'deleted' | 'lost'>
  /** Ascending by the UTF-8 bytes of the key, all pages. `startAfter` is a key, exclusive. */
  list(prefix: string, options?: { readonly startAfter?: string }): AsyncIterable<ObjectHead>
}

/** A bucket that is only read. */
export type ReadingObjects = Pick<ObjectStore, 'bucket' | 'head' | 'get' | 'getIfChanged' | 'list'>
