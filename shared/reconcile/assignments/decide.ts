import { wasThere } from '../../domain/access-changes.ts'
import { mayAppearUntil, proveAccess, settlesAt } from '../../domain/access-proof.ts'
import {
  type Access,
  type AccessIds,
  findAccess,
  type GrantingLink,
  isSameAccess,
  isSameUpload,
} from '../../domain/ledger-entry.ts'
import type { RequestKind } from '../../ports/sso-admin.ts'
import { accessesOf, type Facts, type Question, type Rest, type Step, type Wish } from './facts.ts'

/** Nothing more is to be done about one access in this evaluation. */
type AtRest = { readonly do: 'rest'; readonly rest: Rest }
type Wanted = Extract<Wish, { is: 'wanted' }>
type Lacking = Extract<Wish, { is: 'lacking' }>

const inProgressReason = 'an earlier request for it is still in progress'
const unansweredReason =
  'its creation got no answer and may still take effect; it is looked at again when 15 minutes are over'
const settlingReason =
  'Identity Center lists something else than our last call made; its listing counts five minutes after that call'
const elsewhereReason = 'its principal had another name, under which the ledger still has this access; it is moved'
const departedReason =
  'Organizations does not know the account; the entry is kept until the account is back, or known to be gone'

/**
 * The next step for one assignment. Pure: it reads nothing and changes nothing.
 *
 * | the links say        | access in the entry           | then                                                           |
 * | -------------------- | ----------------------------- | -------------------------------------------------------------- |
 * | unwanted, by view    | some                          | evaluate on the live account                                   |
 * | unwanted, live       | each                          | retire it                                                      |
 * | wanted               | the target                    | keep it, before anything else                                  |
 * | wanted               | another id, target in force   | retire it                                                      |
 * | wanted               | another id, no room for both  | retire it: Identity Center allows 100 groups                   |
 * | wanted               | another id, target not there  | leave it until the target is confirmed; retire a renamed one   |
 * | lacking              | each                          | hold on to it, unless its principal is renamed, or long gone   |
 */
export function decide(facts: Facts): Step {
  const { wish } = facts
  switch (wish.is) {
    case 'unwanted':
      if (facts.entry && !wish.isLive) return { do: 'look at the live account' }
      return conclude(
        accessesOf(facts).map((access) => retire(facts, access)),
        { result: 'absent' },
      )
    case 'lacking':
      return conclude(
        accessesOf(facts).map((access) => holdOn(facts, wish, access)),
        { result: 'waiting' },
      )
    case 'wanted':
      return decideWanted(facts, wish)
    default:
      return wish satisfies never
  }
}

function decideWanted(facts: Facts, wish: Wanted): Step {
  const others = accessesOf(facts).filter((access) => !isSameAccess(access, wish.target))
  if (facts.knownOf(wish.target).failure?.isQuota) {
    const room = firstStep(others.map((access) => retire(facts, access)))
    if (room) return room
  }
  const own = keep(facts, wish)
  if (own.do !== 'rest') return own
  const isThere = own.rest.result === 'in-force' || own.rest.result === 'foreign'
  const retireOther = isThere ? retire : retireRenamed
  return conclude(
    others.map((access) => retireOther(facts, access)),
    own.rest,
  )
}

function firstStep(ends: readonly (Step | AtRest)[]): Step | undefined {
  return ends.find((end) => end.do !== 'rest')
}

/** The first step that is left, or the end: open where something is tried again, else held, else as `own` says. */
function conclude(ends: readonly (Step | AtRest)[], own: Rest | { readonly result: 'absent' }): Step {
  const step = firstStep(ends)
  if (step) return step
  const rests = ends.flatMap((end) => (end.do === 'rest' ? [end.rest] : []))
  const rest = [own, ...rests].find(({ result }) => result === 'open') ?? rests.find(({ result }) => result === 'held')
  return { do: 'finish', rest: rest ?? own }
}

/**
 * The links grant this access: it shall be there.
 *
 * | proof              | then                                                                      |
 * | ------------------ | ------------------------------------------------------------------------- |
 * | there              | confirm it, where the ledger does not say so yet                          |
 * | gone, maybe        | create it: to create what is there already changes nothing                |
 * | gone               | leave it, where drift is only reported and no link was uploaded since     |
 * | look               | look                                                                      |
 * | settling, listed   | put it off until a listing counts                                         |
 * | settling, unlisted | create it                                                                 |
 * | foreign            | leave it to others, or to another key of ours, which moves it             |
 */
