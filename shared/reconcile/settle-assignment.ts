import type { Assignment, AssignmentKey } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import { renderInstant } from '../domain/instant.ts'
import type { AssignmentCall, GrantingLink, LedgerEntry, LedgerState } from '../domain/ledger-entry.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { AssignmentTarget, RequestKind } from '../ports/sso-admin.ts'
import { type CallContext, type CallResult, callAssignment, finishRequest, isAssigned } from './call-assignment.ts'
import { type Evaluation, evaluateAssignment } from './evaluate-assignment.ts'
import { forgetForeign, readForeign, recordForeign, sameLinks } from './foreign-assignments.ts'
import { recordHistory } from './history.ts'
import type { StoredEntry } from './ledger.ts'
import { nextAttempt, openWorkKey } from './open-work.ts'
import type { OrganizationCache } from './organization-cache.ts'
import type { PermissionSetIndex } from './permission-set-index.ts'
import type { PrincipalIndex } from './principal-index.ts'
import type { Standings } from './standings.ts'
import type { StatusStore } from './status-store.ts'

export type SettleContext = CallContext & {
  readonly objects: ObjectStore
  readonly configuration: Configuration
  readonly standings: Standings
  readonly statuses: StatusStore
  readonly organization: OrganizationCache
  readonly permissionSets: PermissionSetIndex
  readonly principals: PrincipalIndex
}

/** What a link lacks: for its status. */
export type Lack = { readonly reason: string; readonly remedy: string }

/** Where one account assignment stands when the dispatcher is done with a hint. `links`: whose status that concerns. */
export type Settlement = { readonly links: readonly string[] } & (
  | { readonly result: 'applied'; readonly owned: boolean }
  | { readonly result: 'absent' }
  | { readonly result: 'waiting'; readonly lack: Lack }
  /** Evaluated again later; the ledger entry and its twin under `state/open/` say when and why. */
  | { readonly result: 'open'; readonly reason: string }
  /** Nothing was done: the slice is ending, and the hint is given back. */
  | { readonly result: 'given-back' }
)

/** A creation whose answer never came may take effect this long (design, promise 2). */
const unansweredMs = 15 * 60_000
const recoverMs = 5 * 60_000

type Unconfirmed = Exclude<CallResult, { outcome: 'confirmed' }>
type Subject = { readonly key: AssignmentKey; readonly assignment: Assignment; readonly context: SettleContext }

/**
 * Makes one account assignment equal to what the links say now: evaluates, writes the ledger, calls, reads back, writes
 * history, and then the ledger's final state. Right at any time and when repeated: what the ledger, the service and the
 * links say is read afresh. Throws when something cannot be read or written; the hint then comes again.
 */
export async function settleAssignment(
  key: AssignmentKey,
  assignment: Assignment,
  context: SettleContext,
): Promise<Settlement> {
  const subject: Subject = { key, assignment, context }
  const [stored, evaluation] = await Promise.all([
    context.standings.ledger.read(key),
    evaluateAssignment(assignment, { ...context, place: 'view' }),
  ])
  if (evaluation.links.length > 0) return grant(subject, stored, evaluation.links)
  if (!stored) return { result: 'absent', links: [] }
  const live = await evaluateAssignment(assignment, { ...context, place: 'live' })
  return live.links.length > 0 ? grant(subject, stored, live.links) : revoke(subject, stored, live)
}

async function grant(
  subject: Subject,
  stored: StoredEntry | undefined,
  found: readonly GrantingLink[],
): Promise<Settlement> {
  const { context, key } = subject
  const links = await withUploaders(context, found, stored)
  const concerned = namesOf(links, stored)
  if (stored?.entry.state === 'granted') {
    if (!isSame(stored.entry.links, links)) await save(subject, stored, { links })
    return { result: 'applied', owned: true, links: concerned }
  }
  if (stored && (await isThere(subject, stored))) {
    await confirm(subject, stored, links)
    return { result: 'applied', owned: true, links: concerned }
  }
  const resolved = await resolve(subject)
  if ('lack' in resolved) {
    if (stored) await release(subject, stored)
    return { result: 'waiting', lack: resolved.lack, links: concerned }
  }
  if (!stored && (await isForeign(subject, resolved.target, links)))
    return { result: 'applied', owned: false, links: concerned }
  if (!context.mayStart()) return { result: 'given-back', links: [] }
  const call: AssignmentCall = { kind: 'creation', calledAt: renderInstant(context.clock.now()) }
  const { principalId, permissionSetArn } = resolved.target
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
      attempts: stored?.entry.attempts ?? 0,
      ...(stored?.entry.openUntil === undefined ? {} : { openUntil: stored.entry.openUntil }),
      updatedAt: renderInstant(context.clock.now()),
    },
    stored,
  )
  const { result, entry } = await makeCall(subject, granting, 'creation')
  if (result.outcome === 'confirmed') {
    await confirm(subject, entry, links)
    return { result: 'applied', owned: true, links: concerned }
  }
  return defer(subject, entry, result, concerned, 'failed')
}

