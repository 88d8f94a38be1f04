/** The author of a request; locally the access key id is the identity. */
export type Caller = { readonly accessKeyId: string; readonly sourceIpAddress: string }

/** S3's event names without the leading `s3:`, as in notifications. */
export type ObjectCreation =
  | 'ObjectCreated:Put'
  | 'ObjectCreated:Post'
  | 'ObjectCreated:Copy'
  | 'ObjectCreated:CompleteMultipartUpload'

/** One change of a bucket, after it took effect. Sequencers of one key compare as text: the later one is greater. */
export type ObjectChange = {
  readonly key: string
  readonly at: Date
  readonly caller: Caller
  readonly requestId: string
  readonly sequencer: string
  /** In a versioned bucket: the written or deleted version. */
  readonly versionId?: string
} & (
  | { readonly eventName: ObjectCreation; readonly size: number; readonly etag: string }
  | { readonly eventName: 'ObjectRemoved:Delete' | 'ObjectRemoved:DeleteMarkerCreated' }
)