function keep(facts: Facts, { target, links }: Wanted): Step | AtRest {
  const access = findAccess(facts.entry, target)
  const known = facts.knownOf(target)
  const first =
    awaitRequest(facts, target, access, 'creation') ?? (access ? undefined : acquire(facts, { target, links }))
  if (first || !access) return first ?? create(facts, target, links, false)
  if (known.failure) return putOff(facts, target, { reason: known.failure.reason, state: 'failed' })
  const proof = proveAccess(access, known.listing)
  switch (proof) {
    case 'there':
      if (isFirst(facts, target) && isRecorded(facts, access, links)) return atRest({ result: 'in-force' })
      return { do: 'confirm', ids: target, links }
    case 'look':
      return { do: 'learn', what: 'listing', ids: target }
    case 'foreign':
      return leave(facts, access, links)
    case 'settling':
      if (known.listing?.isListed) return putOff(facts, target, { reason: settlingReason, until: settlesAt(access) })
      return create(facts, target, links, false)
    case 'maybe':
      return create(facts, target, links, false)
    case 'gone':
      if (isLeftMissing(facts, access, links))
        return atRest({ result: 'open', reason: access.reason ?? 'someone removed it' })
      return create(facts, target, links, wasThere(access))
    default:
      return proof satisfies never
  }
}

/**
 * The ledger does not have it.
 *
 * | foreign/ | listed | another key of ours has it | revoked by us just now | then                                  |
 * | -------- | ------ | -------------------------- | ---------------------- | ------------------------------------- |
 * | same     |        |                            |                        | foreign, as before                    |
 * | other    | no     |                            |                        | forget what was foreign: it is gone   |
 * | none     | no     |                            |                        | create it                             |
 * |          | yes    | yes                        |                        | have that key looked at: it moves it  |
 * |          | yes    | no                         | yes                    | put it off: the listing may lag       |
 * |          | yes    | no                         | no                     | foreign                               |
 */
function acquire(facts: Facts, { target, links }: Omit<Wanted, 'is'>): Step | AtRest {
  const { listing, elsewhere, foreign, wasRevokedLately, whereabouts } = facts.knownOf(target)
  const learn = (what: Question): Step => ({ do: 'learn', what, ids: target })
  // Names are cached. Where the entry has another id, ask the id itself before anything follows from the name.
  if (facts.entry && whereabouts === undefined) return learn('whereabouts')
  if (facts.entry && !bearsName(facts, target)) return { do: 'start again later', ids: target }
  if (foreign === undefined) return learn('foreign')
  if (foreign === 'same') return atRest({ result: 'foreign' })
  if (listing === undefined) return learn('listing')
  if (!listing.isListed && foreign === 'other') return { do: 'forget what was foreign', ids: target }
  if (!listing.isListed) return create(facts, target, links, false)
  if (elsewhere === undefined) return learn('elsewhere')
  if (elsewhere !== 'none') return { do: 'ask elsewhere', ids: target, reason: elsewhereReason }
  if (wasRevokedLately === undefined) return learn('history')
  if (wasRevokedLately) return putOff(facts, target, { reason: settlingReason })
  return { do: 'leave to others', ids: target, links }
}

/**
 * Nothing asks for this access: it shall go.
 *
 * | proof        | account           | then                                                                              |
 * | ------------ | ----------------- | --------------------------------------------------------------------------------- |
 * | any          | gone              | release it                                                                        |
 * | any          | refuses changes   | leave it stuck                                                                    |
 * | gone         | known             | forget it, once no creation without an answer may still take effect               |
 * | gone         | unknown           | leave it stuck: the account may come back with it                                 |
 * | foreign      |                   | leave it to others, or to the other key of ours                                   |
 * | look         |                   | look                                                                              |
 * | settling     |                   | put it off until a listing counts                                                 |
 * | maybe        |                   | look; put it off where it is not listed                                           |
 * | there        |                   | revoke it                                                                         |
 */
function retire(facts: Facts, access: Access): Step | AtRest {
  const { account } = facts
  const known = facts.knownOf(access)
  const learn = (what: Question): Step => ({ do: 'learn', what, ids: access })
  if (account === 'gone') return { do: 'forget', ids: access, as: 'released' }
  const first = awaitRequest(facts, access, access)
  if (first) return first
  if (known.failure) {
    const state = account === 'active' ? 'failed' : 'stuck'
    return putOff(facts, access, { reason: known.failure.reason, state })
  }
  if (access.state === 'stuck' && account !== 'active')
    return atRest({ result: 'open', reason: access.reason ?? 'the account takes no changes' })
  const proof = proveAccess(access, known.listing)
  switch (proof) {
    case 'look':
      return learn('listing')
    case 'foreign':
      return leave(facts, access, [])
    case 'settling':
      return putOff(facts, access, { reason: settlingReason, until: settlesAt(access) })
    case 'gone':
      return forget(facts, access)
    case 'maybe':
      if (known.listing === undefined) return learn('listing')
      if (!known.listing.isListed) return putOff(facts, access, { reason: settlingReason, until: settlesAt(access) })
      return revoke(facts, access)
    case 'there':
      return revoke(facts, access)
    default:
      return proof satisfies never
  }
}

