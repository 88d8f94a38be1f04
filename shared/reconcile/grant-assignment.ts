import pLimit from 'p-limit'
import { listGrantingLinks } from '../domain/granting-links.ts'
import { renderInstant } from '../domain/instant.ts'
import type { AssignmentCall, GrantingLink } from '../domain/ledger-entry.ts'
import type { AssignmentTarget } from '../ports/sso-admin.ts'
import { isAssigned } from './call-assignment.ts'
import type { Evaluation } from './evaluate-assignment.ts'
import { forgetForeign, readForeign, recordForeign, sameLinks } from './foreign-assignments.ts'
import type { StoredEntry } from './ledger.ts'
import {
  confirm,
  defer,
  inProgress,
  isOurs,
  leaveToOthers,
  makeCall,
  namesOf,
  observe,
  recordRevoked,
  release,
  save,
  unanswered,
} from './ledger-transitions.ts'
import { readLink } from './read-link.ts'
import { resolveTarget } from './resolve-target.ts'
import { isRenamed, revoke } from './revoke-assignment.ts'
import type { Lack, Settlement, Subject } from './settlement.ts'
import { type BoundLink, bindingInLedger, bindingOf } from './user-binding.ts'

const readsAtOnce = 16

type Grant = {
  readonly target: AssignmentTarget
  readonly links: readonly GrantingLink[]
  /** The links whose status is to be told. */
  readonly concerned: readonly string[]
}

/** At least one link grants it. `links-gone`: none does any more, found before anything was called. */
export async function grant(
  subject: Subject,
  stored: StoredEntry | undefined,
  { links: found, account }: Evaluation,
): Promise<Settlement | 'links-gone'> {
  const bound = await withBindings(subject, found, stored)
  const concerned = namesOf(found, stored)
  const resolved = await resolveTarget(subject, bound)
  if ('lack' in resolved) return wait(subject, stored, resolved.lack, concerned)
  const { target } = resolved
  const granting: Grant = { target, links: resolved.links.map(({ link }) => link), concerned }
  if (!stored) return (await isForeign(subject, granting)) ? foreign(concerned) : create(subject, undefined, granting)
  if (isFor(stored, target)) return regrant(subject, stored, granting)
  // The name means another principal, or another permission set, than when it was granted.
  const revoked = await revoke(subject, stored, account)
  if (revoked.result !== 'absent') return revoked
  return (await isForeign(subject, granting)) ? foreign(concerned) : create(subject, undefined, granting)
}

function isFor({ entry }: StoredEntry, { principalId, permissionSetArn }: AssignmentTarget): boolean {
  return entry.principalId === principalId && entry.permissionSetArn === permissionSetArn
}

function foreign(links: readonly string[]): Settlement {
  return { result: 'applied', owned: false, links }
}

/** Nothing can be granted; what is in the ledger is brought to rest. Access that works is not taken away for a lack. */
async function wait(
  subject: Subject,
  stored: StoredEntry | undefined,
  lack: Lack,
  links: readonly string[],
): Promise<Settlement> {
  const waiting: Settlement = { result: 'waiting', lack, links }
  if (!stored) return waiting
  if (await isRenamed(subject, stored)) {
    const revoked = await revoke(subject, stored, undefined)
    return revoked.result === 'absent' ? waiting : revoked
  }
  if (stored.entry.state === 'granted') return waiting
  const seen = await observe(subject, stored)
  if (seen === 'pending') return defer(subject, stored, inProgress, links)
  if (seen === 'present' && (await isOurs(subject, stored))) await confirm(subject, stored, stored.entry.links)
  else if (seen === 'present') await leaveToOthers(subject, stored, stored.entry.links)
  else if (!(await release(subject, stored))) return defer(subject, stored, unanswered, links)
  return waiting
}

/** It is in the ledger already, for the same principal and permission set. */
async function regrant(subject: Subject, stored: StoredEntry, granting: Grant): Promise<Settlement | 'links-gone'> {
  const { links, concerned } = granting
  if (stored.entry.state === 'granted') {
    if (!isSame(stored.entry.links, links)) await save(subject, stored, { links: [...links] })
    return { result: 'applied', owned: true, links: concerned }
  }
  const seen = await observe(subject, stored)
  // Not granted before a deletion that is still in progress has come out.
  if (seen === 'pending') return defer(subject, stored, inProgress, concerned)
  if (seen === 'absent') return create(subject, await recordRevoked(subject, stored), granting)
  if (!(await isOurs(subject, stored))) {
    await leaveToOthers(subject, stored, links)
    return foreign(concerned)
  }
  await confirm(subject, stored, links)
  return { result: 'applied', owned: true, links: concerned }
}

