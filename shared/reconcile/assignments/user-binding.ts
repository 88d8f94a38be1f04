import pLimit from 'p-limit'
import { renderAssignmentKey } from '../../domain/assignments/assignment.ts'
import { type GrantingLink, isSameLink } from '../../domain/assignments/ledger-entry.ts'
import { toldUploader } from '../../domain/links/find-uploader.ts'
import { type Lack, lackOfBoundUser } from '../../domain/links/lack.ts'
import { asksAnew, isSameUpload, type Upload } from '../../domain/links/upload.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import type { Status } from '../../domain/statuses/status.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import { readLastLinks } from '../records/history.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import type { LinkReading } from '../records/read-link.ts'
import { isSamePerson, notePerson, tellBoundAgain } from '../records/same-person.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from '../records/stored-json.ts'
import type { Lacks } from './settlement.ts'
import type { Settling } from './settling.ts'

/**
 * The user that a link was first applied to, from its status. Links of groups follow the name.
 *
 * | the status is of | the upload                   | the link is bound to       |
 * | ---------------- | ---------------------------- | -------------------------- |
 * | a deleted file   | does not ask to count as new | the user in the status     |
 * | the same content | does not ask to count as new | the user in the status     |
 * | other content    |                              | the user who has the name  |
 * | any              | cannot be read               | the user in the status     |
 * | any              | asks to count as new         | the user who has the name  |
 * | there is none    |                              | the user who has the name  |
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

/** Like `bindingOf`, for the present link. A temporary link is bound to its requester from the start. */
export function bindingOfReading(
  reading: LinkReading,
  status: (Pick<Status, 'principalId'> & Upload) | undefined,
): PrincipalId | undefined {
  if (!reading.link) return undefined
  if ('body' in reading && reading.body.request) return reading.body.request.user
  return bindingOf(reading.link.type, status, reading.state === 'absent' ? undefined : reading.object)
}

/**
 * Whether a link may apply to this principal, before a ledger entry of the principal exists. A link of a user that was applied to another
 * user may not. If ssofile cannot read the status, it does not know the user, so the link may not either.
 */
export async function mayApplyTo(
  { principalType, principalId }: Pick<AssignmentTarget, 'principalType' | 'principalId'>,
  link: GrantingLink,
  readStatus: (link: string) => Promise<Status | undefined>,
): Promise<boolean> {
  if (principalType === 'GROUP') return true
  const status = await unlessSpoiled(readStatus(link.key))
  if (isSpoiled(status)) return false
  const boundTo = link.ofRequest?.user ?? bindingOf(principalType, status, link)
  return boundTo === undefined || boundTo === principalId
}

/** If this entry was granted for this content of the link, the link is bound to the entry's user, even before its status says so. */
function bindingInLedger({ id, stored }: Pick<Settling, 'id' | 'stored'>, link: GrantingLink): PrincipalId | undefined {
  if (id.type !== 'USER' || stored?.entry.grantedAt === undefined) return undefined
  return stored.entry.links.some((known) => isSameLink(known, link)) ? id.principalId : undefined
}

/**
 * The status of a link names its first user only once the link is applied. Until then only the ledger knows: an entry of
 * another id that has, or had, this name, in any account. If this id's entry names the link already, no other id counts.
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
 * The status is lost, and the access of the first user has ended: only history still knows the user. It decides about the very same upload
 * alone: a file that somebody deleted and uploaded again is a new one.
 */
async function bindingInHistory({ id, assignment, entry, context }: Settling, link: GrantingLink) {
  if (id.type !== 'USER' || entry?.links.some(({ key }) => key === link.key)) return undefined
  const { standings, objects } = context
  const ever = (await standings.names()).everIdsOf(id.type, assignment.principal)
  for (const principalId of ever.filter((one) => one !== id.principalId)) {
    const former = await readLastLinks(objects, renderAssignmentKey({ ...id, principalId }))
    if (former.some((one) => isSameLink(one, link) && one.lastModified === link.lastModified)) return principalId
  }
  return undefined
}

