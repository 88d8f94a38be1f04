import pLimit from 'p-limit'
import { type GrantingLink, isSameLink } from '../../domain/assignments/ledger-entry.ts'
import { toldUploader } from '../../domain/links/find-uploader.ts'
import { type Lack, lackOfBoundUser } from '../../domain/links/lack.ts'
import { asksAnew, isSameUpload, type Upload } from '../../domain/links/upload.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import type { Status } from '../../domain/statuses/status.ts'
import type { LinkReading } from '../records/read-link.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from '../records/stored-json.ts'
import type { Lacks } from './settlement.ts'
import type { Settling } from './settling.ts'

const readsAtOnce = 16

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
function bindingInLedger({ id, stored }: Pick<Settling, 'id' | 'stored'>, link: GrantingLink): PrincipalId | undefined {
  if (id.type !== 'USER' || stored?.entry.grantedAt === undefined) return undefined
  return stored.entry.links.some((known) => isSameLink(known, link)) ? id.principalId : undefined
}

/**
 * A status says whom a link was first applied to when that is done. Until then only the ledger knows: an entry of another id that
 * has, or had, this name, in any account. Where this id was given another content of it, that one was before.
 */
async function bindingOfOthers({ id, assignment, whereabouts, entry, context }: Settling, link: GrantingLink) {
  const { standings } = context
  if (entry?.links.some(({ key }) => key === link.key)) return undefined
  const others = (await standings.names())
    .everIdsOf(id.type, assignment.principal)
    .filter((one) => one !== id.principalId)
  if (id.type !== 'USER' || whereabouts === 'gone' || others.length === 0) return undefined
  const given = await standings.leftOf({ ...assignment, key: link.key }, await standings.accountsOf(assignment))
  const isOther = ({ principalId }: (typeof given)[number]) => principalId !== undefined && others.includes(principalId)
  return given.find((one) => isOther(one) && one.links?.some((known) => isSameLink(known, link)))?.principalId
}

/**
 * Of links that name the present name of this id, those that may be applied to it: a link of a user is bound to the user it
 * was first applied to. Who uploaded a link, and whom it is bound to, stand in its status. `lacks`: of each link.
 */
export async function bindLinks(
  settling: Settling,
  found: readonly GrantingLink[],
): Promise<{ readonly links: readonly GrantingLink[]; readonly lacks: Lacks }> {
  const { id, assignment } = settling
  const lacks = new Map<string, Lack | 'none'>()
  const bound = await pLimit(readsAtOnce).map(found, async (one) => {
    const { link, boundTo = id.principalId } = await bind(settling, one)
    const isOwn = boundTo === id.principalId
    lacks.set(link.key, isOwn ? 'none' : lackOfBoundUser(assignment.principal, boundTo))
    return isOwn ? [link] : []
  })
  return { links: bound.flat(), lacks }
}

async function bind(settling: Settling, found: GrantingLink) {
  const { type } = settling.id
  const { statuses, pulledMs } = settling.context
  const findKnown = (link: GrantingLink) => settling.entry?.links.find((one) => isSameLink(one, link))
  const named = findKnown(found)
  if (type === 'GROUP' && named?.by) return { link: named, boundTo: found.ofRequest?.user }
  // Which user it means may be written at any time.
  const reading = type === 'USER' ? statuses.read(found.key) : statuses.readSince(pulledMs, found.key)
  const read = await unlessSpoiled(reading)
  const status = isSpoiled(read) ? undefined : read
  // A sync that came since has uploaded it without the metadata by which somebody asked for it to count as new.
  const link = { ...found, rebind: found.rebind ?? status?.rebind }
  const recorded = bindingInLedger(settling, link)
  // Who asked for temporary access is known by its id: nobody else of that name may have it, also not at first.
  const asked = link.ofRequest?.user
  // Nobody knows which user it means; of a group's link only who uploaded it.
  if (isSpoiled(read) && type === 'USER' && (asked ?? recorded) === undefined) throw read
  // The status may be of other content, by somebody else.
  const by = toldUploader(status, link)
  const upload = findKnown(link) ?? link
  return {
    link: by === undefined ? upload : { ...upload, by },
    boundTo: asked ?? recorded ?? bindingOf(type, status, link) ?? (await bindingOfOthers(settling, link)),
  }
}

/**
 * Somebody's access ends at once, and with it the entry that alone may know whom a link was applied to: before that the status of
 * the link says it. So the link is never applied to another user who gets the name.
 */
export async function keepBindings({ id, entry, context: { statuses } }: Settling): Promise<void> {
  for (const link of entry?.links ?? []) {
    const told = statuses.revise(link.key, async (current) => {
      const isUntold = current !== undefined && current.principalId === undefined && isSameUpload(link, current)
      return isUntold ? { ...current, principalId: id.principalId } : current
    })
    await spoiledAsAbsent(told)
  }
}
