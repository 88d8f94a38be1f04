import * as z from 'zod'
import { renderInstant } from '../text/instant.ts'
import type { InputMessage } from './input-message.ts'

/** User metadata with a time. An upload with it asks to count as new, even if its content is unchanged. */
export const rebindMetadata = 'ssofile-rebind'

/** Tells whether a file was uploaded with other content. Kept with the result of the upload. */
export const uploadIdentity = {
  /** The content at the last read, see `content-of.ts`. Absent in records of older versions. */
  content: z.string().optional(),
  /** A hash of the JSON value, see `content-of.ts`. Absent in records of older versions, and if the content is not JSON. */
  value: z.string().optional(),
  /** When somebody last asked for this file to count as new (`ssofile touch --rebind`). */
  rebind: z.iso.datetime().optional(),
}

export type Upload = {
  readonly etag?: string | undefined
  readonly content?: string | undefined
  readonly value?: string | undefined
  readonly rebind?: string | undefined
}

/** The fields that a record of this upload keeps. */
export function identityOf({ content, value, rebind }: Upload) {
  return { content, value, rebind }
}

/** From an object's user metadata. A value that is not a time asks for nothing. */
export function rebindOf(metadata: Readonly<Record<string, string>> | undefined): string | undefined {
  return uploadIdentity.rebind.safeParse(metadata?.[rebindMetadata]).data
}

/**
 * Whether `found` has the same content as `known`, and nobody asked for it to count as new. A sync from a fresh checkout uploads every
 * file again, so the time of an upload means nothing.
 *
 * | content | value            | found asks to count as new         | the same |
 * | ------- | ---------------- | ---------------------------------- | -------- |
 * | other   | other, or absent |                                    | no       |
 * | same    |                  | later than `known` did             | no       |
 * | other   | same             | later than `known` did             | no       |
 * | same    |                  | no, or not later: an older version | yes      |
 * | other   | same             | no, or not later: an older version | yes      |
 *
 * The value decides beside the content because git on Windows changes line ends. The content decides beside the value because records of
 * older versions have no value.
 */
export function isSameUpload(known: Upload | undefined, found: Upload | undefined): boolean {
  const hasBoth = known?.content !== undefined && found?.content !== undefined
  const isSameContent = hasBoth ? known.content === found.content : known?.etag === found?.etag
  const isSameValue = known?.value !== undefined && known.value === found?.value
  return (isSameContent || isSameValue) && !asksAnew(known, found)
}

/** Whether `found` asks to count as new, and `known` does not include that request yet. */
export function asksAnew(known: Upload | undefined, found: Upload | undefined): boolean {
  return found?.rebind !== undefined && !(known?.rebind !== undefined && known.rebind >= found.rebind)
}

type ToldUpload = Upload & {
  readonly lastModified?: string | undefined
  readonly versionId?: string | undefined
  readonly since?: string | undefined
}

/** The fields of a status about the upload `found`, after a status about `known`. */
export function describeUpload(known: ToldUpload | undefined, found: ToldUpload): ToldUpload {
  const { etag, lastModified, versionId } = found
  const isAgain = known?.etag !== undefined && isSameUpload(known, found)
  const rebind = asksAnew(known, found) ? found.rebind : known?.rebind
  const since = isAgain
    ? (known.since ?? (known.lastModified === lastModified ? undefined : known.lastModified))
    : undefined
  // Unreadable content may be the same as before.
  const { content, value } = found.content === undefined ? identityOf(known ?? {}) : found
  return { etag, lastModified, versionId, content, value, rebind, since }
}

/**
 * Whether an upload only repeats the file in force, so there is nothing to look at. A second look at the same upload, or a look for
 * another reason, is deliberate.
 */
export function changesNothing(
  { event }: Pick<InputMessage, 'event'>,
  found: Upload & { readonly lastModified: Date },
  status: (ToldUpload & { readonly state: string }) | undefined,
): boolean {
  const isUploadedAgain =
    event.startsWith('ObjectCreated') && status?.lastModified !== renderInstant(found.lastModified)
  return isUploadedAgain && status?.state === 'applied' && isSameUpload(status, found)
}
