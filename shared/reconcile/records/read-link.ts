import type { Configuration } from '../../domain/deployment/configuration.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { type Link, parseLinkKey } from '../../domain/links/link.ts'
import { isInForce, type LinkBody } from '../../domain/links/link-body.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import type { ObjectHead, ReadingObjects } from '../../ports/object-store.ts'
import { type FileReading, fileReadingOf, type InputHead, readParsedInput } from './read-input.ts'

/**
 * The state of one key under `links_data/`. Only `in-force` grants anything. `unreadable`: S3 does not return it, so its content is
 * unknown.
 */
export type LinkReading =
  | { readonly state: 'absent'; readonly link?: Link | undefined }
  | { readonly state: 'rejected'; readonly link?: Link; readonly object: InputHead; readonly complaint: Complaint }
  | { readonly state: 'unreadable'; readonly link: Link; readonly object: InputHead; readonly complaint: Complaint }
  | ({ readonly state: 'in-force' } & Valid)
  | ({ readonly state: 'not-yet' | 'expired' } & Valid)
type Valid = { readonly link: Link; readonly object: InputHead; readonly body: LinkBody }

/**
 * MD5 of an empty body. If an object is encrypted by KMS or with a customer's key, its etag is not an MD5 (S3 API Reference, "Object",
 * ETag).
 */
const emptyEtag = 'd41d8cd98f00b204e9800998ecf8427e'

/** Whether a listing already tells everything about a link: the link is empty, and S3 cannot refuse to return it. */
export function isKnownEmpty({ size, etag }: Pick<ObjectHead, 'size' | 'etag'>): boolean {
  return size === 0 && etag === emptyEtag
}

/** Reads a link with its body in one GET. The time is S3's own (its Date header). */
export async function readLink(
  objects: ReadingObjects,
  key: string,
  configuration: Pick<Configuration, 'folders'>,
): Promise<LinkReading> {
  const found = await readParsedInput(objects, key, kinds.link)
  return toLinkReading(key, { head: found?.head, file: fileReadingOf(found) }, configuration)
}

export function toLinkReading(
  key: string,
  { head: object, file }: { readonly head: InputHead | undefined; readonly file: FileReading<LinkBody> },
  { folders }: Pick<Configuration, 'folders'>,
): LinkReading {
  const link = parseLinkKey(key, folders)
  if (object === undefined || file.is === 'none') return { state: 'absent', link: link.ok ? link.value : undefined }
  if (!link.ok) return { state: 'rejected', object, complaint: link.complaint }
  if (file.is === 'valid')
    return { state: isInForce(file.body, object.servedAt), link: link.value, object, body: file.body }
  const { isUnreadable, complaint } = file
  return { state: isUnreadable ? 'unreadable' : 'rejected', link: link.value, object, complaint }
}
