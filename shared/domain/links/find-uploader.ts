import { parseCaller } from '../deployment/api-caller.ts'
import type { Status } from '../statuses/status.ts'
import { renderInstant } from '../text/instant.ts'
import type { InputMessage, Uploader } from './input-message.ts'
import { isSameUpload, type Upload } from './upload.ts'

/** What S3 answered when the input was read. */
type FoundUpload = Upload & {
  readonly etag: string
  readonly versionId?: string | undefined
  readonly lastModified: Date
  readonly metadata?: Readonly<Record<string, string>>
}

/** Who uploaded what was found, as its status says. `undefined`: nobody knows, or the status is of other content. */
export function toldUploader(status: Status | undefined, found: Upload | undefined): Uploader | undefined {
  return isSameUpload(status, found) ? status?.by : undefined
}

/**
 * Who uploaded the object that was found, or, where none was found, who deleted it. `undefined`: it is not known, which is
 * said rather than the wrong name. An event tells who changed a key, and others may have changed the key since. Whoever
 * uploads the same content again has changed nothing.
 *
 * | found     | its status                     | the event says                                       | who                 |
 * | --------- | ------------------------------ | ---------------------------------------------------- | ------------------- |
 * | an object | names who uploaded it          |                                                      | as the status says  |
 * | an object | is of this content, earlier    |                                                      | not known           |
 * | an object | is of other content, or none   | uploaded: this version, or this etag no sooner       | as the event says   |
 * | nothing   | names who deleted it later     |                                                      | as the status says  |
 * | nothing   | any other, or none             | deleted, after the upload that the status is of      | as the event says   |
 * |           | any other, or none             | anything else                                        | not known           |
 *
 * Where the event says that the API uploaded it, "as the event says" is the caller that the object's metadata names.
 */
export function findUploader(
  found: FoundUpload | undefined,
  message: Pick<InputMessage, 'event' | 'by' | 'isByApi' | 'etag' | 'versionId'>,
  status: Status | undefined,
): Uploader | undefined {
  const isSame = isSameUpload(status, found)
  const known = isSame ? status?.by : undefined
  const { by } = message
  if (found) {
    const isFirst = status?.since === undefined && status?.lastModified === renderInstant(found.lastModified)
    return known ?? (isOfUpload(message, found) && (!isSame || isFirst) ? uploaderOf(message, found) : undefined)
  }
  // Events come in any order.
  const isOlder = by && known && Date.parse(known.at) > Date.parse(by.at)
  return isOfDeletion(message, status) && !isOlder ? by : known
}

function uploaderOf(
  { by, isByApi }: Parameters<typeof findUploader>[1],
  { metadata = {} }: FoundUpload,
): Uploader | undefined {
  return (isByApi && by && parseCaller(metadata, by.at)) ?? by
}

function isOfUpload({ event, by, etag, versionId }: Parameters<typeof findUploader>[1], found: FoundUpload): boolean {
  if (!event.startsWith('ObjectCreated') || !by) return false
  if (versionId !== undefined && found.versionId !== undefined) return versionId === found.versionId
  // Empty files share one etag. What was modified after an event is not what the event is about.
  return etag === found.etag && Date.parse(by.at) >= found.lastModified.getTime()
}

function isOfDeletion({ event, by }: Parameters<typeof findUploader>[1], status: Status | undefined): boolean {
  if (event.startsWith('ObjectCreated') || !by) return false
  return status?.lastModified === undefined || Date.parse(by.at) >= Date.parse(status.lastModified)
}
