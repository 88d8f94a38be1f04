import { grantedInstant } from '../../domain/access-changes.ts'
import { claims } from '../../domain/access-proof.ts'
import {
  type Assignment,
  type AssignmentKey,
  parseAssignmentKey,
  renderAssignmentKey,
} from '../../domain/assignment.ts'
import { type Cause, causeOfPrincipal, nameOfAccess } from '../../domain/brake.ts'
import { quote } from '../../domain/complaint.ts'
import { describeObjection } from '../../domain/judge-by-policies.ts'
import type { Lack } from '../../domain/lack.ts'
import {
  type Access,
  type AccessIds,
  areSameUploads,
  findAccess,
  type GrantingLink,
  isSameAccess,
  ledgerPrefix,
} from '../../domain/ledger-entry.ts'
import { temporaryPrefix } from '../../domain/link.ts'
import { enforcedMinimumsFor, isOnlyTemporary } from '../../domain/minimum.ts'
import { type Account, isUnplaced, refuses } from '../../domain/organization-view.ts'
import { isPassing, isServiceError } from '../../ports/service-error.ts'
import type { Minimum } from '../brake/brake.ts'
import { findCause, withoutEnded } from '../brake/find-cause.ts'
import { isMissingForLong } from '../organization/missing-accounts.ts'
import { readForeign } from '../records/foreign-assignments.ts'
import { readLastWord } from '../records/history.ts'
import { listAssignmentKeys, type StoredEntry } from '../records/ledger.ts'
import { LinkReadings } from '../records/link-readings.ts'
import { readLink } from '../records/read-link.ts'
import { admitLinks } from './admit-links.ts'
import { evaluateAssignment, findGrantingLinks } from './evaluate-assignment.ts'
import type { Facts, Known, Question, Wish } from './facts.ts'
import { judgeMinimum } from './judge-minimum.ts'
import { lackOfAll, resolveTarget } from './resolve-target.ts'
import type { Subject } from './settlement.ts'
import type { Settling } from './settling.ts'
import { bindLinks } from './user-binding.ts'

/**
 * Reads the entry and the links. Before a revocation it is the second look at them: a link is read some moments after the
 * links were listed, and another one may have taken its place between the two. What an evaluation has put off or held stays
 * so until its end. Throws when anything cannot be read: then nothing is granted and nothing revoked.
 */
export async function gather(settling: Settling, place: Settling['place']): Promise<void> {
  await gatherLinks(settling, place, settling.context.standings.ledger.read(settling.key))
  forgetLearned(settling)
}

/** The same at the beginning of an evaluation: the view may be as old as the hint, whose cause is in it. */
export async function gatherFirst(settling: Settling): Promise<void> {
  const { standings, pulledMs } = settling.context
  await evaluate(settling, 'view', standings.ledger.read(settling.key), pulledMs)
}

function forgetLearned({ known }: Settling): void {
  for (const [id, { rest }] of known) known.set(id, { rest })
}

/** Reads the links and the account. `reading`: the entry. */
export async function gatherLinks(
  settling: Settling,
  place: Settling['place'],
  reading: StoredEntry | undefined | Promise<StoredEntry | undefined>,
): Promise<void> {
  settling.readAnew()
  await evaluate(settling, place, reading)
}

async function evaluate(
  settling: Settling,
  place: Settling['place'],
  reading: StoredEntry | undefined | Promise<StoredEntry | undefined>,
  viewSinceMs?: number,
): Promise<void> {
  const { assignment, context, readings } = settling
  const [stored, { links: found, unreadable, account, selectors }] = await Promise.all([
    reading,
    evaluateAssignment(assignment, { ...context, readings, place, viewSinceMs }),
  ])
  const links = await admitLinks(found, { entry: stored?.entry, account: assignment.accountId }, context)
  if (isUnplaced(account)) settling.wish = { is: 'unplaced', lasting: await findLasting(settling, stored) }
  else if (links.length === 0 && unreadable.length > 0)
    settling.wish = { is: 'unclear', unreadable, isLive: place === 'live' }
  else settling.wish = await findWish(settling, stored, links, place)
  settling.account = await stateOf(account, settling)
  settling.located = account
  settling.selectors = selectors
  settling.place = place
  settling.stored = stored
  settling.prepared = undefined
  const former = stored?.entry.accesses.flatMap((access) => access.links) ?? []
  for (const { key } of [...found, ...former]) settling.concerned.add(key)
}

