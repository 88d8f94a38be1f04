import { parseCaller } from '../deployment/api-caller.ts'
import type { Status } from '../statuses/status.ts'
import { renderInstant } from '../text/instant.ts'
import type { InputMessage, Uploader } from './input-message.ts'
import { isSameUpload, type Upload } from './upload.ts'

/** S3's answer when ssofile read the input. */
type FoundUpload = Upload & {
  readonly etag: string
  readonly versionId?: string | undefined
  readonly lastModified: Date
  readonly metadata?: Readonly<Record<string, string>>
}

/** The uploader of this object, from its status. `undefined`: unknown, or the status is about other content. */
export function toldUploader(status: Status | undefined, found: Upload | undefined): Uploader | undefined {
  return isSameUpload(status, found) ? status?.by : undefined
}

/**
 * The uploader of the object; if there is no object, the person who deleted it. `undefined`: unknown, which is better than a wrong name.
 * An event names the person who changed a key, but others may have changed the key since. Uploading the same content again changes
 * nothing, so it names nobody.
 *
 * | found     | its status                     | the event says                                       | uploader            |
 * | --------- | ------------------------------ | ---------------------------------------------------- | ------------------- |
 * | an object | names the uploader             |                                                      | as the status says  |
 * | an object | is of this content, earlier    |                                                      | unknown             |
 * | an object | is of other content, or none   | uploaded: this version, or this etag no sooner       | as the event says   |
 * | nothing   | names a later deleter          |                                                      | as the status says  |
 * | nothing   | any other, or none             | deleted, after the upload that the status is of      | as the event says   |
 * |           | any other, or none             | anything else                                        | unknown             |
 *
 * If the event says that the API uploaded it, "as the event says" means the caller in the object's metadata.
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
  // Events may arrive in the wrong order, so the newer uploader counts.
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
  // Empty files share one etag. An event is not about an object that was modified after it.
  return etag === found.etag && Date.parse(by.at) >= found.lastModified.getTime()
}

function isOfDeletion({ event, by }: Parameters<typeof findUploader>[1], status: Status | undefined): boolean {
  if (event.startsWith('ObjectCreated') || !by) return false
  return status?.lastModified === undefined || Date.parse(by.at) >= Date.parse(status.lastModified)
}
