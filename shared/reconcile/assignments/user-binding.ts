import pLimit from 'p-limit'
import type { PrincipalId } from '../../domain/identity-center-ids.ts'
import { type GrantingLink, isSameUpload } from '../../domain/ledger-entry.ts'
import type { PrincipalType } from '../../domain/principal.ts'
import { isOfSameUpload, type Status } from '../../domain/status.ts'
import type { StoredEntry } from '../records/ledger.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import type { Subject } from './settlement.ts'

const readsAtOnce = 16

/** A link as evaluated, and the user id that it was first applied to; `undefined`: it may be applied to anyone of its name. */
export type BoundLink = { readonly link: GrantingLink; readonly boundTo: PrincipalId | undefined }

/**
 * The user that this version of a link was first applied to, from its status. A later `lastModified` is a new upload,
 * which binds anew (empty files share one etag). Links of groups follow the name.
 */
export function bindingOf(
  type: PrincipalType,
  status: Pick<Status, 'principalId' | 'lastModified'> | undefined,
  lastModified: string,
): PrincipalId | undefined {
  return type === 'USER' && status?.lastModified === lastModified ? status.principalId : undefined
}

/** The version of a link that this entry was granted for is bound to the entry's user, whether or not its status says so yet. */
export function bindingInLedger(
  type: PrincipalType,
  stored: StoredEntry | undefined,
  link: GrantingLink,
): PrincipalId | undefined {
  const first = stored?.entry.accesses[0]
  if (type !== 'USER' || first?.grantedAt === undefined) return undefined
  const isGranting = first.links.some(({ key, lastModified }) => key === link.key && lastModified === link.lastModified)
  return isGranting ? first.principalId : undefined
}

/** Who uploaded a link, and the user that it is bound to, stand in its status. */
export async function bindLinks(
  { context, assignment: { type } }: Subject,
  links: readonly GrantingLink[],
  stored: StoredEntry | undefined,
): Promise<readonly BoundLink[]> {
  const limit = pLimit(readsAtOnce)
  const bind = async (link: GrantingLink): Promise<BoundLink> => {
    const known = stored?.entry.accesses[0].links.find((one) => isSameUpload(one, link))
    const recorded = bindingInLedger(type, stored, link)
    if (known?.by && (type === 'GROUP' || recorded !== undefined)) return { link: known, boundTo: recorded }
    const read = await unlessSpoiled(context.statuses.read(link.key))
    // Nobody knows which user it means; of a group's link only who uploaded it.
    if (isSpoiled(read) && type === 'USER' && recorded === undefined) throw read
    const status = isSpoiled(read) ? undefined : read
    // The status may be of an earlier upload, by somebody else.
    const by = isOfSameUpload(status, link) ? status?.by : undefined
    const upload = known ?? link
    return {
      link: by === undefined ? upload : { ...upload, by },
      boundTo: recorded ?? bindingOf(type, status, link.lastModified),
    }
  }
  return Promise.all(links.map((link) => limit(() => bind(link))))
}
