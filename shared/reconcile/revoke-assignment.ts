import { isSameAccess, listAccess } from '../domain/former-access.ts'
import { renderInstant } from '../domain/instant.ts'
import type { AssignmentCall, GrantingLink } from '../domain/ledger-entry.ts'
import type { Account } from '../domain/organization-view.ts'
import { recordHistory } from './history.ts'
import type { StoredEntry } from './ledger.ts'
import {
  closeTwin,
  defer,
  forgetAccess,
  inProgress,
  isOurs,
  leaveToOthers,
  makeCall,
  namesOf,
  observe,
  recordGranted,
  release,
  save,
  targetOf,
  type Unconfirmed,
  unanswered,
  union,
} from './ledger-transitions.ts'
import { isMissingForLong } from './missing-accounts.ts'
import { checkName, findAccess, findElsewhere, findHeir, moveAccess } from './move-access.ts'
import { readLink } from './read-link.ts'
import type { Settlement, Subject } from './settlement.ts'
import { isSpoiled, unlessSpoiled } from './stored-json.ts'
import { findWithdrawnLinks } from './withdrawn-links.ts'

/**
 * No link grants the entry's assignment any more, judged on the account's live place, state and tags. `account`
 * `undefined`: Organizations knows no such account. Former access goes too, one after the other.
 */
export async function revoke(subject: Subject, stored: StoredEntry, account: Account | undefined): Promise<Settlement> {
  for (let left = stored; ; ) {
    const settlement = await revokePresent(subject, left, account)
    if (left.entry.former === undefined || settlement.result !== 'absent') return settlement
    const rest = await subject.context.standings.ledger.read(subject.key)
    if (!rest) return settlement
    left = rest
  }
}

/** The present access alone; where the brake holds it, what was begun of former access, and counted, goes on. */
export async function revokePresent(
  subject: Subject,
  stored: StoredEntry,
  account: Account | undefined,
): Promise<Settlement> {
  const settlement = await revokeAccess(subject, stored, account)
  if (settlement.result !== 'held') return settlement
  return withFormerAccess(settlement, await revokeEachFormer(subject, stored, account))
}

/**
 * Takes away what this entry records as former: all of it, once the present access is confirmed, or only what somebody
 * has who bears another name by now. `undefined`: nothing of it is left to be taken away.
 */
export async function revokeFormer(
  subject: Subject,
  account: Account | undefined,
  which: 'all' | 'renamed' = 'all',
): Promise<Settlement | undefined> {
  const { context, key } = subject
  const stored = await context.standings.ledger.read(key)
  if (!stored?.entry.former) return undefined
  // The present id must bear the name, by its own word, or access might be taken away that a link grants.
  await checkName(subject, stored.entry)
  return revokeEachFormer(subject, stored, account, which)
}

/** Of those that are not gone then one that is not held, or else one that is; `undefined`: all are gone. */
async function revokeEachFormer(
  subject: Subject,
  { entry }: StoredEntry,
  account: Account | undefined,
  which: 'all' | 'renamed' = 'all',
): Promise<Settlement | undefined> {
  const { context, key } = subject
  let held: Settlement | undefined
  for (const access of entry.former ?? []) {
    const left = findAccess(await context.standings.ledger.read(key), access)
    if (!left?.whole) continue
    if (which === 'renamed' && !(await isRenamed(subject, left))) continue
    const settlement = await revokeAccess(subject, left, account)
    if (settlement.result === 'held') held = settlement
    else if (settlement.result !== 'absent') return settlement
  }
  return held
}

/** Open where one of the former is: that is tried again, and what is held rests. */
function withFormerAccess(held: Settlement, former: Settlement | undefined): Settlement {
  if (former === undefined) return held
  const one = former.result === 'held' ? held : former
  return { ...one, links: union(held.links, former.links) }
}

/** One access: the present one of the entry, or one of the former as an entry of its own. */
async function revokeAccess(subject: Subject, stored: StoredEntry, account: Account | undefined): Promise<Settlement> {
  const concerned = namesOf([], stored)
  if (await isGone(subject, account)) return releaseGone(subject, stored, concerned)
  if (stored.entry.state === 'stuck' && refuses(account))
    return { result: 'open', reason: stored.entry.reason ?? 'the account takes no changes', links: concerned }
  // Former access may be gone with what it was for: a permission set is deleted only when nothing has it any more.
  if (stored.entry.state !== 'granted' || stored.whole) {
    const isAwaited = subject.context.requests.findInProgress(targetOf(subject, stored)) !== undefined
    const seen = await observe(subject, stored)
    if (seen === 'pending') return defer(subject, stored, inProgress, concerned)
    // That may have taken minutes, and a link ask for it by now.
    if (isAwaited) return { result: 'again', links: concerned }
    if (seen === 'absent') {
      if (account === undefined && wasCreated(stored)) return defer(subject, stored, departed, concerned, 'stuck')
      const isReleased = await release(subject, stored)
      return isReleased ? { result: 'absent', links: concerned } : defer(subject, stored, unanswered, concerned)
    }
    if (!(await isOurs(subject, stored))) {
      // Ours after all, if it stands under another name of its principal.
      if (await findElsewhere(subject, targetOf(subject, stored))) await forgetAccess(subject, stored)
      else await leaveToOthers(subject, stored, [])
      return { result: 'absent', links: concerned }
    }
  }
  const heir = await findHeir(subject, stored)
  if (heir) {
    await moveAccess(subject, stored, heir)
    return { result: 'absent', links: union(concerned, namesOf(heir.links, undefined)) }
  }
  return callDeletion(subject, stored, account, concerned)
}

