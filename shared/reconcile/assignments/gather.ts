import { settlingMs } from '../../domain/access-proof.ts'
import {
  type Assignment,
  type AssignmentKey,
  parseAssignmentKey,
  renderAssignmentKey,
} from '../../domain/assignment.ts'
import {
  type AccessIds,
  areSameUploads,
  findAccess,
  type GrantingLink,
  isSameAccess,
  ledgerPrefix,
} from '../../domain/ledger-entry.ts'
import { type Account, refuses } from '../../domain/organization-view.ts'
import type { AssignmentTarget, RequestKind } from '../../ports/sso-admin.ts'
import { findWithdrawnLinks } from '../brake/withdrawn-links.ts'
import { isMissingForLong } from '../organization/missing-accounts.ts'
import { readForeign } from '../records/foreign-assignments.ts'
import { wasRevokedWithin } from '../records/history.ts'
import { listAssignmentKeys, type StoredEntry } from '../records/ledger.ts'
import { readLink } from '../records/read-link.ts'
import { evaluateAssignment } from './evaluate-assignment.ts'
import type { Facts, Known, Question, Wish } from './facts.ts'
import { resolveTarget } from './resolve-target.ts'
import type { Lacks, Subject } from './settlement.ts'
import { bindLinks } from './user-binding.ts'

/** How long an evaluation waits for a request, and repeats what is refused in passing. */
export const patienceMs = 5 * 60_000

/** What was read of one assignment, and what its evaluation has learned and done so far. */
export type Gathered = {
  /** Its entry may be ahead of the object: it knows the outcome of a request before the next write. */
  readonly stored: StoredEntry | undefined
  readonly wish: Wish
  readonly place: 'view' | 'live'
  readonly account: Facts['account']
  readonly known: ReadonlyMap<string, Known>
  readonly prepared?: (NonNullable<Facts['prepared']> & { readonly before: StoredEntry | undefined }) | undefined
  /** The links whose status this evaluation concerns. */
  readonly concerned: ReadonlySet<string>
  readonly lacks: Lacks
}

/** Identity Store answers differently about a name and about its id: it is just being changed. It passes. */
export class DirectoryChangingError extends Error {
  override readonly name = 'DirectoryChangingError'
  constructor({ type, principal }: Pick<Assignment, 'type' | 'principal'>) {
    const noun = type === 'GROUP' ? 'group' : 'user'
    super(
      `received another id for the ${noun} '${principal}' than the one that has this name; the directory is being changed, and it is looked at again`,
    )
  }
}

/**
 * Reads the entry and the links. What an evaluation has put off or held stays so until its end. Throws when anything cannot be
 * read: then nothing is granted and nothing revoked.
 */
export async function gather(subject: Subject, place: 'view' | 'live', carried?: Gathered): Promise<Gathered> {
  const { key, assignment, context } = subject
  const [stored, evaluation] = await Promise.all([
    context.standings.ledger.read(key),
    evaluateAssignment(assignment, { ...context, place }),
  ])
  const { links, account } = evaluation
  const { wish, lacks } = await findWish(subject, stored, links, place)
  const named = [...links, ...(stored?.entry.accesses ?? []).flatMap((access) => access.links)].map((link) => link.key)
  return {
    stored,
    wish,
    place,
    account: await stateOf(account, subject),
    known: new Map([...(carried?.known ?? [])].flatMap(([id, { rest }]) => (rest ? [[id, { rest }] as const] : []))),
    concerned: new Set([...(carried?.concerned ?? []), ...named]),
    lacks: new Map([...(carried?.lacks ?? []), ...lacks]),
  }
}