/**
 * It is there, and has to go.
 *
 * | links grant it under the present name of its principal | the brake           | then                         |
 * | ------------------------------------------------------ | ------------------- | ---------------------------- |
 * | yes                                                    |                     | only the ledger moves        |
 * | no                                                     | holds it            | hold it                      |
 * | no                                                     | passes, or passed   | delete it                    |
 */
function revoke(facts: Facts, access: Access): Step | AtRest {
  const known = facts.knownOf(access)
  const learn = (what: Question): Step => ({ do: 'learn', what, ids: access })
  if (known.heir === undefined) return learn('heir')
  if (known.heir !== 'none') return { do: 'move to', ids: access }
  if (known.admission === undefined && !isBegun(access)) return learn('admission')
  if (known.admission?.outcome === 'held') return { do: 'hold', ids: access, reason: known.admission.reason }
  if (isBusy(facts)) return atRest({ result: 'open', reason: inProgressReason })
  if (!facts.mayStart) return givenBack
  return { do: 'prepare', kind: 'deletion', ids: access, links: access.links, wasLost: false }
}

/** The target cannot be confirmed now: only access of an id that has another name goes. */
function retireRenamed(facts: Facts, access: Access): Step | AtRest {
  const { whereabouts } = facts.knownOf(access)
  if (whereabouts === undefined) return { do: 'learn', what: 'whereabouts', ids: access }
  return isRenamed(facts, access) ? retire(facts, access) : atRest({ result: 'waiting' })
}

/**
 * Links grant it, but what they name is lacking.
 *
 * | its principal          | grace | proof           | then                                              |
 * | ---------------------- | ----- | --------------- | ------------------------------------------------- |
 * | has another name       |       |                 | retire it                                         |
 * | is meant by no link    |       |                 | retire it                                         |
 * | is gone                | over  |                 | retire it                                         |
 * | is there, or gone      |       | there           | keep it; the grace of one that is gone begins     |
 * | is there, or gone      |       | gone            | forget it, as `retire` does                       |
 * | is there, or gone      |       | foreign         | leave it to others                                |
 * | is there, or gone      |       | maybe           | look, then put it off                             |
 * | is there, or gone      |       | settling        | put it off                                        |
 */
function holdOn(facts: Facts, wish: Lacking, access: Access): Step | AtRest {
  const { whereabouts, listing } = facts.knownOf(access)
  if (facts.account === 'gone') return { do: 'forget', ids: access, as: 'released' }
  if (whereabouts === undefined) return { do: 'learn', what: 'whereabouts', ids: access }
  const isGone = whereabouts === 'gone'
  const until = isGone ? graceEnd(facts, access) : undefined
  const isMeant = isGone || wish.links.length > 0
  if (isRenamed(facts, access) || !isMeant || (until && facts.now >= until)) return retire(facts, access)
  const first = awaitRequest(facts, access, access)
  if (first) return first
  const links = isFirst(facts, access) && wish.links.length > 0 ? wish.links : access.links
  const proof = proveAccess(access, listing)
  switch (proof) {
    case 'there':
      return isRecorded(facts, access, links, until)
        ? atRest({ result: 'waiting' })
        : { do: 'confirm', ids: access, links, until }
    case 'look':
      return { do: 'learn', what: 'listing', ids: access }
    case 'foreign':
      return leave(facts, access, links)
    case 'gone':
      return forget(facts, access)
    case 'maybe':
      if (listing === undefined) return { do: 'learn', what: 'listing', ids: access }
      return putOff(facts, access, { reason: settlingReason, until: settlesAt(access) })
    case 'settling':
      return putOff(facts, access, { reason: settlingReason, until: settlesAt(access) })
    default:
      return proof satisfies never
  }
}

