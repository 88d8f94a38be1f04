import { grantedInstant } from '../../domain/access-changes.ts'
import { claims } from '../../domain/access-proof.ts'
import { type Cause, causeOfPrincipal } from '../../domain/brake.ts'
import { quote } from '../../domain/complaint.ts'
import { describeObjection } from '../../domain/judge-by-policies.ts'
import type { Lack } from '../../domain/lack.ts'
import { areSameUploads, type GrantingLink } from '../../domain/ledger-entry.ts'
import { parseLinkKey, temporaryPrefix } from '../../domain/link.ts'
import { enforcedMinimumsFor, isOnlyTemporary } from '../../domain/minimum.ts'
import { type Account, isUnplaced, refuses } from '../../domain/organization-view.ts'
import { isPassing, isServiceError } from '../../ports/service-error.ts'
import type { Minimum } from '../brake/brake.ts'
import { findCause, withoutEnded } from '../brake/find-cause.ts'
import { isMissingForLong } from '../organization/missing-accounts.ts'
import { readForeign } from '../records/foreign-assignments.ts'
import { readLastWord } from '../records/history.ts'
import type { StoredEntry } from '../records/ledger.ts'
import { LinkReadings } from '../records/link-readings.ts'
import { readLink } from '../records/read-link.ts'
import { admitLinks } from './admit-links.ts'
import { evaluateAssignment, findGrantingLinks } from './evaluate-assignment.ts'
import type { Facts, Known, Question, Wish } from './facts.ts'
import { lackOfAll, lackOfName, lackOfSet } from './find-lacks.ts'
import { judgeMinimum } from './judge-minimum.ts'
import type { Settling } from './settling.ts'
import { bindLinks } from './user-binding.ts'

/**
 * Reads the entry, the name and the links. Before a revocation it is the second look at them: a link is read some moments
 * after the links were listed, and another one may have taken its place between the two. What an evaluation has put off or
 * held stays so until its end. Throws when anything cannot be read: then nothing is granted and nothing revoked.
 */
export async function gather(settling: Settling, place: Settling['place']): Promise<void> {
  await gatherLinks(settling, place, settling.context.standings.ledger.read(settling.key))
  settling.known = { rest: settling.known.rest }
}

/** The same at the beginning of an evaluation: the view may be as old as the hint, whose cause is in it. */
export async function gatherFirst(settling: Settling): Promise<void> {
  const { standings, pulledMs } = settling.context
  await evaluate(settling, 'view', standings.ledger.read(settling.key), pulledMs)
}

/** Reads the name, the links and the account. `reading`: the entry. */
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
  const { id, context } = settling
  const { principals, pulledMs, clock } = context
  const askedMs = place === 'live' ? clock.monotonicMs() : pulledMs
  const [stored, whereabouts] = await Promise.all([reading, principals.whereabouts(id.type, id.principalId, askedMs)])
  Object.assign(settling, { stored, whereabouts, place, prepared: undefined })
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
    // A name that no link can spell is meant by none.
    among: settling.name === undefined ? new Set() : undefined,
  })
  const links = await admitLinks(found, { entry: stored?.entry, account: id.accountId }, context)
  if (isUnplaced(account)) settling.wish = { is: 'unplaced', lasting: await findLasting(settling) }
  else if (links.length === 0 && unreadable.length > 0)
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
  settling.noteLacks(lacks)
  if (links.length === 0) return unwanted
  const lacking = (lack: Lack): Wish => {
    settling.noteLacks(lackOfAll(links, lack))
    return { is: 'lacking', lack, links }
  }
  if (settling.whereabouts === 'gone') return lacking(await lackOfName(assignment, context))
  const permissionSetArn = await context.permissionSets.resolve(id.permissionSet)
  if (permissionSetArn === undefined) return lacking(lackOfSet(id.permissionSet, context))
  const isGranted = stored?.entry.state === 'granted' && stored.entry.permissionSetArn === permissionSetArn
  const lack = isGranted ? undefined : await context.managementAccount.lackOf(id.permissionSet, permissionSetArn)
  if (lack) return lacking(lack)
  return { is: 'wanted', permissionSetArn, links: [...links, ...(await findLetGo(settling, links))] }
}

