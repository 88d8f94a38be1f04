import pLimit from 'p-limit'
import { bringForward, formerOf, isSameAccess, listAccess, toFormer } from '../domain/former-access.ts'
import { listGrantingLinks } from '../domain/granting-links.ts'
import { renderInstant } from '../domain/instant.ts'
import { type AssignmentCall, areSameUploads, type GrantingLink, isSameUpload } from '../domain/ledger-entry.ts'
import type { Account } from '../domain/organization-view.ts'
import { isServiceError } from '../ports/service-error.ts'
import type { AssignmentTarget } from '../ports/sso-admin.ts'
import { type CallResult, isAssigned } from './call-assignment.ts'
import type { Evaluation } from './evaluate-assignment.ts'
import { readForeign, recordForeign } from './foreign-assignments.ts'
import { EntryChangedError, type StoredEntry } from './ledger.ts'
import {
  closeTwin,
  confirm,
  defer,
  findUnanswered,
  forgetAccess,
  inProgress,
  isOurs,
  isUnsent,
  leaveToOthers,
  makeCall,
  namesOf,
  observe,
  recordRevoked,
  save,
  union,
} from './ledger-transitions.ts'
import { bearsName, checkName, DirectoryChangingError, findAccess, findElsewhere, moveAccess } from './move-access.ts'
import { readLink } from './read-link.ts'
import { resolveTarget } from './resolve-target.ts'
import { revoke, revokeFormer } from './revoke-assignment.ts'
import type { Settlement, Subject } from './settlement.ts'
import { type BoundLink, bindLinks } from './user-binding.ts'
import { waitFor } from './wait-for-principal.ts'

const readsAtOnce = 16

type Grant = {
  readonly target: AssignmentTarget
  readonly links: readonly GrantingLink[]
  /** The links whose status is to be told. */
  readonly concerned: readonly string[]
  readonly account: Account | undefined
}

/** At least one link grants it. */
export async function grant(
  subject: Subject,
  stored: StoredEntry | undefined,
  { links: found, account }: Evaluation,
): Promise<Settlement> {
  const bound = await bindLinks(subject, found, stored)
  const concerned = namesOf(found, stored)
  const resolved = await resolveTarget(subject, bound)
  const settlement =
    'lack' in resolved
      ? await waitFor(subject, stored, {
          lack: resolved.lack,
          // A link that is bound to another user of this name grants nothing of what the ledger has.
          granting: bound.filter((one) => mayMean(one, stored)).map(({ link }) => link),
          links: concerned,
          account,
        })
      : await grantTo(subject, stored, { target: resolved.target, links: resolved.links, concerned, account })
  // What was found later on counts.
  return { ...settlement, lacks: new Map([...resolved.lacks, ...(settlement.lacks ?? [])]) }
}

/** What the names stand for was found. */
async function grantTo(subject: Subject, stored: StoredEntry | undefined, granting: Grant): Promise<Settlement> {
  const { target, concerned, account } = granting
  const known = findAccess(stored, target)
  if (known?.whole) return regrant(subject, await promote(subject, known), granting)
  if (known) return regrant(subject, known, granting)
  // The name means another principal, or another permission set, than when it was granted: by its own word?
  if (stored) await checkName(subject, target)
  const there = await lookFor(subject, granting)
  if (there === 'absent') return create(subject, stored, granting)
  // The links that granted it under its old name have nothing of it any more, and are told so.
  if (there !== 'foreign')
    return regrant(subject, there.stored, { ...granting, concerned: union(concerned, there.before) })
  const revoked = stored && (await revoke(subject, stored, account))
  return revoked === undefined || revoked.result === 'absent' ? foreign(concerned) : revoked
}

function mayMean({ boundTo }: BoundLink, stored: StoredEntry | undefined): boolean {
  return boundTo === undefined || boundTo === stored?.entry.principalId
}

/** A former access is the present one again; what was present meanwhile is former now. */
function promote({ context, key }: Subject, { whole, ...known }: StoredEntry): Promise<StoredEntry> {
  const updatedAt = renderInstant(context.clock.now())
  const entry = { ...bringForward(whole ?? known.entry, toFormer(known.entry)), updatedAt }
  return context.standings.ledger.write(key, entry, known)
}

function foreign(links: readonly string[]): Settlement {
  return { result: 'applied', owned: false, links }
}

