import * as z from 'zod'

/**
 * S3's native notification, the parts that are read. Keys arrive URL-encoded, `+` for a space.
 * Source: S3 User Guide, "Event message structure".
 */
const record = z.object({
  eventName: z.string(),
  eventTime: z.string(),
  userIdentity: z.object({ principalId: z.string() }).optional(),
  requestParameters: z.object({ sourceIPAddress: z.string() }).partial().optional(),
  s3: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.string(),
      eTag: z.string().optional(),
      versionId: z.string().optional(),
      sequencer: z.string().optional(),
    }),
  }),
})
export type S3EventRecord = z.infer<typeof record>

const s3Event = z.union([
  z.object({ Records: z.array(z.unknown()) }),
  // Sent once when notifications are set up.
  z.object({ Event: z.literal('s3:TestEvent') }).transform(() => ({ Records: [] })),
])

/**
 * The records of a notification, in order. They are not judged yet, so that a bad one does not hold up the others.
 * Throws ZodError or SyntaxError where it is not a notification.
 */
export function parseS3Event(body: string): readonly unknown[] {
  return s3Event.parse(JSON.parse(body)).Records
}

/** Throws ZodError where it is not a record. */
export function parseS3Record(value: unknown): S3EventRecord {
  return record.parse(value)
}

/** From a notification, or from a listing with EncodingType `url`. Throws URIError where it is not URL-encoded UTF-8. */
export function decodeS3Key(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '))
}