async function findWish(
  settling: Settling,
  stored: StoredEntry | undefined,
  found: readonly GrantingLink[],
  place: Settling['place'],
): Promise<Wish> {
  if (found.length === 0) return { is: 'unwanted', isLive: place === 'live' }
  const { assignment, context } = settling
  const bound = await bindLinks(settling, found, stored)
  const resolved = await resolveTarget(settling, bound)
  const first = stored?.entry.accesses[0]
  const meant = bound.filter(({ boundTo }) => boundTo === undefined || boundTo === first?.principalId)
  const lacking = (lack: Lack): Wish => ({ is: 'lacking', lack, links: meant.map(({ link }) => link) })
  if ('lack' in resolved) {
    settling.noteLacks(resolved.lacks)
    return lacking(resolved.lack)
  }
  const { target, links } = resolved
  const isGranted = findAccess(stored?.entry, target)?.state === 'granted'
  const lack = isGranted
    ? undefined
    : await context.managementAccount.lackOf(assignment.permissionSet, target.permissionSetArn)
  settling.noteLacks(lack ? lackOfAll(links, lack) : resolved.lacks)
  if (lack) return lacking(lack)
  return {
    is: 'wanted',
    target,
    links: [...links, ...(await findLetGo(settling, findAccess(stored?.entry, target), links))],
  }
}

/**
 * Where a minimum asks for this access and only temporary links are left, the entry keeps the standing ones that it had: nothing
 * is revoked when they are deleted, and the end of temporary access is held for nothing, so nobody else would judge their deletion.
 */
async function findLetGo(
  { context, assignment }: Settling,
  access: Access | undefined,
  links: readonly GrantingLink[],
): Promise<readonly GrantingLink[]> {
  if (access?.state !== 'granted' || !isOnlyTemporary(links.map(({ key }) => key))) return []
  const standing = access.links.filter(({ key }) => !key.startsWith(temporaryPrefix))
  if (standing.length === 0) return []
  return enforcedMinimumsFor(await context.policies.read(), assignment).length > 0 ? standing : []
}

/** The links of the entry that are in force, or may be. */
async function findLasting({ context }: Settling, stored: StoredEntry | undefined): Promise<readonly string[]> {
  const keys = new Set(stored?.entry.accesses.flatMap((access) => access.links.map(({ key }) => key)))
  const { objects, configuration } = context
  const read = await Promise.all(
    [...keys].map(async (key) => ({ key, ...(await readLink(objects, key, configuration)) })),
  )
  return read.filter(({ state }) => state === 'in-force' || state === 'unreadable').map(({ key }) => key)
}

/** Without an account DescribeAccount has just not found it. It is gone where two complete listings lacked it before. */
async function stateOf(account: Account | undefined, { assignment, context }: Subject): Promise<Facts['account']> {
  if (account !== undefined) return refuses(account) ? 'refusing' : 'active'
  return (await isMissingForLong(context, assignment.accountId)) ? 'gone' : 'unknown'
}

/** Answers one question about one access. Throws when it cannot be answered. */
export async function learn(settling: Settling, ids: AccessIds, what: Question): Promise<Known> {
  const { key, assignment, context, wish } = settling
  const { objects, requests, principals, pulledMs } = context
  const access = findAccess(settling.entry, ids)
  switch (what) {
    case 'listing':
      return { listing: await context.listings.look(settling.targetOf(ids), pulledMs) }
    case 'whereabouts':
      return { whereabouts: await principals.whereabouts(assignment.type, ids.principalId, pulledMs) }
    case 'heir':
      return learnHeir(settling, ids)
    case 'elsewhere':
      return { elsewhere: (await findElsewhere(settling, ids)) ?? 'none' }
    case 'foreign': {
      // Before a creation `check` reads it all the same.
      const recorded = context.standings.isKnownUnforeign(key) ? undefined : await readForeign(objects, key)
      const links = wish.is === 'wanted' ? wish.links : []
      const isSame = recorded && isSameAccess(recorded, ids) && areSameUploads(recorded.links, links)
      return { foreign: isSame ? 'same' : recorded ? 'other' : 'none' }
    }
    case 'history': {
      const recorded =
        access && claims(access)
          ? { at: grantedInstant(access), isConfirmed: access.grantedAt !== undefined }
          : undefined
      return { history: await readLastWord(objects, key, ids, recorded) }
    }
    case 'request': {
      const call = access?.call
      // Without an id the answer was lost, or never recorded: only a listing shows what is in progress.
      if (call?.id === undefined) await requests.recover()
      else requests.watch(call.kind, call.id, settling.targetOf(ids))
      return { request: 'not-found' }
    }
    case 'admission':
      return learnAdmission(settling, ids)
    default:
      return what satisfies never
  }
}

/**
 * The links that granted it are asked for once more, and the same reading says why the access goes. Where they say something
 * else than at the beginning of the evaluation, it begins again: nothing is counted, and nothing is sent.
 */