/** It is in the ledger already, for the same principal and permission set. */
async function regrant(subject: Subject, stored: StoredEntry, granting: Grant): Promise<Settlement> {
  const { links, concerned, account } = granting
  if (stored.entry.state === 'granted') {
    await keepGranted(subject, stored, links)
    return finish(subject, stored, granting)
  }
  const seen = await observe(subject, stored)
  // Not granted before a deletion that is still in progress has come out.
  if (seen === 'pending') return defer(subject, stored, inProgress, concerned)
  if (seen === 'absent' && isLeftMissing(subject, stored, links))
    return { result: 'open', reason: stored.entry.reason ?? 'someone removed it', links: concerned }
  if (seen === 'absent') return create(subject, await recordRevoked(subject, stored), granting)
  if (!(await isOurs(subject, stored))) {
    // Ours after all, if it stands under another name of its principal: from there it is taken over.
    if (await findElsewhere(subject, granting.target)) {
      await forgetAccess(subject, stored)
      return { result: 'again', links: concerned }
    }
    await leaveToOthers(subject, stored, links)
    const former = stored.entry.former && (await subject.context.standings.ledger.read(subject.key))
    const revoked = former && (await revoke(subject, former, account))
    return revoked === undefined || revoked.result === 'absent' ? foreign(concerned) : revoked
  }
  await confirm(subject, stored, links)
  return finish(subject, stored, granting)
}

/** Its principal may have been seen gone before, and is there. */
async function keepGranted(subject: Subject, stored: StoredEntry, links: readonly GrantingLink[]): Promise<void> {
  const { orphanedAt, openUntil, former } = stored.entry
  if (orphanedAt !== undefined) {
    const twin = former ? {} : { openUntil: undefined }
    await save(subject, stored, { links: [...links], orphanedAt: undefined, ...twin })
    if (!former) await closeTwin(subject, openUntil)
  } else if (!isSame(stored.entry.links, links)) await save(subject, stored, { links: [...links] })
}

/** The present access is confirmed: now that of former ids goes. */
async function finish(subject: Subject, { entry }: StoredEntry, { concerned, account }: Grant): Promise<Settlement> {
  const open = entry.former && (await revokeFormer(subject, account))
  if (open) return { ...open, links: union(open.links, concerned) }
  return { result: 'applied', owned: true, links: concerned }
}

/** Someone else removed it, which is only to be reported: until a link that asks for it is uploaded again. */
function isLeftMissing({ context }: Subject, { entry }: StoredEntry, links: readonly GrantingLink[]): boolean {
  if (entry.missingSince === undefined || context.configuration.onDrift === 'restore') return false
  return links.every((link) => entry.links.some((known) => isSameUpload(known, link)))
}

/** The assignment is not there: writes the ledger, then calls. */
async function create(subject: Subject, previous: StoredEntry | undefined, granting: Grant): Promise<Settlement> {
  const { context, key } = subject
  const { target, links, concerned, account } = granting
  if (!context.mayStart()) return { result: 'given-back', links: [] }
  const lack = await context.managementAccount.lackOf(subject.assignment.permissionSet, target.permissionSetArn)
  if (lack) return waitFor(subject, previous, { lack, granting: links, links: concerned, account })
  const { principalId, permissionSetArn, principalType: type } = target
  await context.principalNames.note({ type, id: principalId, name: subject.assignment.principal })
  const updatedAt = renderInstant(context.clock.now())
  const call: AssignmentCall = { kind: 'creation', calledAt: updatedAt }
  const { attempts = 0, openUntil } = previous?.entry ?? {}
  const recorded = previous ? listAccess(previous.entry) : []
  const others = recorded.filter((one) => !isSameAccess(one, target))
  const before = recorded.find((one) => isSameAccess(one, target))
  const unansweredAt = before && findUnanswered(before)
  const stored = await context.standings.ledger.write(
    key,
    {
      v: 1,
      state: 'granting',
      principalId,
      permissionSetArn,
      links: [...links],
      call,
      lastCreation: call,
      ...(unansweredAt === undefined ? {} : { unansweredAt }),
      ...formerOf(others),
      attempts,
      ...(openUntil === undefined ? {} : { openUntil }),
      updatedAt,
    },
    previous,
  )
  // Whoever deletes a link, or sees an account move or a name change hands, looks for what was granted in the ledger. Before
  // the entry was there they found nothing, so it is looked here for what they did; whoever comes later finds the entry.
  const fresh: Subject = { ...subject, context: { ...context, pulledMs: context.clock.monotonicMs() } }
  const [lasting, isNamed, known] = await Promise.all([
    findLasting(subject, links),
    bearsName(fresh, target),
    readForeign(context.objects, key),
  ])
  if (lasting.length === 0 || !isNamed) {
    await save(subject, stored, { call: undefined, lastCreation: before?.lastCreation })
    await checkName(fresh, target)
    return { result: 'again', links: concerned }
  }
  // The drift check found it in the meantime, as somebody else's.
  if (!before && known && isSameAccess(known, target)) {
    await forgetAccess(subject, stored)
    return { result: 'again', links: concerned }
  }
  const { result, entry: called } = await makeCall(subject, stored, 'creation')
  // Never sent: what appears from now on is not of our making.
  const entry = isUnsent(result) ? await save(subject, called, { lastCreation: before?.lastCreation }) : called
  if (result.outcome === 'refused') return { result: 'again', links: concerned }
  return conclude(subject, { result, entry }, { ...granting, links: lasting })
}

