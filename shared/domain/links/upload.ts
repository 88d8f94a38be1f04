import * as z from 'zod'
import { renderInstant } from '../text/instant.ts'
import type { InputMessage } from './input-message.ts'

/** The user metadata by which an upload asks to count as new though its content is as before: an instant. */
export const rebindMetadata = 'ssofile-rebind'

/** What tells whether a file was uploaded with another content. Kept with what came of the upload. */
export const uploadIdentity = {
  /** What was in the file when it was last read, see `content-of.ts`. Absent in records of older versions. */
  content: z.string().optional(),
  /** The last instant at which somebody asked for this file to count as new (`ssofile touch --rebind`). */
  rebind: z.iso.datetime().optional(),
}

export type Upload = {
  readonly etag?: string | undefined
  readonly content?: string | undefined
  readonly rebind?: string | undefined
}

/** Of an object's user metadata. What is no instant asks for nothing. */
export function rebindOf(metadata: Readonly<Record<string, string>> | undefined): string | undefined {
  return uploadIdentity.rebind.safeParse(metadata?.[rebindMetadata]).data
}

/**
 * Whether what was `found` says the same as what is `known`, and nobody asked for it to count as new. A sync from a fresh
 * checkout uploads every file again, so the time of an upload means nothing.
 *
 * | content | found asks to count as new         | the same |
 * | ------- | ---------------------------------- | -------- |
 * | other   |                                    | no       |
 * | same    | later than what is known           | no       |
 * | same    | no, or not later: an older version | yes      |
 */
export function isSameUpload(known: Upload | undefined, found: Upload | undefined): boolean {
  const hasBoth = known?.content !== undefined && found?.content !== undefined
  const isSameContent = hasBoth ? known.content === found.content : known?.etag === found?.etag
  return isSameContent && !asksAnew(known, found)
}

/** Whether `found` asks to count as new, and that was not done yet. */
export function asksAnew(known: Upload | undefined, found: Upload | undefined): boolean {
  return found?.rebind !== undefined && !(known?.rebind !== undefined && known.rebind >= found.rebind)
}

type ToldUpload = Upload & {
  readonly lastModified?: string | undefined
  readonly versionId?: string | undefined
  readonly since?: string | undefined
}

/** What a status says of the upload that was `found`, while until now it said what is `known`. */
export function describeUpload(known: ToldUpload | undefined, found: ToldUpload): ToldUpload {
  const { etag, lastModified, versionId, content } = found
  const isAgain = known?.etag !== undefined && isSameUpload(known, found)
  const rebind = asksAnew(known, found) ? found.rebind : known?.rebind
  const since = isAgain
    ? (known.since ?? (known.lastModified === lastModified ? undefined : known.lastModified))
    : undefined
  // What cannot be read may say the same as before.
  return { etag, lastModified, versionId, content: content ?? known?.content, rebind, since }
}

/**
 * Whether an upload only repeats what is in force: then nothing need be looked at for it. A look for any other reason, or at
 * the same upload again, is meant.
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
