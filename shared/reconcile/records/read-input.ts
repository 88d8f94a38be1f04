import { rebindOf, type Upload } from '../../domain/links/upload.ts'
import { type Complaint, type Parsed, quote, refused } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { FoundObject, ReadingObjects, ReadObject } from '../../ports/object-store.ts'
import { isObjectRefusal } from '../../ports/service-error.ts'
import { contentOf, jsonValueOf } from './content-of.ts'
import { RecordChangedError } from './json-record.ts'

/** An object that a person uploaded. `content` and `value`: absent if ssofile did not read the body. */
export type InputHead = FoundObject & Pick<Upload, 'content' | 'value' | 'rebind'>

/** Identifies the upload that a status is about. The same content uploaded again is another upload here. */
export function describeInput({ etag, versionId, lastModified }: InputHead) {
  return { etag, versionId, lastModified: renderInstant(lastModified) }
}

/** An input that exists, but S3 refuses to return it. So nobody knows its content. */
export type UnreadableInput = { readonly head: InputHead; readonly complaint: Complaint }

/** Reads an input. `undefined`: it does not exist. If it is larger than `mostBytes`, its body is not read and is empty. */
export async function readInput(
  objects: ReadingObjects,
  key: string,
  { mostBytes }: { readonly mostBytes: number },
): Promise<(ReadObject & InputHead) | UnreadableInput | undefined> {
  try {
    const found = await objects.get(key, { mostBytes })
    if (!found) return undefined
    const isRead = found.body.byteLength === found.size
    const read = isRead ? { content: contentOf(found.body), value: jsonValueOf(found.body) } : {}
    return { ...found, ...read, rebind: rebindOf(found.metadata) }
  } catch (error) {
    if (!isObjectRefusal(error)) throw error
    const head = await objects.head(key)
    return head && { head, complaint: complainOf(key, error.code, error.message) }
  }
}

/** A file as it is now. `isUnreadable`: S3 refuses to return it, so its content is unknown. */
export type FileReading<Body> =
  | { readonly is: 'none' }
  | { readonly is: 'invalid'; readonly complaint: Complaint; readonly isUnreadable: boolean }
  | { readonly is: 'valid'; readonly body: Body }

export function fileReadingOf<Body>(found: Awaited<ReturnType<typeof readParsedInput<Body>>>): FileReading<Body> {
  if (found === undefined) return { is: 'none' }
  const { file, isUnreadable } = found
  return file.ok ? { is: 'valid', body: file.value } : { is: 'invalid', complaint: file.complaint, isUnreadable }
}

/** An input with its parsed content. If S3 does not return it, the content is a complaint. `undefined`: the input does not exist. */
export async function readParsedInput<T>(
  objects: ReadingObjects,
  key: string,
  {
    mostBytes,
    parseBody,
  }: {
    readonly mostBytes: number
    readonly parseBody: (key: string, body: Uint8Array, sizeBytes: number, head: InputHead) => Parsed<T>
  },
): Promise<{ readonly head: InputHead; readonly file: Parsed<T>; readonly isUnreadable: boolean } | undefined> {
  const found = await readInput(objects, key, { mostBytes })
  if (found === undefined) return undefined
  if ('complaint' in found) return { head: found.head, file: refused(found.complaint), isUnreadable: true }
  const { body, ...head } = found
  return { head, file: parseBody(key, body, head.size, head), isUnreadable: false }
}

/**
 * Call it right before an act that nobody can undo. Throws RecordChangedError if the input has changed since the look, or has come back.
 * (S3's events of one key are handled one after the other, so the next event may still wait for this look.)
 */
export async function requireUnchanged(
  objects: ReadingObjects,
  key: string,
  looked: Pick<InputHead, 'etag'> | undefined,
): Promise<void> {
  if ((await objects.head(key))?.etag !== looked?.etag) throw new RecordChangedError(key)
}

function complainOf(object: string, code: string, message: string): Complaint {
  return {
    object,
    received: `an object that S3 does not return to ssofile (${code}: ${quote(message.replace(`${object}: `, ''), 300)})`,
    expected: 'one that ssofile can read: not encrypted with a key of your own (SSE-C, another KMS key), not archived',
    remedy:
      'upload it again without an encryption option; until then it grants nothing new, and its existing access stays',
  }
}