/** The assignment is not there: writes the ledger, then calls. */
async function create(
  subject: Subject,
  previous: StoredEntry | undefined,
  { target, links, concerned }: Grant,
): Promise<Settlement | 'links-gone'> {
  const { context, key } = subject
  if (!context.mayStart()) return { result: 'given-back', links: [] }
  const updatedAt = renderInstant(context.clock.now())
  const call: AssignmentCall = { kind: 'creation', calledAt: updatedAt }
  const { principalId, permissionSetArn } = target
  const { attempts = 0, openUntil } = previous?.entry ?? {}
  const granting = await context.standings.ledger.write(
    key,
    {
      v: 1,
      state: 'granting',
      principalId,
      permissionSetArn,
      links: [...links],
      call,
      lastCreation: call,
      attempts,
      ...(openUntil === undefined ? {} : { openUntil }),
      updatedAt,
    },
    previous,
  )
  // Whoever deletes a link, or sees an account move, looks for what was granted in the ledger. Before the entry was there
  // they found nothing, so it is looked here for what they did; whoever comes later finds the entry.
  const lasting = await findLasting(subject, links)
  if (lasting.length === 0) {
    await save(subject, granting, { call: undefined, lastCreation: previous?.entry.lastCreation })
    return 'links-gone'
  }
  const { result, entry: called } = await makeCall(subject, granting, 'creation')
  // Never sent: what appears from now on is not of our making.
  const isUnsent = result.outcome === 'unfinished' && !result.sent
  const entry = isUnsent ? await save(subject, called, { lastCreation: previous?.entry.lastCreation }) : called
  // The permission set may have been made again under its name: it is looked for anew at the next attempt.
  if (result.outcome === 'failed' && result.reason.startsWith('ResourceNotFoundException'))
    await context.permissionSets.forget(subject.assignment.permissionSet)
  if (result.outcome !== 'confirmed') return defer(subject, entry, result, concerned, 'failed')
  await confirm(subject, entry, lasting)
  return { result: 'applied', owned: true, links: concerned }
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

/** Whether the access was there before us. Not looked for again while the same files ask for it. */
async function isForeign({ context, key }: Subject, { target, links }: Grant): Promise<boolean> {
  const { principalId, permissionSetArn } = target
  const known = await readForeign(context.objects, key)
  const isKnown = known?.principalId === principalId && known.permissionSetArn === permissionSetArn
  if (known && isKnown && sameLinks(known.links, links)) {
    context.standings.noteForeign(key, links, principalId)
    return true
  }
  if (!(await isAssigned(context.ssoAdmin, target))) {
    if (known) await forgetForeign(context.objects, key)
    return false
  }
  const seenAt = renderInstant(context.clock.now())
  await recordForeign(context.objects, key, { v: 1, principalId, permissionSetArn, links: [...links], seenAt })
  context.standings.noteForeign(key, links, principalId)
  context.log.info('the access existed before its link: it is recorded as foreign and left alone')
  return true
}

/** Who uploaded a link, and the user that it is bound to, stand in its status. */
async function withBindings(
  { context, assignment: { type } }: Subject,
  links: readonly GrantingLink[],
  stored: StoredEntry | undefined,
): Promise<readonly BoundLink[]> {
  const limit = pLimit(readsAtOnce)
  const bind = async (link: GrantingLink): Promise<BoundLink> => {
    const known = stored?.entry.links.find(
      ({ key, etag, lastModified }) => key === link.key && etag === link.etag && lastModified === link.lastModified,
    )
    const recorded = bindingInLedger(type, stored, link)
    if (known && (type === 'GROUP' || recorded !== undefined)) return { link: known, boundTo: recorded }
    const status = await context.statuses.read(link.key)
    const by = status?.by
    return {
      link: known ?? (by === undefined ? link : { ...link, by }),
      boundTo: recorded ?? bindingOf(type, status, link.lastModified),
    }
  }
  return Promise.all(links.map((link) => limit(() => bind(link))))
}

function isSame(a: readonly GrantingLink[], b: readonly GrantingLink[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
