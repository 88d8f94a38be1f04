import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { ApiCaller } from '../../domain/deployment/api-caller.ts'
import { record } from '../../domain/json/record.ts'
import type { InputMessage, Uploader } from '../../domain/links/input-message.ts'
import { identityOf, isSameUpload, type Upload, uploadIdentity } from '../../domain/links/upload.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { defineRecords } from './define-record.ts'
import { spoiledAsAbsent } from './stored-json.ts'

/**
 * The caller who asked the API to delete one upload of an input, or the review that revoked it. The API and the review write this note
 * before the deletion, because S3 names only their role as the deleter. Only ssofile's own functions may write under `state/`. The note stays after it was read, because the message may come
 * twice. It may be deleted at any time.
 */
const note = record({
  input: z.string(),
  /** The upload to delete. */
  etag: z.string(),
  lastModified: z.iso.datetime(),
  ...uploadIdentity,
  arn: z.string(),
  sourceIpAddress: z.string().optional(),
})
type Note = z.infer<typeof note>

export const deletionNotes = defineRecords({
  at: 'state/deletions/',
  meaning: 'who asked the API, or which review decided, to delete an upload',
  source: { is: 'note', until: 'another deletion of the file replaces it' },
  key: (input: string) => `${createHash('sha256').update(input).digest('hex')}.json`,
  value: note,
})

/** If two callers ask at once, the first one is noted: both wanted this upload gone. */
export async function noteDeletion(
  objects: ObjectStore,
  upload: ObjectHead & Upload,
  caller: ApiCaller,
): Promise<void> {
  const { key: input, etag, lastModified } = upload
  const { arn, sourceIpAddress } = caller
  const next = { input, etag, lastModified: renderInstant(lastModified), ...identityOf(upload), arn, sourceIpAddress }
  await deletionNotes.of(objects, upload.key).revise((known) => (known && isExactly(known, next) ? known : next))
}

/** The author of a deletion by a review. `reviewer`: absent if silence revoked it. */
export function arnOfReview(review: string, reviewer: string | undefined): string {
  return `review:${review}${reviewer === undefined ? '' : `/${encodeURI(reviewer.toWellFormed())}`}`
}

const reviewIn = (arn: string) => /^review:([^/]+)/.exec(arn)?.[1]

/**
 * The review that deleted this upload; `undefined`: none did. `lastModified`: of the upload, or when ssofile acted on it. What came after the
 * note was written may have the same content, but others deleted it.
 */
export async function findReview(
  objects: ObjectStore,
  upload: { readonly key: string; readonly lastModified?: string } & Upload,
): Promise<string | undefined> {
  const noted = await spoiledAsAbsent(deletionNotes.of(objects, upload.key).read())
  if (noted === undefined) return undefined
  const { value, object } = noted
  const isLater = upload.lastModified !== undefined && new Date(upload.lastModified) > object.lastModified
  return !isLater && (value.etag === upload.etag || isRepeated(value, upload)) ? reviewIn(value.arn) : undefined
}

/**
 * Names the API's caller, or the review, as the author of a deletion, if the status is about the deleted upload, or if no status names an
 * upload. Returns any other message unchanged, because its caller would be a guess.
 */
export async function nameDeleter(
  objects: ObjectStore,
  message: InputMessage,
  status: Status | undefined,
): Promise<InputMessage> {
  const { key, by, isByApi, event } = message
  if (!by || !event.startsWith('ObjectRemoved')) return message
  const noted = (await spoiledAsAbsent(deletionNotes.of(objects, key).read()))?.value
  const isOfStatus = status?.etag === undefined || (noted !== undefined && isOf(noted, status))
  const isCaller = noted !== undefined && (isByApi === true || reviewIn(noted.arn) !== undefined)
  return !isCaller || !isOfStatus ? message : { ...message, by: toUploader(noted, by.at) }
}

type ToldUpload = Upload & Pick<Status, 'lastModified'>

function isOf(noted: Note, upload: ToldUpload): boolean {
  return isExactly(noted, upload) || isRepeated(noted, upload)
}

/** The deleted upload only repeated this one, so nobody had looked at it. */
function isRepeated(noted: Note, upload: ToldUpload): boolean {
  const { lastModified } = upload
  const isEarlier = lastModified !== undefined && lastModified <= noted.lastModified
  return noted.content !== undefined && isEarlier && isSameUpload(upload, noted)
}

function isExactly(noted: Note, upload: ToldUpload): boolean {
  return noted.etag === upload.etag && noted.lastModified === upload.lastModified
}

function toUploader({ arn, sourceIpAddress }: Note, at: string): Uploader {
  return { principalId: arn, sourceIpAddress, at }
}