/** What comes before everything else: the end of this evaluation, a request without an outcome, a prepared call. */
function awaitRequest(
  facts: Facts,
  ids: AccessIds,
  access: Access | undefined,
  wanted: RequestKind = 'deletion',
): Step | AtRest | undefined {
  const { rest, request } = facts.knownOf(ids)
  if (rest) return atRest(rest)
  if (facts.inProgress(ids) && request !== 'in-progress') return { do: 'wait for the request', ids }
  if (request === 'in-progress') return putOff(facts, ids, { reason: inProgressReason })
  const { prepared } = facts
  if (prepared?.kind === wanted && isSameAccess(prepared.ids, ids)) {
    const isReady = wanted === 'deletion' || prepared.isChecked
    return isReady ? { do: 'call', kind: wanted, ids } : { do: 'check', ids }
  }
  const isUndecided = access?.call !== undefined && access.call.outcome === undefined
  return isUndecided && request === undefined ? { do: 'learn', what: 'request', ids } : undefined
}

function create(facts: Facts, ids: AccessIds, links: readonly GrantingLink[], wasLost: boolean): Step | AtRest {
  if (isBusy(facts)) return atRest({ result: 'open', reason: inProgressReason })
  return facts.mayStart ? { do: 'prepare', kind: 'creation', ids, links, wasLost } : givenBack
}

function forget(facts: Facts, access: Access): Step | AtRest {
  const until = mayAppearUntil(access)
  if (until && facts.now < until) return putOff(facts, access, { reason: unansweredReason, until })
  if (facts.account === 'unknown' && wasMade(access))
    return putOff(facts, access, { reason: departedReason, state: 'stuck' })
  return { do: 'forget', ids: access, as: 'revoked' }
}

/** It is listed, and not by our doing under this key. */
function leave(facts: Facts, ids: AccessIds, links: readonly GrantingLink[]): Step {
  const { elsewhere } = facts.knownOf(ids)
  if (elsewhere === undefined) return { do: 'learn', what: 'elsewhere', ids }
  return elsewhere === 'none' ? { do: 'leave to others', ids, links } : { do: 'forget', ids, as: 'elsewhere' }
}

/** At the end of a slice the hint goes back to its queue instead, unless Identity Center has failed the call. */
function putOff(
  facts: Facts,
  ids: AccessIds,
  why: Pick<Extract<Step, { do: 'put off' }>, 'reason' | 'state' | 'until'>,
): Step {
  if (!facts.mayStart && why.state === undefined) return givenBack
  return { do: 'put off', ids, ...why }
}

const givenBack: Step = { do: 'finish', rest: { result: 'given-back' } }

function atRest(rest: Rest): AtRest {
  return { do: 'rest', rest }
}

/** One request at a time for an account: that of another access of this entry goes on. */
function isBusy(facts: Facts): boolean {
  return accessesOf(facts).some((access) => facts.knownOf(access).request === 'in-progress')
}

function isFirst({ entry }: Facts, access: AccessIds): boolean {
  return entry !== undefined && isSameAccess(entry.accesses[0], access)
}

/** The ledger says that it is granted, by these links, and whether its principal is gone. */
function isRecorded(facts: Facts, access: Access, links: readonly GrantingLink[], until?: Date): boolean {
  const { entry, now } = facts
  if (access.state !== 'granted' || access.missingSince !== undefined) return false
  if (JSON.stringify(access.links) !== JSON.stringify(links)) return false
  const openUntil = entry?.openUntil === undefined ? undefined : new Date(entry.openUntil)
  if (until) return access.orphanedAt !== undefined && openUntil !== undefined && openUntil > now && openUntil <= until
  return access.orphanedAt === undefined && (openUntil === undefined || accessesOf(facts).length > 1)
}

/** Someone removed it, and drift is only reported: it stays so until a link that grants it is uploaded again. */
function isLeftMissing({ onDrift }: Facts, access: Access, links: readonly GrantingLink[]): boolean {
  if (access.missingSince === undefined || onDrift === 'restore') return false
  return links.every((link) => access.links.some((known) => isSameUpload(known, link)))
}

/** A deletion was begun, and counted by the brake before that. */
function isBegun({ call, state }: Access): boolean {
  return call?.kind === 'deletion' && (state === 'revoking' || state === 'failed' || state === 'stuck')
}

function wasMade({ grantedAt, lastCreation }: Access): boolean {
  return grantedAt !== undefined || lastCreation !== undefined
}

function graceEnd({ now, graceMs }: Facts, { orphanedAt }: Access): Date {
  return new Date((orphanedAt === undefined ? now.getTime() : Date.parse(orphanedAt)) + graceMs)
}

function bearsName({ knownOf, name }: Facts, ids: AccessIds): boolean {
  const { whereabouts } = knownOf(ids)
  return whereabouts !== undefined && whereabouts !== 'gone' && whereabouts.name === name
}

function isRenamed({ knownOf, name }: Facts, ids: AccessIds): boolean {
  const { whereabouts } = knownOf(ids)
  return whereabouts !== undefined && whereabouts !== 'gone' && whereabouts.name !== name
}