/**
 * A suspended or closed account refuses, and so does one that left; trying again changes nothing until it is reinstated
 * or gone.
 */
export function refuses(account: Account | undefined): boolean {
  return account === undefined || (account.state !== 'ACTIVE' && account.state !== 'PENDING_CLOSURE')
}

/** That Identity Center lists nothing in an account that left proves nothing: the account may come back with it. */
const departed: Unconfirmed = {
  outcome: 'failed',
  reason: 'Organizations does not know the account; its entry is kept until the account is back, or known to be gone',
  isOver: false,
}

/** A creation of it was sent, and did not fail for good. */
function wasCreated({ entry }: StoredEntry): boolean {
  return entry.grantedAt !== undefined || entry.lastCreation !== undefined
}

/** Two complete listings lacked it, and DescribeAccount does not find it either, at this moment. */
async function isGone({ assignment, context }: Subject, account: Account | undefined): Promise<boolean> {
  if (account !== undefined || !(await isMissingForLong(context, assignment.accountId))) return false
  return (await context.organization.readLive(assignment.accountId)) === undefined
}

/** The account is gone, and with it whatever access there was: nobody can be asked to revoke it. */
async function releaseGone(subject: Subject, stored: StoredEntry, concerned: readonly string[]): Promise<Settlement> {
  const { context, key } = subject
  const { entry } = stored
  // Its last change, so that a replay writes the same history.
  const at = entry.updatedAt
  const confirmedAt = renderInstant(context.clock.now())
  await recordHistory(context.objects, { key, event: 'released', at, entry, confirmedAt })
  await forgetAccess(subject, stored)
  context.log.info('the account is gone: its ledger entry is released')
  return { result: 'absent', links: concerned }
}

async function callDeletion(
  subject: Subject,
  stored: StoredEntry,
  account: Account | undefined,
  concerned: readonly string[],
): Promise<Settlement> {
  const { context } = subject
  if (!context.mayStart()) return { result: 'given-back', links: [] }
  const held = await askBrake(subject, stored, concerned)
  if (held) return held
  const calledAt = renderInstant(context.clock.now())
  // Granted by a call that nobody could confirm before: history says so before it says that it is gone.
  if (stored.entry.grantedAt === undefined) await recordGranted(subject, stored.entry, calledAt)
  const call: AssignmentCall = { kind: 'deletion', calledAt }
  const grantedAt = stored.entry.grantedAt ?? calledAt
  const links = await withDeleters(subject, stored.entry.links)
  const revoking = await save(subject, stored, { state: 'revoking', call, grantedAt, links, reason: undefined })
  const { result, entry } = await makeCall(subject, revoking, 'deletion')
  if (result.outcome === 'refused') return { result: 'again', links: concerned }
  if (result.outcome === 'confirmed') {
    const isReleased = await release(subject, entry)
    return isReleased ? { result: 'absent', links: concerned } : defer(subject, entry, unanswered, concerned)
  }
  const isStuck = result.outcome === 'failed' && refuses(account)
  return defer(subject, entry, result, concerned, isStuck ? 'stuck' : 'failed')
}

/** Answers what became of it where the brake holds it; `undefined`: it has been counted, and may be revoked. */
async function askBrake(
  subject: Subject,
  stored: StoredEntry,
  concerned: readonly string[],
): Promise<Settlement | undefined> {
  const { context, key } = subject
  const { state, call, links, openUntil } = stored.entry
  // Begun already, and counted before it was: a retry is the same revocation.
  if (call?.kind === 'deletion' && (state === 'revoking' || state === 'failed' || state === 'stuck')) return undefined
  const withdrawn = await findWithdrawnLinks(links, (one) => readLink(context.objects, one, context.configuration))
  const admission = await context.brake.admit({ key, withdrawn })
  if (admission.outcome === 'passes') return undefined
  const { reason } = admission
  // The twin stands for all that the entry records: a grant that failed, or a revocation that was begun, is tried again.
  const others = listAccess(stored.whole ?? stored.entry).filter((one) => !isSameAccess(one, stored.entry))
  const isResting = openUntil !== undefined && others.every((one) => one.state === 'held')
  if (state !== 'held' || isResting) {
    const told = { links: await withDeleters(subject, links), reason, ...(isResting ? { openUntil: undefined } : {}) }
    await save(subject, stored, { ...told, state: 'held' })
    if (isResting) await closeTwin(subject, openUntil)
  }
  return { result: 'held', reason, links: concerned }
}

/** Who deleted a link stands in its status while something of it is left: the ledger and history keep it, where it can be read. */
function withDeleters({ context }: Subject, links: readonly GrantingLink[]): Promise<GrantingLink[]> {
  return Promise.all(
    links.map(async (link) => {
      const status = await unlessSpoiled(context.statuses.read(link.key))
      if (isSpoiled(status)) return link
      return status?.by === undefined || status.etag !== undefined ? link : { ...link, deletedBy: status.by }
    }),
  )
}

/**
 * Whether the principal of this entry has another name by now. One that is gone has none. Asked at this moment: the hint
 * may have waited for its turn, and the principal be gone since it was pulled.
 */
export async function isRenamed({ assignment, context }: Subject, { entry }: StoredEntry): Promise<boolean> {
  const { principals, clock } = context
  const found = await principals.whereabouts(assignment.type, entry.principalId, clock.monotonicMs())
  return found !== 'gone' && found.name !== assignment.principal
}