/** What came of the creation of this entry. */
async function conclude(
  subject: Subject,
  { result, entry }: { readonly result: Exclude<CallResult, { outcome: 'refused' }>; readonly entry: StoredEntry },
  granting: Grant,
): Promise<Settlement> {
  const { context, key } = subject
  const { target, links, concerned, account } = granting
  const { permissionSet } = subject.assignment
  if (result.outcome === 'confirmed') {
    await confirm(subject, entry, links)
    return finish(subject, entry, granting)
  }
  if (result.outcome === 'unfinished') return defer(subject, entry, result, concerned, 'failed')
  const found = await context.managementAccount.explain(result.error, permissionSet, target.permissionSetArn)
  if (found) return waitFor(subject, entry, { lack: found, granting: links, links: concerned, account })
  // The permission set may have been made again under its name: it is looked for anew at the next attempt.
  if (isServiceError(result.error, 'ResourceNotFoundException')) await context.permissionSets.forget(permissionSet)
  if (isServiceError(result.error, 'ServiceQuotaExceededException') && entry.entry.former) {
    // No room beside the former access (100 groups per permission set and account): that goes first.
    const left = await revokeFormer(subject, account)
    // Where the brake holds that, the grant is tried again all the same: room may come about in another way.
    if (left && left.result !== 'held') return left
    const rest = await context.standings.ledger.read(key)
    const all = union(concerned, left?.links ?? [])
    return rest?.entry.former ? defer(subject, rest, result, all, 'failed') : create(subject, rest, granting)
  }
  const deferred = await defer(subject, entry, result, concerned, 'failed')
  // What somebody has under another name by now, no link grants: that does not wait for a reason to go away.
  await revokeFormer(subject, account, 'renamed')
  return deferred
}

/** Which of these links still grant it, where the account stands by now. */
async function findLasting(
  { assignment, context }: Subject,
  links: readonly GrantingLink[],
): Promise<readonly GrantingLink[]> {
  const { objects, organization, configuration } = context
  const view = await organization.view()
  const account = await organization.find(assignment.accountId, view)
  if (!account) return []
  const { managementAccountId } = view
  const candidates = listGrantingLinks(assignment, account, { ...configuration, managementAccountId })
  const keys = new Set<string>(candidates.map(({ key }) => key))
  const limit = pLimit(readsAtOnce)
  const isLasting = async ({ key }: GrantingLink) =>
    keys.has(key) && (await readLink(objects, key, configuration)).state === 'in-force'
  const lasting = await Promise.all(links.map((link) => limit(() => isLasting(link))))
  return links.filter((_, index) => lasting[index])
}

/**
 * Whether the access is there already: `foreign`, if it was before us; or ours under the name that its principal had
 * before, and then moved here. Not looked for again while the same files ask for it.
 */
async function lookFor(subject: Subject, { target, links }: Grant): Promise<'absent' | 'foreign' | TakenOver> {
  const { context, key } = subject
  const { principalId, permissionSetArn, principalType: type } = target
  const known = await readForeign(context.objects, key)
  if (known && isSameAccess(known, target) && areSameUploads(known.links, links)) {
    context.standings.noteForeign(key, links, principalId)
    return 'foreign'
  }
  if (!(await isAssigned(context.ssoAdmin, target))) {
    if (known) await context.standings.forgetForeign(key)
    return 'absent'
  }
  const moved = await takeOver(subject, target, links)
  if (moved) return moved
  const seenAt = renderInstant(context.clock.now())
  await context.principalNames.note({ type, id: principalId, name: subject.assignment.principal })
  await recordForeign(context.objects, key, { v: 1, principalId, permissionSetArn, links: [...links], seenAt })
  // Another dispatcher may have granted it since the ledger was read, if this one stood still: its entry came first.
  if (findAccess(await context.standings.ledger.read(key), target)) {
    await context.standings.forgetForeign(key)
    throw new EntryChangedError(key)
  }
  context.standings.noteForeign(key, links, principalId)
  context.log.info('the access existed before its link: it is recorded as foreign and left alone')
  return 'foreign'
}

/** `before`: the links that granted it under the name that its principal had before. */
type TakenOver = { readonly stored: StoredEntry; readonly before: readonly string[] }

/** Names own, ids act: what is ours under another name of the same principal is ours under this one. */
async function takeOver(
  subject: Subject,
  target: AssignmentTarget,
  links: readonly GrantingLink[],
): Promise<TakenOver | 'absent' | undefined> {
  const { context, key } = subject
  const elsewhere = await findElsewhere(subject, target)
  if (!elsewhere) return undefined
  await checkName(subject, target)
  const { subject: other, stored } = elsewhere
  if (stored.entry.state !== 'granted') {
    const seen = await observe(other, stored)
    if (seen === 'pending') throw new DirectoryChangingError(`a request for ${other.key} is still in progress`)
    if (seen === 'absent') return 'absent'
    if (!(await isOurs(other, stored))) return undefined
  }
  await moveAccess(other, stored, { key, links })
  const taken = findAccess(await context.standings.ledger.read(key), target)
  return taken && { stored: taken, before: namesOf([], stored) }
}

function isSame(a: readonly GrantingLink[], b: readonly GrantingLink[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
