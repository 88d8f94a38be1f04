/** S3 allows keys of so many bytes (S3 User Guide, "Naming Amazon S3 objects"). */
export const keyMostBytes = 1024

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

/** `ifNoneMatch: '*'`: write only if there is no object. `ifMatch`: only over the object with this etag. */
export type WriteCondition = { readonly ifMatch: string } | { readonly ifNoneMatch: '*' }

/** A running upload of an object in parts. */
export type PartedUpload = { readonly key: string; readonly uploadId: string }

/** `lost`: the condition failed (412, or 404 if there is no object), so S3 wrote nothing. A race (409) throws. */
export type WriteResult =
  | { readonly outcome: 'written'; readonly etag: string; readonly servedAt: Date }
  | { readonly outcome: 'lost' }

/**
 * One bucket. Reads, writes and listings are strongly consistent (S3 User Guide, "Amazon S3 data consistency model"). Every method throws
 * ServiceError for anything but the named answers. Only a 404 means absence.
 */
export interface ObjectStore {
  readonly bucket: string
  /** Also returns an object that S3 refuses to GET, with the data of a listing. */
  head(key: string): Promise<FoundObject | undefined>
  /** If an object has more than `mostBytes`, its body is not read and is empty. Compare it with `size`. */
  get(key: string, options?: { readonly mostBytes: number }): Promise<ReadObject | undefined>
  /** Reads the object unless it still has this etag, in one request (GET with If-None-Match; S3 answers 304). */
  getIfChanged(key: string, etag: string): Promise<ReadObject | 'unchanged' | undefined>
  put(
    key: string,
    body: string | Uint8Array,
    condition?: WriteCondition,
    metadata?: ObjectMetadata,
  ): Promise<WriteResult>
  /**
   * Begins an upload in parts, for objects that are too large for memory. The object exists once the upload is complete. The bucket's
   * lifecycle removes incomplete uploads. (S3 User Guide, "Uploading and copying objects using multipart upload".)
   */
  beginUpload(key: string): Promise<PartedUpload>
  /** `number`: from 1 to 10,000. Each part has at least 5 MiB, except the last. Returns the part's etag. */
  uploadPart(upload: PartedUpload, number: number, body: Uint8Array): Promise<string>
  /** `etags`: one for each part, in order. Replaces any object with this key. */
  completeUpload(upload: PartedUpload, etags: readonly string[]): Promise<void>
  /** `deleted`: also if there was no object. `lost`: the object has another etag. */
  delete(key: string, condition?: { readonly ifMatch: string }): Promise<'deleted' | 'lost'>
  /** All objects, ascending by the UTF-8 bytes of the key. `startAfter`: a key, exclusive. */
  list(prefix: string, options?: { readonly startAfter?: string }): AsyncIterable<ObjectHead>
  /**
   * When the object was last deleted, by its newest delete marker; there may be an object again. Looks at the newest `versionsMost` versions
   * (S3: in thousands): if there are more, and none of these is a marker, the time of the oldest one, because no deletion is newer.
   * `undefined`: the bucket has no marker, or is not versioned. (S3 API Reference, "ListObjectVersions".)
   */
  lastDeletion(key: string, versionsMost: number): Promise<Date | undefined>
}

/** The methods of a bucket that change nothing. */
export type ReadingObjects = Pick<ObjectStore, 'bucket' | 'head' | 'get' | 'getIfChanged' | 'list' | 'lastDeletion'>
