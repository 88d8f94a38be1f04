import * as z from 'zod'
import { parseLooseJson } from '../json/loose-json.ts'

/**
 * The parts of S3's native notification that ssofile reads. Keys are URL-encoded, with `+` for a space. Source: S3 User Guide, "Event
 * message structure".
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
  // S3 sends this once, when notifications are set up.
  z.object({ Event: z.literal('s3:TestEvent') }).transform(() => ({ Records: [] })),
])

/**
 * The records of a notification, in order. They are not checked here, so a bad record does not hold up the others. Throws ZodError or
 * SyntaxError if the body is not a notification.
 */
export function parseS3Event(body: string): readonly unknown[] {
  return s3Event.parse(JSON.parse(body)).Records
}

const named = z.looseObject({ Records: z.array(z.looseObject({})) })

/** The same notification without who caused it. The body as it is, if it is none. */
export function withoutUploader(body: string): string {
  const { Records, ...rest } = named.safeParse(parseLooseJson(body)).data ?? {}
  if (Records === undefined) return body
  return JSON.stringify({ ...rest, Records: Records.map(({ userIdentity: _, ...record }) => record) })
}

/** Throws ZodError if the value is not a record. */
export function parseS3Record(value: unknown): S3EventRecord {
  return record.parse(value)
}

/** Decodes a key from a notification, or from a listing with EncodingType `url`. Throws URIError if it is not URL-encoded UTF-8. */
export function decodeS3Key(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '))
}
