/** What S3 keeps of an object. `headers` (lower-case names) are answered again as they came: Content-Type, x-amz-meta-*. */
export type StoredObject = {
  readonly body: Uint8Array
  readonly etag: string
  readonly lastModified: Date
  readonly headers: Readonly<Record<string, string>>
  /** SSE-C: the MD5 of the key that its uploader encrypted it with. Nobody reads it without that key. */
  readonly customerKeyMd5?: string
  /** Absent: written before the bucket was versioned; `null`: while its versioning was suspended. */
  readonly versionId?: string
  /** Greater: written later. */
  readonly sequence?: number
}