async function revoke(subject: Subject, stored: StoredEntry, { account }: Evaluation): Promise<Settlement> {
  const { context } = subject
  const concerned = namesOf([], stored)
  if (stored.entry.state !== 'granted' && !(await isThere(subject, stored))) {
    const released = await release(subject, stored)
    return released
      ? { result: 'absent', links: concerned }
      : defer(subject, stored, unanswered, concerned, stored.entry.state)
  }
  if (!context.mayStart()) return { result: 'given-back', links: [] }
  const call: AssignmentCall = { kind: 'deletion', calledAt: renderInstant(context.clock.now()) }
  const revoking = await save(subject, stored, { state: 'revoking', call })
  const { result, entry } = await makeCall(subject, revoking, 'deletion')
  if (result.outcome === 'confirmed') {
    const released = await release(subject, entry)
    return released ? { result: 'absent', links: concerned } : defer(subject, entry, unanswered, concerned, 'revoking')
  }
  // A suspended or closed account refuses; trying again changes nothing until it is reinstated or gone.
  const refuses = account !== undefined && account.state !== 'ACTIVE' && account.state !== 'PENDING_CLOSURE'
  return defer(subject, entry, result, concerned, result.outcome === 'failed' && refuses ? 'stuck' : 'failed')
}

const unanswered: Unconfirmed = {
  outcome: 'unfinished',
  reason:
    'its creation was never answered and could still take effect; it is looked at again until 15 minutes are over',
  sent: true,
}

/** One call, with its request id recorded at once, and the entry as it stands afterwards. */
async function makeCall(
  subject: Subject,
  before: StoredEntry,
  kind: RequestKind,
): Promise<{ result: CallResult; entry: StoredEntry }> {
  const { context } = subject
  let entry = before
  const answer = async (id?: string): Promise<void> => {
    const call = {
      ...(entry.entry.call ?? { kind, calledAt: renderInstant(context.clock.now()) }),
      answeredAt: renderInstant(context.clock.now()),
      ...(id === undefined ? {} : { id }),
    }
    entry = await save(subject, entry, { call, ...(kind === 'creation' ? { lastCreation: call } : {}) })
  }
  const result = await callAssignment({ kind, target: targetOf(subject, before) }, context, answer)
  // A refusal is an answer as well: nothing is going to take effect later.
  if (result.outcome === 'failed' && entry === before) await answer()
  return { result, entry }
}

/** Whether the assignment of this entry is there, after waiting for what is still in progress about it. */
async function isThere(subject: Subject, { entry }: StoredEntry): Promise<boolean> {
  const { context } = subject
  const target = targetOf(subject, { entry })
  const found = context.requests.findInProgress(target)
  const pending =
    found ?? (entry.call?.id === undefined ? undefined : { kind: entry.call.kind, requestId: entry.call.id })
  if (pending) await finishRequest({ kind: pending.kind, target }, pending.requestId, context, recoverMs)
  return isAssigned(context.ssoAdmin, target)
}

/** The ledger says granted only after history does, under an instant that a replay repeats. */
async function confirm(subject: Subject, stored: StoredEntry, links: readonly GrantingLink[]): Promise<void> {
  const { context, key } = subject
  const confirmedAt = renderInstant(context.clock.now())
  const at = (stored.entry.lastCreation ?? stored.entry.call)?.calledAt ?? confirmedAt
  const entry: LedgerEntry = { ...stored.entry, links: [...links] }
  if (stored.entry.grantedAt === undefined)
    await recordHistory(context.objects, { key, event: 'granted', at, entry, confirmedAt })
  await save(subject, stored, {
    state: 'granted',
    links: [...links],
    grantedAt: stored.entry.grantedAt ?? confirmedAt,
    attempts: 0,
    reason: undefined,
    openUntil: undefined,
  })
  await closeTwin(subject, stored.entry.openUntil)
  context.log.info('access is granted and was read back', { requestId: stored.entry.call?.id })
}

/** Removes an entry whose assignment is absent, unless a creation could still take effect. Answers whether it did. */
async function release(subject: Subject, stored: StoredEntry): Promise<boolean> {
  const { context, key } = subject
  const { entry } = stored
  const creation = entry.lastCreation
  const isUnanswered = creation !== undefined && creation.answeredAt === undefined && entry.grantedAt === undefined
  if (isUnanswered && context.clock.now().getTime() - Date.parse(creation.calledAt) < unansweredMs) return false
  if (context.requests.findInProgress(targetOf(subject, stored))?.kind === 'creation') return false
  if (entry.grantedAt !== undefined || entry.call?.kind === 'deletion') {
    const confirmedAt = renderInstant(context.clock.now())
    const at = entry.call?.kind === 'deletion' ? entry.call.calledAt : confirmedAt
    await recordHistory(context.objects, { key, event: 'revoked', at, entry, confirmedAt })
    context.log.info('access is revoked: reading back shows it gone', { requestId: entry.call?.id })
  }
  await context.standings.ledger.remove(stored)
  await closeTwin(subject, entry.openUntil)
  return true
}

