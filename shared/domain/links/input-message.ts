import * as z from 'zod'
import { record } from '../json/record.ts'
import { principalId } from '../principals/identity-center-ids.ts'

/** The person who changed an input. Recorded, never acted on. */
export const uploader = record({
  /** From S3's notification, such as `AWS:AROAEXAMPLE:maria`. For a change through the API, the ARN of its caller. */
  principalId: z.string(),
  sourceIpAddress: z.string().optional(),
  at: z.string(),
})
export type Uploader = z.infer<typeof uploader>

/**
 * A message on `links.fifo` or `permission-sets.fifo`: look at this key again. `event` is S3's name for the change
 * (`ObjectCreated:Put`). ssofile uses it only for the log and for `by`.
 */
export const inputMessage = record({
  v: z.literal(1),
  key: z.string(),
  /** Identifies this change. Its hints derive their deduplication ids from it. */
  id: z.string(),
  event: z.string(),
  /** For a membership: a user to look at besides the one with the name. It is never evidence. */
  user: principalId.optional(),
  by: uploader.optional(),
  /** S3 says that ssofile's API made the change. The object's metadata names the API's caller. */
  isByApi: z.literal(true).optional(),
  /** It failed before, so it left the group that it shared with others. */
  isAlone: z.literal(true).optional(),
  /** It overtakes the other messages of its person. */
  overtakes: z.literal(true).optional(),
  /** Entries of the index of times that asked for this look (`followInstants`). After the look they are removed. */
  due: z.array(record({ at: z.string(), etag: z.string() })).optional(),
  /** From the uploaded object. Another object may be there when ssofile looks at the key. */
  etag: z.string().optional(),
  versionId: z.string().optional(),
})
export type InputMessage = z.infer<typeof inputMessage>
