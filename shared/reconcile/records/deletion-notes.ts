import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { ApiCaller } from '../../domain/deployment/api-caller.ts'
import { record } from '../../domain/json/record.ts'
import type { InputMessage, Uploader } from '../../domain/links/input-message.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from './json-record.ts'
import { spoiledAsAbsent } from './stored-json.ts'

/**
 * Who asked the API to delete one upload of an input, written before the deletion: S3 names the API itself, and a deleted
 * object says nothing. Only ssofile's own functions may write under `state/`. There is one note for each input that was
 * deleted so, for a message that comes twice; it may be deleted at any time.
 */
const note = record({
  input: z.string(),
  /** The upload that was to be deleted. */
  etag: z.string(),
  lastModified: z.iso.datetime(),
  arn: z.string(),
  sourceIpAddress: z.string().optional(),
})
type Note = z.infer<typeof note>

const recordOf = (objects: ObjectStore, input: string) =>
  new JsonRecord<Note>(objects, `state/deletions/${createHash('sha256').update(input).digest('hex')}.json`, note)

/** Of two who ask at once the first is noted: both wanted this upload gone. */
export async function noteDeletion(objects: ObjectStore, upload: ObjectHead, caller: ApiCaller): Promise<void> {
  const { key: input, etag, lastModified } = upload
  const { arn, sourceIpAddress } = caller
  const next = { input, etag, lastModified: renderInstant(lastModified), arn, sourceIpAddress }
  await recordOf(objects, upload.key).revise((known) => (known && isOf(known, next) ? known : next))
}

/**
 * The message of a deletion with the API's caller as who did it, if the API deleted the upload that the status is of, or one
 * that no status was written of. Any other message as it is: its caller would be a guess.
 */
export async function nameDeleter(
  objects: ObjectStore,
  message: InputMessage,
  status: Status | undefined,
): Promise<InputMessage> {
  const { key, by, isByApi, event } = message
  if (!isByApi || !by || !event.startsWith('ObjectRemoved')) return message
  const noted = (await spoiledAsAbsent(recordOf(objects, key).read()))?.value
  const isOfStatus = status?.etag === undefined || (noted !== undefined && isOf(noted, status))
  return noted === undefined || !isOfStatus ? message : { ...message, by: toUploader(noted, by.at) }
}

function isOf(noted: Note, upload: Pick<Status, 'etag' | 'lastModified'>): boolean {
  return noted.etag === upload.etag && noted.lastModified === upload.lastModified
}

function toUploader({ arn, sourceIpAddress }: Note, at: string): Uploader {
  return { principalId: arn, sourceIpAddress, at }
}