async function learnAdmission(settling: Settling, ids: AccessIds): Promise<Known> {
  const { key, assignment, context, wish, located: account, selectors } = settling
  const { objects, configuration, organization, brake } = context
  const managementAccountId = await organization.managementAccountId()
  const own = new Set(findAccess(settling.entry, ids)?.links.map((link) => link.key))
  const [before, now] = [settling.readings, new LinkReadings(objects, configuration)]
  const read = (link: string) => (own.has(link) ? now : before).read(link)
  const sources = { configuration, managementAccountId, selectors, read }
  const found = account && (await findGrantingLinks(assignment, account, sources))
  const admitted = found ? await admitLinks(found.links, { entry: settling.entry, account: account.id }, context) : []
  const isWanted = admitted.length + (found?.unreadable.length ?? 0) > 0
  if (isWanted !== (wish.is !== 'unwanted')) {
    await gather(settling, 'live')
    return {}
  }
  const all = findAccess(settling.entry, ids)?.links ?? []
  const links = await withoutEnded(all, read, objects)
  if (all.length > 0 && links.length === 0) return { admission: { outcome: 'passes' } }
  const place = { accountId: assignment.accountId, account, managementAccountId, selectors }
  const why = await findCause(links, read, place)
  const cause = why && (causeOfNames(settling, ids) ?? why)
  const revocation = { key, links: links.map((link) => link.key), cause }
  return { admission: await brake.admit(revocation, await findMinimum(settling, ids)) }
}

/** What policies demand to be left in the account. `undefined`: nothing, or this access does not count. */
async function findMinimum(settling: Settling, ids: AccessIds): Promise<Minimum | undefined> {
  const { key, assignment, context, entry } = settling
  const links = findAccess(entry, ids)?.links ?? []
  if (isOnlyTemporary(links.map((link) => link.key))) return undefined
  const rules = enforcedMinimumsFor(await context.policies.read(), assignment)
  if (rules.length === 0) return undefined
  return {
    account: assignment.accountId,
    access: nameOfAccess(key, ids),
    object: async (leaving) => {
      try {
        const objection = await judgeMinimum({ key, assignment, ids }, rules, { ...context, leaving })
        return objection && describeObjection(objection)
      } catch (error) {
        if (!isServiceError(error) || isPassing(error)) throw error
        return `it is not known who would keep '${assignment.permissionSet}' in account ${assignment.accountId} (${quote(error.message, 300)}); see that ssofile can read it`
      }
    },
  }
}

/** The names in the key stand for something else than this access. */
function causeOfNames({ wish, assignment }: Settling, ids: AccessIds): Cause | undefined {
  const { type, principal, permissionSet } = assignment
  if (wish.is === 'unwanted') return undefined
  const isSamePrincipal = wish.is === 'wanted' && wish.target.principalId === ids.principalId
  if (isSamePrincipal) return { cause: 'permission set', name: permissionSet }
  return causeOfPrincipal({ type, principal })
}

/**
 * Links match by name; calls use ids (design, "What is desired"): the principal may have been renamed, and links that
 * name it by its present name grant the very access that is to be revoked.
 */
async function learnHeir(settling: Settling, ids: AccessIds): Promise<Known> {
  const { assignment, context, wish } = settling
  const { principals, clock } = context
  // The hint may have waited for minutes since it was pulled: the id is asked for its name now.
  const askedMs = clock.monotonicMs()
  const whereabouts = await principals.whereabouts(assignment.type, ids.principalId, askedMs)
  const none: Known = { whereabouts, heir: 'none' }
  const principal = whereabouts === 'gone' ? undefined : whereabouts.name
  if (principal === undefined) return none
  if (principal === assignment.principal) {
    // The name went back to this id while the links were resolved to another.
    if (wish.is === 'wanted' && wish.target.principalId !== ids.principalId) throw changing(settling)
    return none
  }
  const renamed: Assignment = { ...assignment, principal }
  const look = () => {
    const readings = new LinkReadings(context.objects, context.configuration, context.links)
    return evaluateAssignment(renamed, { ...context, readings, place: 'live' })
  }
  const first = await look()
  // Nothing is revoked by one look at the links (`gather`).
  const isNone = first.links.length + first.unreadable.length === 0
  const { links: found, unreadable, account } = isNone ? await look() : first
  // It had a place when this evaluation began. The next one leaves its access alone.
  if (isUnplaced(account))
    throw new Error(`Organizations does not say State or Paths of ${assignment.accountId} any more`)
  const key = renderAssignmentKey(renamed)
  const stored = await context.standings.ledger.read(key)
  const links = await admitLinks(found, { entry: stored?.entry, account: renamed.accountId }, context)
  if (links.length === 0) return unreadable.length > 0 ? { whereabouts, heir: { unreadable } } : none
  principals.expire(assignment.type, principal, askedMs)
  const other: Subject = { key, assignment: renamed, context }
  // Another has this name now, or nobody: the principal may have got its former name back, so nothing is revoked yet.
  if ((await principals.resolve(assignment.type, principal, askedMs)) !== ids.principalId) throw changing(other)
  const resolved = await resolveTarget(other, await bindLinks(other, links, stored))
  if (!('target' in resolved)) return none
  return isSameAccess(resolved.target, ids) ? { whereabouts, heir: { key, links: resolved.links } } : none
}

/** Identity Store answers differently about a name and about its id: it is just being changed. The name is asked for again. */
export function changing({ assignment: { type, principal }, context }: Subject): Error {
  context.principals.forget(type, principal)
  const noun = type === 'GROUP' ? 'group' : 'user'
  return new Error(
    `Identity Store finds another id, or none, for the ${noun} '${principal}' than the one that has this name; the directory is being changed, and it is looked at again`,
  )
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