/**
 * Where a minimum asks for this access and only temporary links are left, the entry keeps the standing ones that it had: nothing
 * is revoked when they are deleted, and the end of temporary access is held for nothing, so nobody else would judge their deletion.
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

/** Without an account DescribeAccount has just not found it. It is gone where two complete listings lacked it before. */
async function stateOf(account: Account | undefined, { id, context }: Settling): Promise<Facts['account']> {
  if (account !== undefined) return refuses(account) ? 'refusing' : 'active'
  return (await isMissingForLong(context, id.accountId)) ? 'gone' : 'unknown'
}

/** Answers one question. Throws when it cannot be answered. */
export async function learn(settling: Settling, what: Question): Promise<Known> {
  const { key, context, wish, entry } = settling
  const { objects, requests, pulledMs } = context
  switch (what) {
    case 'listing':
      return { listing: await context.listings.look(settling.target, pulledMs) }
    case 'foreign': {
      // Before a creation `check` reads it all the same.
      const recorded = context.standings.isKnownUnforeign(key) ? undefined : await readForeign(objects, key)
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
      // Without an id the answer was lost, or never recorded: only a listing shows what is in progress.
      if (call?.id === undefined) await requests.recover()
      else requests.watch(call.kind, call.id, settling.target)
      return { request: 'not-found' }
    }
    case 'admission':
      return learnAdmission(settling)
    default:
      return what satisfies never
  }
}

/**
 * The links that granted it are asked for once more, and the same reading says why the access goes. Where they say something
 * else than at the beginning of the evaluation, it begins again: nothing is counted, and nothing is sent.
 */
async function learnAdmission(settling: Settling): Promise<Known> {
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
  const isWanted = bound.length + (found?.unreadable.length ?? 0) > 0
  if (isWanted !== (wish.is !== 'unwanted')) {
    await gather(settling, 'live')
    return {}
  }
  const links = await withoutEnded(all, read, objects)
  if (all.length > 0 && links.length === 0) return { admission: { outcome: 'passes' } }
  const place = { accountId: id.accountId, account, managementAccountId, selectors }
  const why = await findCause(links, read, place)
  const cause = why && (causeOfName(settling, links) ?? why)
  const revocation = { key, links: links.map((link) => link.key), cause }
  return { admission: await brake.admit(revocation, await findMinimum(settling)) }
}

/** What policies demand to be left in the account. `undefined`: nothing, or this access does not count. */
async function findMinimum(settling: Settling): Promise<Minimum | undefined> {
  const { key, id, context, entry, assignment } = settling
  const links = entry?.links ?? []
  if (isOnlyTemporary(links.map((link) => link.key))) return undefined
  const rules = enforcedMinimumsFor(await context.policies.read(), assignment)
  if (rules.length === 0) return undefined
  return {
    account: id.accountId,
    access: key,
    object: async (leaving) => {
      try {
        const objection = await judgeMinimum(key, rules, { ...context, leaving })
        return objection && describeObjection(objection)
      } catch (error) {
        if (!isServiceError(error) || isPassing(error)) throw error
        return `it is not known who would keep '${id.permissionSet}' in account ${id.accountId} (${quote(error.message, 300)}); see that ssofile can read it`
      }
    },
  }
}

/** Its principal is gone, or has another name than the links that granted it. */
function causeOfName(
  { id: { type }, whereabouts, context }: Settling,
  links: readonly GrantingLink[],
): Cause | undefined {
  for (const { key } of links) {
    const link = parseLinkKey(key, context.configuration.folders)
    if (!link.ok) continue
    const { principal } = link.value
    if (whereabouts === 'gone' || whereabouts.name !== principal) return causeOfPrincipal({ type, principal })
  }
  return undefined
}

/** Identity Store answers differently about a name and about its id: it is just being changed. The name is asked for again. */
export function changing({
  assignment: { type, principal },
  context,
}: Pick<Settling, 'assignment' | 'context'>): Error {
  context.principals.forget(type, principal)
  const noun = type === 'GROUP' ? 'group' : 'user'
  return new Error(
    `Identity Store finds another id, or none, for the ${noun} '${principal}' than the one that has this name; the directory is being changed, and it is looked at again`,
  )
}
