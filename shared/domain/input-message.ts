import * as z from 'zod'

/** Who changed an input, as the S3 notification tells it. Recorded, never acted on. */
export const uploader = z.strictObject({
  principalId: z.string(),
  sourceIpAddress: z.string().optional(),
  at: z.string(),
})
export type Uploader = z.infer<typeof uploader>

/**
 * A message on `links.fifo` or `permission-sets.fifo`: look at this key again.
 * `event` is S3's name for what happened (`ObjectCreated:Put`), for the log and for `by` alone.
 */
export const inputMessage = z.strictObject({
  v: z.literal(1),
  key: z.string(),
  /** Identifies this change. Its hints derive their deduplication ids from it. */
  id: z.string(),
  event: z.string(),
  by: uploader.optional(),
  /** It has failed, and is tried again in a message group of its own. */
  isAlone: z.literal(true).optional(),
  /** Of the object that was uploaded: it may be another one when the key is looked at. */
  etag: z.string().optional(),
  versionId: z.string().optional(),
})
export type InputMessage = z.infer<typeof inputMessage>
