import pLimit from 'p-limit'
import { toldUploader } from '../../domain/find-uploader.ts'
import type { PrincipalId } from '../../domain/identity-center-ids.ts'
import { type GrantingLink, isSameLink } from '../../domain/ledger-entry.ts'
import type { PrincipalType } from '../../domain/principal.ts'
import type { Status } from '../../domain/status.ts'
import { asksAnew, isSameUpload, type Upload } from '../../domain/upload.ts'
import type { StoredEntry } from '../records/ledger.ts'
import type { LinkReading } from '../records/read-link.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import type { Subject } from './settlement.ts'

const readsAtOnce = 16

/** A link as evaluated, and the user id that it was first applied to; `undefined`: it may be applied to anyone of its name. */
export type BoundLink = { readonly link: GrantingLink; readonly boundTo: PrincipalId | undefined }

/**
 * The user that a link was first applied to, from its status. Links of groups follow the name.
 *
 * | the status is of          | the upload found                      | bound to            |
 * | ------------------------- | ------------------------------------- | ------------------- |
 * | no file any more          | does not ask to count as new          | as the status says  |
 * | the same content          | does not ask to count as new          | as the status says  |
 * | other content             |                                       | its present bearer   |
 * | any                       | cannot be read                        | as the status says   |
 * | any                       | asks to count as new                  | its present bearer   |
 * | there is none             |                                       | its present bearer   |
 */
export function bindingOf(
  type: PrincipalType,
  status: (Pick<Status, 'principalId'> & Upload) | undefined,
  found: Upload | undefined,
): PrincipalId | undefined {
  if (type !== 'USER' || status === undefined) return undefined
  const isUnread = found?.content === undefined && status.content !== undefined
  const isUnknown = status.etag === undefined || found === undefined || isUnread
  const isNew = isUnknown ? asksAnew(status, found) : !isSameUpload(status, found)
  return isNew ? undefined : status.principalId
}

/** The same of a link as it is now. A temporary one is bound to who asked for it from the start. */
export function bindingOfReading(
  reading: LinkReading,
  status: (Pick<Status, 'principalId'> & Upload) | undefined,
): PrincipalId | undefined {
  if (!reading.link) return undefined
  if ('body' in reading && reading.body.request) return reading.body.request.user
  return bindingOf(reading.link.type, status, reading.state === 'absent' ? undefined : reading.object)
}

/** The content of a link that this entry was granted for is bound to the entry's user, whether or not its status says so yet. */
export function bindingInLedger(
  type: PrincipalType,
  stored: StoredEntry | undefined,
  link: GrantingLink,
): PrincipalId | undefined {
  const first = stored?.entry.accesses[0]
  if (type !== 'USER' || first?.grantedAt === undefined) return undefined
  const isGranting = first.links.some((known) => isSameLink(known, link))
  return isGranting ? first.principalId : undefined
}

/** Who uploaded a link, and the user that it is bound to, stand in its status. */
export async function bindLinks(
  { context, assignment: { type } }: Subject,
  links: readonly GrantingLink[],
  stored: StoredEntry | undefined,
): Promise<readonly BoundLink[]> {
  const { statuses, pulledMs } = context
  const limit = pLimit(readsAtOnce)
  const findKnown = (link: GrantingLink) => stored?.entry.accesses[0].links.find((one) => isSameLink(one, link))
  const bind = async (found: GrantingLink): Promise<BoundLink> => {
    const named = findKnown(found)
    if (type === 'GROUP' && named?.by) return { link: named, boundTo: found.ofRequest?.user }
    // Which user it means may be written at any time.
    const reading = type === 'USER' ? statuses.read(found.key) : statuses.readSince(pulledMs, found.key)
    const read = await unlessSpoiled(reading)
    const status = isSpoiled(read) ? undefined : read
    // A sync that came since has uploaded it without the metadata by which somebody asked for it to count as new.
    const link = { ...found, rebind: found.rebind ?? status?.rebind }
    const known = findKnown(link)
    const recorded = bindingInLedger(type, stored, link)
    // Who asked for temporary access is known by its id: nobody else of that name may have it, also not at first.
    const asked = link.ofRequest?.user
    // Nobody knows which user it means; of a group's link only who uploaded it.
    if (isSpoiled(read) && type === 'USER' && (asked ?? recorded) === undefined) throw read
    // The status may be of other content, by somebody else.
    const by = toldUploader(status, link)
    const upload = known ?? link
    return {
      link: by === undefined ? upload : { ...upload, by },
      boundTo: asked ?? recorded ?? bindingOf(type, status, link),
    }
  }
  return Promise.all(links.map((link) => limit(() => bind(link))))
}
