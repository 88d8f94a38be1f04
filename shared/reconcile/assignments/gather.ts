import { grantedInstant } from '../../domain/assignments/access-changes.ts'
import { claims } from '../../domain/assignments/access-proof.ts'
import { areSameUploads, type GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import { enforcedMinimumsFor, isOnlyTemporary } from '../../domain/guardrails/minimum.ts'
import type { Lack } from '../../domain/links/lack.ts'
import { temporaryPrefix } from '../../domain/links/link.ts'
import { type Account, isUnplaced, refuses } from '../../domain/organization/organization-view.ts'
import { nounOf } from '../../domain/principals/principal.ts'
import { admitLinks } from '../guardrails/admit-links.ts'
import { isMissingForLong } from '../organization/missing-accounts.ts'
import { type ForeignAssignment, readForeign } from '../records/foreign-assignments.ts'
import { readLastWord } from '../records/history.ts'
import type { StoredEntry } from '../records/ledger.ts'
import { readLink } from '../records/read-link.ts'
import { evaluateAssignment } from './evaluate-assignment.ts'
import type { Facts, Learnt, Question, Wish } from './facts.ts'
import { findEnd } from './find-end.ts'
import { lackOfAll, lackOfName, lackOfSet } from './find-lacks.ts'
import type { Settling } from './settling.ts'
import { bindLinks } from './user-binding.ts'

/** Gather everything again. */
export type Again = {
  readonly place: Settling['place']
  /** Keep the known entry, which may be ahead of its object. Absent: read it. */
  readonly entry?: 'as known'
  /** Facts that stay known. */
  readonly keeps?: Learnt | undefined
  /** ssofile has tried for long enough. The reason for putting the access off. */
  readonly tiredOf?: string | undefined
}

/** The first reading. The view only has to be as new as the hint, because it contains the hint's cause. Throws on a failed read. */
export async function gatherFirst(settling: Settling): Promise<void> {
  const { standings, pulledMs } = settling.context
  await evaluate(settling, 'view', standings.ledger.read(settling.key), pulledMs)
}

/**
 * Reads the entry, the name and the links again. Before a revocation this is the second look at the links: each link is read moments after
 * the listing, and another link may have replaced it in between. Access that was put off or held stays so until the end of the evaluation.
 * Throws if a read fails: then nothing is granted or revoked.
 */
export async function gather(settling: Settling, { place, entry, keeps }: Again): Promise<void> {
  settling.readAnew()
  if (entry === 'as known') return evaluate(settling, place, settling.stored)
  await evaluate(settling, place, settling.context.standings.ledger.read(settling.key))
  settling.known = { rest: settling.known.rest, ...keeps }
}

async function evaluate(
  settling: Settling,
  place: Settling['place'],
  reading: StoredEntry | undefined | Promise<StoredEntry | undefined>,
  viewSinceMs?: number,
): Promise<void> {
  const { id, context } = settling
  const { principals, pulledMs, clock } = context
  const lookedMs = clock.monotonicMs()
  const askedMs = place === 'live' ? lookedMs : pulledMs
  const [stored, whereabouts] = await Promise.all([reading, principals.whereabouts(id.type, id.principalId, askedMs)])
  Object.assign(settling, { stored, whereabouts, place, lookedMs, prepared: undefined })
  const {
    links: found,
    unreadable,
    account,
    selectors,
  } = await evaluateAssignment(settling.assignment, {
    ...context,
    readings: settling.readings,
    place,
    viewSinceMs,
    // No link can spell the name, so no link means it.
    among: settling.name === undefined ? new Set() : undefined,
  })
  const links = await admitLinks(found, { entry: stored?.entry, account: id.accountId }, context)
  const end = await findEnd(settling)
  settling.suspension = end?.suspension
  if (isUnplaced(account)) settling.wish = { is: 'unplaced', lasting: await findLasting(settling) }
  else if (end) {
    if (end.lack) settling.noteLacks(lackOfAll(found, end.lack))
    settling.wish = { is: 'unwanted', isLive: place === 'live' }
  } else if (links.length === 0 && unreadable.length > 0)
    settling.wish = { is: 'unclear', unreadable, isLive: place === 'live' }
  else settling.wish = await findWish(settling, links)
  settling.account = await stateOf(account, settling)
  settling.located = account
  settling.selectors = selectors
  for (const { key } of [...found, ...(stored?.entry.links ?? [])]) settling.concerned.add(key)
}

async function findWish(settling: Settling, found: readonly GrantingLink[]): Promise<Wish> {
  const unwanted = { is: 'unwanted', isLive: settling.place === 'live' } as const
  if (found.length === 0) return unwanted
  const { id, context, stored, assignment } = settling
  const { links, lacks } = await bindLinks(settling, found)
  if (settling.whereabouts === 'gone') {
    // If somebody else has the name now, the evaluation of that principal's access says what the links lack.
    if (await isFree(settling)) settling.noteLacks(lackOfAll(found, await lackOfName(assignment, context)))
    return links.length === 0 ? unwanted : { is: 'lacking', links }
  }
  settling.noteLacks(lacks)
  if (links.length === 0) return unwanted
  const lacking = (lack: Lack): Wish => {
    settling.noteLacks(lackOfAll(links, lack))
    return { is: 'lacking', links }
  }
  const permissionSetArn = await context.permissionSets.resolve(id.permissionSet)
  if (permissionSetArn === undefined) return lacking(lackOfSet(id.permissionSet, context))
  const isGranted = stored?.entry.state === 'granted' && stored.entry.permissionSetArn === permissionSetArn
  if (!isGranted) {
    const lack = await context.managementAccount.lackOf(id.permissionSet, permissionSetArn)
    if (lack) return lacking(lack)
  }
  return { is: 'wanted', permissionSetArn, links: [...links, ...(await findLetGo(settling, links))] }
}

/** Nobody has the principal's name now. */
async function isFree({ id, assignment, context }: Settling): Promise<boolean> {
  return (await context.principals.resolve(id.type, assignment.principal, context.pulledMs)) === undefined
}

/**
 * If a minimum asks for this access and only temporary links are left, keeps the standing links of the entry: deleting them
 * revokes nothing. The brake never holds the end of temporary access, so nothing else would judge their deletion.
 */
async function findLetGo(
  { context, assignment, entry }: Settling,
  links: readonly GrantingLink[],
): Promise<readonly GrantingLink[]> {
  if (entry?.state !== 'granted' || !isOnlyTemporary(links.map(({ key }) => key))) return []
  const standing = entry.links.filter(({ key }) => !key.startsWith(temporaryPrefix))
  if (standing.length === 0) return []
  return enforcedMinimumsFor(await context.policies.read(), assignment).length > 0 ? standing : []
}

/** The links of the entry that are in force, or may be. */
async function findLasting({ context, entry }: Settling): Promise<readonly string[]> {
  const keys = new Set(entry?.links.map(({ key }) => key))
  const { objects, configuration } = context
  const read = await Promise.all(
    [...keys].map(async (key) => ({ key, ...(await readLink(objects, key, configuration)) })),
  )
  return read.filter(({ state }) => state === 'in-force' || state === 'unreadable').map(({ key }) => key)
}

/** `account` undefined: DescribeAccount has just not found it. It is gone if two complete listings lacked it before. */
async function stateOf(account: Account | undefined, { id, context }: Settling): Promise<Facts['account']> {
  if (account !== undefined) return refuses(account) ? 'refusing' : 'active'
  return (await isMissingForLong(context, id.accountId)) ? 'gone' : 'unknown'
}

/** Answers one question. Throws if it cannot. */
export async function learn(settling: Settling, what: Question): Promise<Learnt> {
  const { key, context, wish, entry } = settling
  const { objects, requests, pulledMs } = context
  switch (what) {
    case 'listing':
      return { listing: await context.listings.look(settling.target, pulledMs) }
    case 'foreign': {
      const recorded = await findForeign(settling)
      const links = wish.is === 'wanted' ? wish.links : []
      const isSame =
        recorded?.permissionSetArn === settling.target.permissionSetArn && areSameUploads(recorded.links, links)
      return { foreign: isSame ? 'same' : recorded ? 'other' : 'none' }
    }
    case 'history': {
      const recorded =
        entry && claims(entry) ? { at: grantedInstant(entry), isConfirmed: entry.grantedAt !== undefined } : undefined
      return { history: await readLastWord(objects, key, recorded) }
    }
    case 'request': {
      const call = entry?.call
      // Without an id, the answer was lost or never recorded: only a listing shows requests in progress.
      if (call?.id === undefined) await requests.recover()
      else requests.watch(call.kind, call.id, settling.target)
      return { request: 'not-found' }
    }
    default:
      return what satisfies never
  }
}

/** The record under `foreign/`. Only holders of the dispatcher lease write there, so an unknown key has no record. */
export async function findForeign({ key, context }: Settling): Promise<ForeignAssignment | undefined> {
  return context.standings.isKnownUnforeign(key) ? undefined : readForeign(context.objects, key)
}

/** Identity Store gives different answers for a name and its id, because the name is being changed. Ask for the name again. */
export function changing({
  assignment: { type, principal },
  context,
}: Pick<Settling, 'assignment' | 'context'>): Error {
  context.principals.forget(type, principal)
  return new Error(
    `Identity Store does not find the id of the ${nounOf(type)} '${principal}' by its name, because the directory is changing; ssofile tries again`,
  )
}