async function findWish(
  subject: Subject,
  stored: StoredEntry | undefined,
  found: readonly GrantingLink[],
  place: 'view' | 'live',
): Promise<{ readonly wish: Wish; readonly lacks: Lacks }> {
  if (found.length === 0) return { wish: { is: 'unwanted', isLive: place === 'live' }, lacks: new Map() }
  const bound = await bindLinks(subject, found, stored)
  const resolved = await resolveTarget(subject, bound)
  const { lacks } = resolved
  const first = stored?.entry.accesses[0]
  const meant = bound.filter(({ boundTo }) => boundTo === undefined || boundTo === first?.principalId)
  const lacking = meant.map(({ link }) => link)
  if ('lack' in resolved) return { wish: { is: 'lacking', lack: resolved.lack, links: lacking }, lacks }
  const { target, links } = resolved
  const isGranted = findAccess(stored?.entry, target)?.state === 'granted'
  const { managementAccount } = subject.context
  const lack = isGranted
    ? undefined
    : await managementAccount.lackOf(subject.assignment.permissionSet, target.permissionSetArn)
  if (lack)
    return { wish: { is: 'lacking', lack, links: lacking }, lacks: new Map(links.map((one) => [one.key, lack])) }
  return { wish: { is: 'wanted', target, links }, lacks }
}

/** Two complete listings lacked a gone account, and DescribeAccount does not find it either, at this moment. */
async function stateOf(account: Account | undefined, { assignment, context }: Subject): Promise<Facts['account']> {
  if (account !== undefined) return refuses(account) ? 'refusing' : 'active'
  if (!(await isMissingForLong(context, assignment.accountId))) return 'unknown'
  return (await context.organization.readLive(assignment.accountId)) === undefined ? 'gone' : 'unknown'
}

export function factsOf(subject: Subject, gathered: Gathered): Facts {
  const { assignment, context } = subject
  const { clock, requests, configuration, mayStart } = context
  const { stored, wish, account, prepared } = gathered
  return {
    now: clock.now(),
    name: assignment.principal,
    entry: stored?.entry,
    wish,
    account,
    knownOf: (ids) => knownOf(gathered, ids),
    inProgress: (ids): RequestKind | undefined => requests.findInProgress(targetOf(subject, ids))?.kind,
    prepared,
    mayStart: mayStart(),
    onDrift: configuration.onDrift,
    graceMs: configuration.orphanGraceMinutes * 60_000,
  }
}

export function targetOf(
  { assignment: { accountId, type } }: Pick<Subject, 'assignment'>,
  { principalId, permissionSetArn }: AccessIds,
): AssignmentTarget {
  return { accountId, permissionSetArn, principalId, principalType: type }
}

export function knownOf({ known }: Pick<Gathered, 'known'>, ids: AccessIds): Known {
  return known.get(idOf(ids)) ?? {}
}

/** With what was just learned of one access. */
export function know(gathered: Gathered, ids: AccessIds, learned: Known): Gathered {
  return { ...gathered, known: new Map([...gathered.known, [idOf(ids), { ...knownOf(gathered, ids), ...learned }]]) }
}

function idOf({ principalId, permissionSetArn }: AccessIds): string {
  return `${principalId} ${permissionSetArn}`
}

