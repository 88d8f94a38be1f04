/** S3's record of an object. `headers` (lower-case names) are answered unchanged: Content-Type, x-amz-meta-*. */
export type StoredObject = {
  readonly body: Uint8Array
  readonly etag: string
  readonly lastModified: Date
  readonly headers: Readonly<Record<string, string>>
  /** SSE-C: the MD5 of the uploader's encryption key. Nobody reads the object without that key. */
  readonly customerKeyMd5?: string
  /** Absent: written before the bucket was versioned; `null`: while its versioning was suspended. */
  readonly versionId?: string
  /** Greater: written later. */
  readonly sequence?: number
}
