import type { GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import { causeOfPrincipal, type Revocation, revocationAct } from '../../domain/brake/act.ts'
import { type BrakeAnswer, exempt } from '../../domain/brake/admission.ts'
import type { Cause } from '../../domain/brake/brake-record.ts'
import { parseLinkKey } from '../../domain/links/link.ts'
import { endOfUser, endSession, revocationMs } from '../../domain/sessions/ended-sessions.ts'
import { suspendedAs } from '../../domain/suspensions/describe-suspension.ts'
import { findCause, withoutEnded } from '../brake/find-cause.ts'
import { admitLinks } from '../guardrails/admit-links.ts'
import { findReview } from '../records/deletion-notes.ts'
import { recordEndedSessions } from '../records/ended-sessions.ts'
import { LinkReadings } from '../records/link-readings.ts'
import { ownerRecord } from '../records/owner.ts'
import { isBoundAgain } from '../records/same-person.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { findGrantingLinks } from './evaluate-assignment.ts'
import { type End, findEnd } from './find-end.ts'
import type { Settling } from './settling.ts'
import { bindLinks, keepBindings } from './user-binding.ts'

/**
 * Asks the brake about a revocation. First reads the links that granted the access once more, to find the cause of the revocation. If they
 * differ from the beginning of the evaluation, the evaluation starts again: the brake counts nothing and no call is sent.
 */
export async function askBrake(settling: Settling): Promise<BrakeAnswer | 'evaluate again'> {
  const { key, id, context, wish, located: account, selectors, entry } = settling
  const { objects, configuration, organization, brake } = context
  const managementAccountId = await organization.managementAccountId()
  const all = entry?.links ?? []
  const own = new Set(all.map((link) => link.key))
  const [before, now] = [settling.readings, new LinkReadings(objects, configuration)]
  const read = (link: string) => (own.has(link) ? now : before).read(link)
  const sources = { configuration, managementAccountId, selectors, read }
  const isNamed = account !== undefined && settling.name !== undefined
  const found = isNamed ? await findGrantingLinks(settling.assignment, account, sources) : undefined
  const admitted = found ? await admitLinks(found.links, { entry, account: id.accountId }, context) : []
  const { links: bound } = await bindLinks(settling, admitted)
  const end = await findEnd(settling)
  const isWanted = end === undefined && bound.length + (found?.unreadable.length ?? 0) > 0
  if (isWanted !== (wish.is !== 'unwanted')) return 'evaluate again'
  const links = await withoutEnded(all, read, objects)
  if (all.length > 0 && links.length === 0) return exempt('temporary access has ended')
  if (await hasPersonMoved(settling, all)) return exempt('nobody loses anything')
  const place = { accountId: id.accountId, account, managementAccountId, selectors }
  const why = await findCause(links, read, place)
  const isEnded = end !== undefined && end.suspension === undefined
  // An end by the directory counts even if an uploader also withdrew the links.
  const cause = isEnded || why ? (causeOfName(settling, links) ?? why) : undefined
  const suspended = end?.suspension === undefined ? undefined : await findSuspended(settling, end.suspension)
  const reviews = new Set(cause ? [] : await Promise.all(links.map((link) => findReview(objects, link))))
  const review = reviews.size === 1 ? [...reviews][0] : undefined
  const hasVanished = await hasVanishedNow(settling)
  const revocation = { key, links: links.map((link) => link.key), cause, suspended, isEnded, hasVanished, review }
  const admission = await brake.admit(revocationAct(revocation))
  if (end && admission.outcome === 'passes') {
    await keepBindings(settling)
    await endSessionsOf(settling, end)
  }
  return admission
}

/** The provider made the user again, and all links that granted the access are bound to the new id. */
async function hasPersonMoved(
  { id, whereabouts, context }: Settling,
  links: readonly GrantingLink[],
): Promise<boolean> {
  if (id.type !== 'USER' || whereabouts !== 'gone' || links.length === 0) return false
  const moved = await Promise.all(links.map(({ key }) => isBoundAgain(context.objects, id.principalId, key)))
  return moved.every(Boolean)
}

/** The principal is gone, and nobody else has its name. A principal that was made again has lost nothing. */
async function hasVanishedNow({ id, whereabouts, assignment, context }: Settling): Promise<boolean> {
  if (whereabouts !== 'gone') return false
  return (await context.principals.resolve(id.type, assignment.principal, context.pulledMs)) === undefined
}

/** The status of the file says who suspended the user, and whether the brake passed the suspension. */
async function findSuspended({ id, context }: Settling, suspension: string): Promise<Revocation['suspended']> {
  const status = await spoiledAsAbsent(context.statuses.read(suspension))
  return suspendedAs(id.principalId, status)
}

/**
 * Ends the sessions of this access before its deletion, including sessions that begin until it is gone: a revocation ends no
 * session. (IAM Identity Center User Guide, "Revoke active IAM role sessions created by permission sets".)
 */
async function endSessionsOf({ id, recordedName, context: { objects } }: Settling, { suspension }: End): Promise<void> {
  const now = (await objects.head(ownerRecord.at))?.servedAt
  if (now === undefined) throw new Error(`${ownerRecord.at} is gone, and with it the time by which sessions are ended`)
  const { principalId: user, permissionSet, accountId: account } = id
  const by = suspension ?? endOfUser(recordedName)
  const wish = { user, name: recordedName, permissionSet, account, by }
  await recordEndedSessions(objects, [endSession(wish, new Date(now.getTime() + revocationMs))])
}

/** The principal is gone or disabled, or its name differs from the name in the links that granted the access. */
function causeOfName(
  { id: { type }, whereabouts, context }: Settling,
  links: readonly GrantingLink[],
): Cause | undefined {
  for (const { key } of links) {
    const link = parseLinkKey(key, context.configuration.folders)
    if (!link.ok) continue
    const { principal } = link.value
    if (whereabouts === 'gone' || whereabouts.isDisabled || whereabouts.name !== principal)
      return causeOfPrincipal({ type, principal })
  }
  return undefined
}