/**
 * From the links that name this id's present name, picks those that may apply to it: a link of a user is bound to its first
 * user. The status of a link names its uploader and its user. `lacks`: of each link.
 */
export async function bindLinks(
  settling: Settling,
  found: readonly GrantingLink[],
): Promise<{ readonly links: readonly GrantingLink[]; readonly lacks: Lacks }> {
  const { id, assignment } = settling
  const lacks = new Map<string, Lack | 'none'>()
  const bound = await pLimit(readsAtOnce).map(found, async (one) => {
    const { link, boundTo = id.principalId } = await bind(settling, one)
    const isOwn = boundTo === id.principalId || (await bindAgain(settling, link, boundTo))
    lacks.set(link.key, isOwn ? 'none' : lackOfBoundUser(assignment.principal, boundTo))
    return isOwn ? [link] : []
  })
  const links = bound.flat()
  const { whereabouts, context } = settling
  // Before the access exists, so that the person is known when the provider makes the user again.
  if (id.type === 'USER' && whereabouts !== 'gone' && links.length > 0)
    await notePerson(context.objects, id.principalId, whereabouts.externalIds ?? [])
  return { links, lacks }
}

/**
 * Whether the user of the link is gone, and the provider made the same person again under this id, with the same ExternalIds.
 * Then the link is bound to this id from now on: history says so, and the status of the link.
 */
async function bindAgain(settling: Settling, link: GrantingLink, former: PrincipalId): Promise<boolean> {
  const { id, whereabouts, context, assignment, now } = settling
  const { objects, principals, statuses, log, pulledMs } = context
  if (id.type !== 'USER' || whereabouts === 'gone' || link.ofRequest !== undefined) return false
  if (!(await isSamePerson(objects, former, whereabouts.externalIds ?? []))) return false
  if ((await principals.whereabouts('USER', former, pulledMs)) !== 'gone') return false
  const user = id.principalId
  await tellBoundAgain(objects, { key: link.key, name: assignment.principal, user, former, at: now })
  await statuses.revise(link.key, async (current) => {
    const isTold = current === undefined || current.principalId === user || !isSameUpload(current, link)
    return isTold ? current : { ...current, principalId: user, boundAgain: { former, at: now } }
  })
  log.info('a link is bound again: the provider made its user again', { link: link.key, former, user })
  return true
}

async function bind(settling: Settling, found: GrantingLink) {
  const { type } = settling.id
  const { statuses, pulledMs } = settling.context
  const findKnown = (link: GrantingLink) => settling.entry?.links.find((one) => isSameLink(one, link))
  const named = findKnown(found)
  if (type === 'GROUP' && named?.by) return { link: named, boundTo: found.ofRequest?.user }
  // A status may get its user at any time, so read it now.
  const reading = type === 'USER' ? statuses.read(found.key) : statuses.readSince(pulledMs, found.key)
  const read = await unlessSpoiled(reading)
  const status = isSpoiled(read) ? undefined : read
  // A later sync may have uploaded the link without the metadata that asked to count as new.
  const link = { ...found, rebind: found.rebind ?? status?.rebind }
  const recorded = bindingInLedger(settling, link)
  // Temporary access is bound to the requester's id, so nobody else with that name gets it, not even at first.
  const asked = link.ofRequest?.user
  // The link's user is unknown. For a link of a group, a spoiled status hides only the uploader.
  if (isSpoiled(read) && type === 'USER' && (asked ?? recorded) === undefined) throw read
  // The status may belong to other content by another uploader.
  const by = toldUploader(status, link)
  const upload = findKnown(link) ?? link
  return {
    link: by === undefined ? upload : { ...upload, by },
    boundTo:
      asked ??
      recorded ??
      bindingOf(type, status, link) ??
      (await bindingOfOthers(settling, link)) ??
      (await bindingInHistory(settling, link)),
  }
}

/**
 * Someone's access ends at once, together with the ledger entry that may be the only record of the link's user. So the status
 * of the link records the user first, and the link never applies to another user who gets the name.
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