/** Answers one question about one access. Throws when it cannot be answered. */
export async function learn(subject: Subject, gathered: Gathered, ids: AccessIds, what: Question): Promise<Gathered> {
  const { key, assignment, context } = subject
  switch (what) {
    case 'listing':
      return know(gathered, ids, { listing: await context.listings.look(targetOf(subject, ids), context.pulledMs) })
    case 'whereabouts': {
      const { principals, pulledMs } = context
      const whereabouts = await principals.whereabouts(assignment.type, ids.principalId, pulledMs)
      return know(gathered, ids, { whereabouts })
    }
    case 'heir':
      return learnHeir(subject, gathered, ids)
    case 'elsewhere':
      return know(gathered, ids, { elsewhere: (await findElsewhere(subject, ids)) ?? 'none' })
    case 'foreign': {
      const recorded = await readForeign(context.objects, key)
      const links = gathered.wish.is === 'wanted' ? gathered.wish.links : []
      const isSame = recorded && isSameAccess(recorded, ids) && areSameUploads(recorded.links, links)
      return know(gathered, ids, { foreign: isSame ? 'same' : recorded ? 'other' : 'none' })
    }
    case 'history': {
      const wasRevokedLately = await wasRevokedWithin(context.objects, assignment, ids.principalId, settlingMs)
      return know(gathered, ids, { wasRevokedLately })
    }
    case 'request': {
      const call = findAccess(gathered.stored?.entry, ids)?.call
      // Without an id the answer was lost, or never recorded: only a listing shows what is in progress.
      if (call?.id === undefined) await context.requests.recover()
      else context.requests.watch(call.kind, call.id, targetOf(subject, ids))
      return know(gathered, ids, { request: 'not-found' })
    }
    case 'admission': {
      const links = findAccess(gathered.stored?.entry, ids)?.links ?? []
      const read = (link: string) => readLink(context.objects, link, context.configuration)
      const withdrawn = await findWithdrawnLinks(links, read)
      return know(gathered, ids, { admission: await context.brake.admit({ key, withdrawn }) })
    }
    default:
      return what satisfies never
  }
}

/**
 * Links match by name; calls use ids (design, "What is desired"): the principal may have been renamed, and links that
 * name it by its present name grant the very access that is to be revoked.
 */
async function learnHeir(subject: Subject, gathered: Gathered, ids: AccessIds): Promise<Gathered> {
  const { assignment, context } = subject
  const { principals, clock } = context
  // The hint may have waited for minutes since it was pulled: the id is asked for its name now.
  const askedMs = clock.monotonicMs()
  const whereabouts = await principals.whereabouts(assignment.type, ids.principalId, askedMs)
  const learned = know(gathered, ids, { whereabouts })
  const principal = whereabouts === 'gone' ? undefined : whereabouts.name
  if (principal === undefined) return know(learned, ids, { heir: 'none' })
  if (principal === assignment.principal) {
    // The name went back to this id while the links were resolved to another.
    const { wish } = gathered
    if (wish.is === 'wanted' && wish.target.principalId !== ids.principalId) throw changing(subject)
    return know(learned, ids, { heir: 'none' })
  }
  const renamed: Assignment = { ...assignment, principal }
  const key = renderAssignmentKey(renamed)
  const { links } = await evaluateAssignment(renamed, { ...context, place: 'live' })
  if (links.length === 0) return know(learned, ids, { heir: 'none' })
  principals.expire(assignment.type, principal, askedMs)
  const other: Subject = { key, assignment: renamed, context }
  const resolved = await resolveTarget(other, await bindLinks(other, links, await context.standings.ledger.read(key)))
  if (!('target' in resolved)) return know(learned, ids, { heir: 'none' })
  if (resolved.target.principalId !== ids.principalId) throw changing(other)
  const isSame = isSameAccess(resolved.target, ids)
  return know(learned, ids, { heir: isSame ? { key, links: resolved.links } : 'none' })
}

/** The names of the subject are to be asked for again. */
export function changing({ assignment, context }: Subject): DirectoryChangingError {
  context.principals.forget(assignment.type, assignment.principal)
  return new DirectoryChangingError(assignment)
}

/** Under which other key the ledger has this access: that of the name its principal had before. */
async function findElsewhere(
  { assignment, context, key }: Subject,
  ids: AccessIds,
): Promise<AssignmentKey | undefined> {
  const { accountId, permissionSet, type } = assignment
  const { objects, standings } = context
  for await (const rest of listAssignmentKeys(objects, ledgerPrefix, `account%${accountId}%${permissionSet}%`)) {
    const other = parseAssignmentKey(rest)
    if (rest === key || other?.type !== type || other.permissionSet !== permissionSet) continue
    if (findAccess((await standings.ledger.read(rest))?.entry, ids)) return rest
  }
  return undefined
}
