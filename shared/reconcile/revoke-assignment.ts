import { type Assignment, type AssignmentKey, renderAssignmentKey } from '../domain/assignment.ts'
import { renderInstant } from '../domain/instant.ts'
import type { AssignmentCall, GrantingLink } from '../domain/ledger-entry.ts'
import type { Account } from '../domain/organization-view.ts'
import { evaluateAssignment } from './evaluate-assignment.ts'
import { forgetForeign } from './foreign-assignments.ts'
import { recordHistory } from './history.ts'
import type { StoredEntry } from './ledger.ts'
import {
  closeTwin,
  defer,
  inProgress,
  isOurs,
  leaveToOthers,
  makeCall,
  namesOf,
  observe,
  recordGranted,
  release,
  save,
  unanswered,
} from './ledger-transitions.ts'
import { isMissingForLong } from './missing-accounts.ts'
import { openWorkKey } from './open-work.ts'
import type { Settlement, Subject } from './settlement.ts'

/**
 * No link grants the entry's assignment any more, judged on the account's live place, state and tags. `account`
 * `undefined`: Organizations knows no such account.
 */
export async function revoke(subject: Subject, stored: StoredEntry, account: Account | undefined): Promise<Settlement> {
  const concerned = namesOf([], stored)
  if (await isGone(subject, account)) return releaseGone(subject, stored, concerned)
  if (stored.entry.state === 'stuck' && refuses(account))
    return { result: 'open', reason: stored.entry.reason ?? 'the account takes no changes', links: concerned }
  if (stored.entry.state !== 'granted') {
    const seen = await observe(subject, stored)
    if (seen === 'pending') return defer(subject, stored, inProgress, concerned)
    if (seen === 'absent') {
      const isReleased = await release(subject, stored)
      return isReleased ? { result: 'absent', links: concerned } : defer(subject, stored, unanswered, concerned)
    }
    if (!(await isOurs(subject, stored))) {
      await leaveToOthers(subject, stored, [])
      return { result: 'absent', links: concerned }
    }
  }
  const heir = await findHeir(subject, stored)
  if (heir) return bequeath(subject, stored, heir)
  return callDeletion(subject, stored, account, concerned)
}

/**
 * A suspended or closed account refuses, and so does one that left; trying again changes nothing until it is reinstated
 * or gone.
 */
export function refuses(account: Account | undefined): boolean {
  return account === undefined || (account.state !== 'ACTIVE' && account.state !== 'PENDING_CLOSURE')
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
  await context.standings.ledger.remove(stored)
  await closeTwin(subject, entry.openUntil)
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
  const calledAt = renderInstant(context.clock.now())
  // Granted by a call that nobody could confirm before: history says so before it says that it is gone.
  if (stored.entry.grantedAt === undefined) await recordGranted(subject, stored.entry, calledAt)
  const call: AssignmentCall = { kind: 'deletion', calledAt }
  const grantedAt = stored.entry.grantedAt ?? calledAt
  const links = await withDeleters(subject, stored.entry.links)
  const revoking = await save(subject, stored, { state: 'revoking', call, grantedAt, links })
  const { result, entry } = await makeCall(subject, revoking, 'deletion')
  if (result.outcome === 'confirmed') {
    const isReleased = await release(subject, entry)
    return isReleased ? { result: 'absent', links: concerned } : defer(subject, entry, unanswered, concerned)
  }
  const isStuck = result.outcome === 'failed' && refuses(account)
  return defer(subject, entry, result, concerned, isStuck ? 'stuck' : 'failed')
}

/** Who deleted a link stands in its status while something of it is left: the ledger and history keep it. */
function withDeleters({ context }: Subject, links: readonly GrantingLink[]): Promise<GrantingLink[]> {
  return Promise.all(
    links.map(async (link) => {
      const status = await context.statuses.read(link.key)
      return status?.by === undefined || status.etag !== undefined ? link : { ...link, deletedBy: status.by }
    }),
  )
}

/** Whether the principal of this entry has another name by now. One that is gone has none. */
export async function isRenamed(subject: Subject, stored: StoredEntry): Promise<boolean> {
  const { type, principal } = subject.assignment
  const name = await subject.context.principals.nameOf(type, stored.entry.principalId, subject.context.pulledMs)
  return name !== undefined && name !== principal
}

type Heir = { readonly key: AssignmentKey; readonly links: readonly GrantingLink[] }

/**
 * Names own, ids act (design, "What is desired"): the principal may have been renamed, and links that name it by its
 * present name grant the very access that is to be revoked.
 */
async function findHeir({ assignment, context }: Subject, { entry }: StoredEntry): Promise<Heir | undefined> {
  const principal = await context.principals.nameOf(assignment.type, entry.principalId, context.pulledMs)
  if (principal === undefined || principal === assignment.principal) return undefined
  const renamed: Assignment = { ...assignment, principal }
  const { links } = await evaluateAssignment(renamed, { ...context, place: 'live' })
  if (links.length === 0) return undefined
  if ((await context.permissionSets.resolve(assignment.permissionSet)) !== entry.permissionSetArn) return undefined
  return { key: renderAssignmentKey(renamed), links }
}

/** The access stays, under the principal's present name: only the ledger moves. The new entry is written first. */
async function bequeath(subject: Subject, stored: StoredEntry, heir: Heir): Promise<Settlement> {
  const { context, key } = subject
  const { ledger } = context.standings
  const { objects, log } = context
  const now = renderInstant(context.clock.now())
  const { openUntil, reason: _, ...rest } = stored.entry
  const inherited = await ledger.read(heir.key)
  if (inherited && inherited.entry.principalId !== rest.principalId) {
    const reason = 'its principal has another name now, whose own ledger entry is still for another principal'
    return defer(subject, stored, { outcome: 'unfinished', reason, sent: false }, namesOf([], stored))
  }
  const entry = {
    ...rest,
    state: 'granted' as const,
    links: [...heir.links],
    grantedAt: rest.grantedAt ?? now,
    attempts: 0,
    updatedAt: now,
  }
  if (inherited === undefined) {
    await ledger.write(heir.key, entry, undefined)
    await recordHistory(objects, { key: heir.key, event: 'adopted', at: now, entry, confirmedAt: now })
    await forgetForeign(objects, heir.key)
    // Its links may have been deleted before the entry was there for the deletion to find: it is looked at again.
    await objects.put(openWorkKey(now, heir.key), new Uint8Array())
  }
  await recordHistory(objects, { key, event: 'released', at: now, entry: stored.entry, confirmedAt: now })
  await ledger.remove(stored)
  await closeTwin(subject, openUntil)
  log.info('the principal has another name now, whose links grant the access: only the ledger moves', { to: heir.key })
  return { result: 'absent', links: [...new Set([...namesOf([], stored), ...heir.links.map((link) => link.key)])] }
}
