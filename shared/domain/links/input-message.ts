import * as z from 'zod'
import { record } from '../json/record.ts'
import { principalId } from '../principals/identity-center-ids.ts'

/** Who changed an input. Recorded, never acted on. */
export const uploader = record({
  /** As S3's notification tells it, such as `AWS:AROAEXAMPLE:maria`; of a change through the API the ARN of its caller. */
  principalId: z.string(),
  sourceIpAddress: z.string().optional(),
  at: z.string(),
})
export type Uploader = z.infer<typeof uploader>

/**
 * A message on `links.fifo` or `permission-sets.fifo`: look at this key again.
 * `event` is S3's name for what happened (`ObjectCreated:Put`), for the log and for `by` alone.
 */
export const inputMessage = record({
  v: z.literal(1),
  key: z.string(),
  /** Identifies this change. Its hints derive their deduplication ids from it. */
  id: z.string(),
  event: z.string(),
  /** Of a membership: a user to look at besides whoever bears the name. It is never evidence. */
  user: principalId.optional(),
  by: uploader.optional(),
  /** S3 says that ssofile's API made the change: the object's metadata says for whom. */
  isByApi: z.literal(true).optional(),
  /** It has failed, and is tried again in a message group of its own. */
  isAlone: z.literal(true).optional(),
  /** Of the object that was uploaded: it may be another one when the key is looked at. */
  etag: z.string().optional(),
  versionId: z.string().optional(),
})
export type InputMessage = z.infer<typeof inputMessage>