/** What is not done goes on as open work: twin first, so that an entry never waits for a retry that is not scheduled. */
async function defer(
  subject: Subject,
  stored: StoredEntry,
  result: Unconfirmed,
  links: readonly string[],
  state: LedgerState,
): Promise<Settlement> {
  const { context, key } = subject
  if (result.outcome === 'unfinished' && !context.mayStart()) return { result: 'given-back', links: [] }
  const attempts = stored.entry.attempts + 1
  const openUntil =
    state === 'stuck'
      ? undefined
      : renderInstant(nextAttempt(context.clock.now(), stored.entry.attempts, context.randomness.fraction()))
  if (openUntil !== undefined) await context.objects.put(openWorkKey(openUntil, key), new Uint8Array())
  const change = result.outcome === 'failed' ? { state } : {}
  await save(subject, stored, { ...change, reason: result.reason, attempts, openUntil })
  await closeTwin(subject, stored.entry.openUntil)
  context.principals.forget(subject.assignment.type, subject.assignment.principal)
  context.log.warn('not finished; it is tried again later', {
    reason: result.reason,
    state,
    attempts,
    nextAttempt: openUntil,
  })
  return { result: 'open', reason: result.reason, links }
}

async function closeTwin({ context, key }: Subject, openUntil: string | undefined): Promise<void> {
  if (openUntil !== undefined) await context.objects.delete(openWorkKey(openUntil, key))
}

function save({ context, key }: Subject, stored: StoredEntry, change: Partial<LedgerEntry>): Promise<StoredEntry> {
  return context.standings.ledger.write(
    key,
    { ...stored.entry, ...change, updatedAt: renderInstant(context.clock.now()) },
    stored,
  )
}

async function resolve({ assignment, context }: Subject): Promise<{ target: AssignmentTarget } | { lack: Lack }> {
  const { permissionSet, principal, type, accountId } = assignment
  const [permissionSetArn, principalId] = await Promise.all([
    context.permissionSets.resolve(permissionSet),
    context.principals.resolve(type, principal),
  ])
  if (permissionSetArn === undefined) {
    const near = context.permissionSets.findNear(permissionSet)
    return {
      lack: {
        reason: `permission set '${permissionSet}' does not exist${meant(near)}`,
        remedy: `upload permission_sets/${permissionSet}.json; the link is applied when it exists`,
      },
    }
  }
  if (principalId === undefined) {
    const noun = type === 'GROUP' ? 'group' : 'user'
    const near = await context.principals.findNear(type, principal)
    return {
      lack: {
        reason: `${noun} '${principal}' does not exist in the identity store${meant(near)}`,
        remedy: `create the ${noun}, or upload the link with the exact name; it is applied when the ${noun} exists`,
      },
    }
  }
  return { target: { accountId, permissionSetArn, principalId, principalType: type } }
}

function meant(near: string | undefined): string {
  return near === undefined ? '' : `; did you mean '${near}'?`
}

/** Whether the access was there before us. Not looked for again while the same files ask for it. */
async function isForeign(
  { context, key }: Subject,
  target: AssignmentTarget,
  links: readonly GrantingLink[],
): Promise<boolean> {
  const known = await readForeign(context.objects, key)
  const isKnown = known?.principalId === target.principalId && known.permissionSetArn === target.permissionSetArn
  if (known && isKnown && sameLinks(known.links, links)) {
    context.standings.noteForeign(
      key,
      links.map((link) => link.key),
      target.principalId,
    )
    return true
  }
  if (!(await isAssigned(context.ssoAdmin, target))) {
    if (known) await forgetForeign(context.objects, key)
    return false
  }
  context.standings.noteForeign(
    key,
    links.map((link) => link.key),
    target.principalId,
  )
  const { principalId, permissionSetArn } = target
  const seenAt = renderInstant(context.clock.now())
  await recordForeign(context.objects, key, { v: 1, principalId, permissionSetArn, links: [...links], seenAt })
  context.log.info('the access existed before its link: it is recorded as foreign and left alone')
  return true
}

/** Who uploaded a link stands in its status; read once per version of the link. */
async function withUploaders(
  context: SettleContext,
  links: readonly GrantingLink[],
  stored: StoredEntry | undefined,
): Promise<GrantingLink[]> {
  return Promise.all(
    links.map(async (link) => {
      const known = stored?.entry.links.find(
        ({ key, etag, lastModified }) => key === link.key && etag === link.etag && lastModified === link.lastModified,
      )
      if (known) return known
      const by = (await context.statuses.read(link.key))?.by
      return by === undefined ? link : { ...link, by }
    }),
  )
}

function targetOf({ assignment }: Subject, { entry }: Pick<StoredEntry, 'entry'>): AssignmentTarget {
  const { accountId, type } = assignment
  return { accountId, permissionSetArn: entry.permissionSetArn, principalId: entry.principalId, principalType: type }
}

function namesOf(links: readonly GrantingLink[], stored: StoredEntry | undefined): readonly string[] {
  return [...new Set([...links, ...(stored?.entry.links ?? [])].map(({ key }) => key))]
}

function isSame(a: readonly GrantingLink[], b: readonly GrantingLink[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
