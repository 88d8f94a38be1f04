import { type Assignment, type AssignmentKey, parseAssignmentKey, renderAssignmentKey } from '../domain/assignment.ts'
import { asEntry, formerOf, isSameAccess, listAccess, toFormer } from '../domain/former-access.ts'
import { renderInstant } from '../domain/instant.ts'
import { type GrantingLink, type LedgerEntry, ledgerPrefix } from '../domain/ledger-entry.ts'
import type { AssignmentTarget } from '../ports/sso-admin.ts'
import { evaluateAssignment } from './evaluate-assignment.ts'
import { recordHistory } from './history.ts'
import { listAssignmentKeys, type StoredEntry } from './ledger.ts'
import { forgetAccess, save } from './ledger-transitions.ts'
import { openWorkKey } from './open-work.ts'
import { resolveTarget } from './resolve-target.ts'
import type { Subject } from './settlement.ts'
import { bindLinks } from './user-binding.ts'

/** The names that an access belongs to now, and the links that grant it under them. */
export type Heir = { readonly key: AssignmentKey; readonly links: readonly GrantingLink[] }

/** Identity Store answers differently about a name and about its id: somebody is just changing it. It passes. */
export class DirectoryChangingError extends Error {
  override readonly name = 'DirectoryChangingError'
}

/** The entry as it records this access: the present one, or a former one as an entry of its own. */
export function findAccess(
  stored: StoredEntry | undefined,
  target: Pick<AssignmentTarget, 'principalId' | 'permissionSetArn'>,
): StoredEntry | undefined {
  if (!stored || isSameAccess(stored.entry, target)) return stored
  const access = stored.entry.former?.find((one) => isSameAccess(one, target))
  return access && { ...stored, entry: asEntry(stored.entry, access), whole: stored.entry }
}

/**
 * Names own, ids act (design, "What is desired"): the principal may have been renamed, and links that name it by its
 * present name grant the very access that is to be revoked.
 */
export async function findHeir(
  { assignment, context }: Subject,
  { entry, whole }: StoredEntry,
): Promise<Heir | undefined> {
  const { principals, clock } = context
  // The hint may have waited for its turn, or for a grant before it, for minutes since it was pulled.
  const pulledMs = clock.monotonicMs()
  const principal = await principals.nameOf(assignment.type, entry.principalId, pulledMs)
  if (principal === undefined) return undefined
  const isFormer = whole !== undefined && whole.principalId !== entry.principalId
  if (principal === assignment.principal && !isFormer) return undefined
  const renamed: Assignment = { ...assignment, principal }
  const key = renderAssignmentKey(renamed)
  const { links } = await evaluateAssignment(renamed, { ...context, place: 'live' })
  if (links.length === 0) return undefined
  // The name went back to a former id while another had it: the links mean that one again.
  if (principal === assignment.principal) throw changing(assignment, principal)
  principals.expire(assignment.type, principal, pulledMs)
  const subject: Subject = { key, assignment: renamed, context }
  const bound = await bindLinks(subject, links, await context.standings.ledger.read(key))
  const resolved = await resolveTarget(subject, bound)
  if ('target' in resolved) {
    if (resolved.target.principalId !== entry.principalId) throw changing(assignment, principal)
    if (resolved.target.permissionSetArn !== entry.permissionSetArn) return undefined
    return { key, links: resolved.links }
  }
  return undefined
}

function changing({ type }: Assignment, principal: string): DirectoryChangingError {
  const noun = type === 'GROUP' ? 'group' : 'user'
  return new DirectoryChangingError(
    `received another id for the ${noun} '${principal}' than the one that bears this name; it is looked at again`,
  )
}

/** Throws DirectoryChangingError unless the id bears this name at this moment: asked by id, since names are cached. */
export async function checkName(subject: Subject, target: Pick<AssignmentTarget, 'principalId'>): Promise<void> {
  if (await bearsName(subject, target)) return
  const { assignment, context } = subject
  context.principals.forget(assignment.type, assignment.principal)
  throw changing(assignment, assignment.principal)
}

export async function bearsName(
  { assignment, context }: Subject,
  { principalId }: Pick<AssignmentTarget, 'principalId'>,
): Promise<boolean> {
  const { type, principal } = assignment
  return (await context.principals.nameOf(type, principalId, context.pulledMs)) === principal
}

/** Where else in the ledger this access stands: under the name that its principal had before. */
export async function findElsewhere(
  { assignment, context, key }: Subject,
  target: AssignmentTarget,
): Promise<{ readonly subject: Subject; readonly stored: StoredEntry } | undefined> {
  const { accountId, permissionSet, type } = assignment
  const { objects, standings } = context
  const beginning = `account%${accountId}%${permissionSet}%`
  for await (const rest of listAssignmentKeys(objects, ledgerPrefix, beginning)) {
    const other = parseAssignmentKey(rest)
    if (rest === key || other?.type !== type || other.permissionSet !== permissionSet) continue
    const stored = findAccess(await standings.ledger.read(rest), target)
    if (stored) return { subject: { key: rest, assignment: other, context }, stored }
  }
  return undefined
}

/**
 * The access stays, under the principal's present name: only the ledger moves. The new entry is written first, so that
 * the access stands in the ledger all the time; what its names stood for before goes on as former access.
 */
export async function moveAccess({ context, ...from }: Subject, stored: StoredEntry, heir: Heir): Promise<void> {
  const { objects, log, standings, principalNames } = context
  const now = renderInstant(context.clock.now())
  const { reason: _, ...access } = toFormer(stored.entry)
  const inherited = await standings.ledger.read(heir.key)
  const there = findAccess(inherited, stored.entry)
  const to = parseAssignmentKey(heir.key)
  if (to) await principalNames.note({ type: to.type, id: access.principalId, name: to.principal })
  let entry: LedgerEntry | undefined
  if (!there) {
    entry = {
      v: 1,
      ...access,
      state: 'granted',
      links: [...heir.links],
      grantedAt: access.grantedAt ?? now,
      former: inherited && formerOf(listAccess(inherited.entry)).former,
      openUntil: inherited?.entry.openUntil,
      attempts: 0,
      updatedAt: now,
    }
    await standings.ledger.write(heir.key, entry, inherited)
  } else if (there.entry.grantedAt === undefined) {
    // Its own creation was refused as long as this one was in progress: what is there is of our making all the same.
    entry = (await save({ context, key: heir.key }, there, { grantedAt: access.grantedAt ?? now })).entry
  }
  if (entry) {
    await recordHistory(objects, { key: heir.key, event: 'adopted', at: now, entry, confirmedAt: now })
    await standings.forgetForeign(heir.key)
  }
  // Its links may have been deleted before the entry was there for the deletion to find: it is looked at again.
  await objects.put(openWorkKey(now, heir.key), new Uint8Array())
  await recordHistory(objects, { key: from.key, event: 'released', at: now, entry: stored.entry, confirmedAt: now })
  await forgetAccess({ context, ...from }, stored)
  // What was held may be wanted again, under another key: nobody evaluates this one any more.
  await context.brake.review(from.key)
  log.info('the principal has another name now, whose links grant the access: only the ledger moves', {
    from: from.key,
    to: heir.key,
  })
}
