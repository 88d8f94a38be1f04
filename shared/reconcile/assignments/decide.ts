import { isLost, wasThere } from '../../domain/access-changes.ts'
import { claims, mayAppearUntil, proveAccess, settlesAt, settlingMs } from '../../domain/access-proof.ts'
import { quote } from '../../domain/complaint.ts'
import {
  type Access,
  type AccessIds,
  findAccess,
  type GrantingLink,
  isSameAccess,
  isSameLink,
} from '../../domain/ledger-entry.ts'
import type { RequestKind } from '../../ports/sso-admin.ts'
import type { LastWord } from '../records/history.ts'
import {
  accessesOf,
  type Facts,
  type Known,
  type Question,
  type Rest,
  type Step,
  type StepOf,
  type Wish,
} from './facts.ts'

/** What comes next for one access: a step, or why nothing more is done about it in this evaluation. */
type Next = Step | Rest
type Wanted = Extract<Wish, { is: 'wanted' }>
type Lacking = Extract<Wish, { is: 'lacking' }>
type Unclear = Extract<Wish, { is: 'unclear' }>
type Unplaced = Extract<Wish, { is: 'unplaced' }>

const inProgressReason = 'an earlier request for it is still in progress'
const unansweredReason =
  'its creation got no answer and may still take effect; it is looked at again when 15 minutes are over'
const settlingReason =
  'Identity Center lists something else than our last call made; its listing counts five minutes after that call'
const elsewhereReason = 'its principal had another name, under which the ledger still has this access; it is moved'
const unplacedReason =
  'Organizations does not say State or Paths of the account, so it is not known which links mean it; nothing is granted or revoked there (ssofile doctor tells more)'
const departedReason =
  'Organizations does not know the account; the entry is kept until the account is back, or known to be gone'

/**
 * The next step for one assignment. Pure: it reads nothing and changes nothing.
 *
 * | the links say        | access in the entry           | then                                                           |
 * | -------------------- | ----------------------------- | -------------------------------------------------------------- |
 * | anything             | released by an operator       | end the release, before anything else                          |
 * | unwanted, by view    | some                          | evaluate on the live account                                   |
 * | unwanted, live       | each                          | retire it                                                      |
 * | wanted               | the target                    | keep it, before anything else                                  |
 * | wanted               | another id, target in force   | retire it                                                      |
 * | wanted               | another id, no room for both  | retire it: Identity Center allows 100 groups                   |
 * | wanted               | another id, target not there  | leave it until the target is confirmed; retire a renamed one   |
 * | lacking              | each                          | hold on to it, unless its principal is renamed, or long gone   |
 * | unclear, by view     | some                          | evaluate on the live account                                   |
 * | unclear, live        | each                          | leave it until the links can be read, unless it is renamed     |
 * | unplaced account     | each                          | leave it until Organizations says where the account is         |
 */
export function decide(facts: Facts): Step {
  const { wish } = facts
  const released = accessesOf(facts).find(({ releasedAt }) => releasedAt !== undefined)
  if (released) return endRelease(facts, released)
  switch (wish.is) {
    case 'unwanted':
      if (facts.entry && !wish.isLive) return { do: 'look at the live account' }
      return conclude(
        { result: 'absent' },
        accessesOf(facts).map((access) => retire(facts, access)),
      )
    case 'lacking':
      return conclude(
        { result: 'waiting' },
        accessesOf(facts).map((access) => holdOn(facts, wish, access)),
      )
    case 'unclear':
      return wish.isLive || !facts.entry
        ? conclude(
            { result: 'waiting' },
            accessesOf(facts).map((access) => leaveUnread(facts, wish, access)),
          )
        : { do: 'look at the live account' }
    case 'unplaced':
      return conclude(
        { result: 'waiting' },
        accessesOf(facts).map((access) => leaveUnplaced(facts, wish, access)),
      )
    case 'wanted':
      return decideWanted(facts, wish)
    default:
      return wish satisfies never
  }
}

/**
 * An operator gave it back to others. The command died, or an old version of the entry was restored.
 *
 * | history says               | listed | then                                                         |
 * | -------------------------- | ------ | ------------------------------------------------------------ |
 * | nothing, or ours before it |        | give it back                                                 |
 * | ended by this release      | yes    | give it back                                                 |
 * | ended by this release      | no     | forget it                                                    |
 * | ours since then, or ended  |        | report the contradiction: it may have been granted again     |
 */
function endRelease(facts: Facts, access: Access): Step {
  const { rest, history, listing } = facts.knownOf(access)
  if (rest) return { do: 'finish', rest }
  if (history === undefined) return learn('history', access)
  const isBefore = history.says === 'nothing' || (history.says === 'ours' && history.at < (access.releasedAt ?? ''))
  if (isBefore) return { do: 'give back', ids: access }
  if (history.says !== 'ended' || history.at !== access.releasedAt)
    return {
      do: 'report a contradiction',
      ids: access,
      links: access.links,
      contradiction: { entry: 'outdated', at: history.at },
    }
  if (listing === undefined) return learn('listing', access)
  return listing.isListed ? { do: 'give back', ids: access } : { do: 'forget', ids: access, as: 'ended' }
}

function decideWanted(facts: Facts, wish: Wanted): Step {
  const others = accessesOf(facts).filter((access) => !isSameAccess(access, wish.target))
  if (facts.knownOf(wish.target).failure?.isQuota) {
    const room = firstStep(others.map((access) => retire(facts, access)))
    if (room) return room
  }
  const own = keep(facts, wish)
  if ('do' in own) return own
  const isThere = own.result === 'in-force' || own.result === 'foreign'
  const retireOther = isThere ? retire : retireRenamed
  return conclude(
    own,
    others.map((access) => retireOther(facts, access)),
  )
}

function firstStep(all: readonly Next[]): Step | undefined {
  return all.find((next) => 'do' in next)
}

/** The first step that is left, or the end: open where something is tried again, else held, else as `own` says. */
function conclude(own: Rest | { readonly result: 'absent' }, all: readonly Next[]): Step {
  const step = firstStep(all)
  if (step) return step
  const rests = all.filter((next) => 'result' in next)
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
 * | gone               | leave it, where drift is only reported and no link was changed since      |
 * | look               | look                                                                      |
 * | settling, listed   | put it off until a listing counts                                         |
 * | settling, unlisted | create it                                                                 |
 * | foreign            | leave it to others, or to another key of ours, which moves it             |
 */
function keep(facts: Facts, { target, links }: Wanted): Next {
  const access = findAccess(facts.entry, target)
  const known = facts.knownOf(target)
  const first = awaitRequest(facts, target, access, 'creation')
  if (first) return first
  if (!access) return acquire(facts, { target, links })
  if (known.failure) return putOff(facts, target, { reason: known.failure.reason, state: 'failed' })
  const createAgain = () => create(facts, target, links, false)
  return followProof(facts, access, links, {
    there: () =>
      isFirst(facts, target) && isRecorded(facts, access, links)
        ? { result: 'in-force' }
        : { do: 'confirm', ids: target, links },
    settling: known.listing?.isListed ? undefined : createAgain,
    maybe: createAgain,
    gone: () =>
      isLeftMissing(facts, access, links)
        ? { result: 'open', reason: access.reason ?? 'someone removed it' }
        : create(facts, target, links, wasThere(access) || isLost(access)),
  })
}

/**
 * The ledger does not have it.
 *
 * | foreign/ | listed | another key of ours has it | history says           | then                                  |
 * | -------- | ------ | -------------------------- | ---------------------- | ------------------------------------- |
 * | same     |        |                            |                        | foreign, as before                    |
 * | other    | no     |                            |                        | forget what was foreign: it is gone   |
 * | none     | no     |                            |                        | create it                             |
 * |          | yes    | yes                        |                        | have that key looked at: it moves it  |
 * |          | yes    | no                         | revoked just now       | put it off: the listing may lag       |
 * |          | yes    | no                         | ours                   | report the contradiction              |
 * |          | yes    | no                         | nothing, or ended      | foreign                               |
 */
function acquire(facts: Facts, { target, links }: Omit<Wanted, 'is'>): Next {
  const { listing, elsewhere, foreign, whereabouts } = facts.knownOf(target)
  // Names are cached. Where the entry has another id, ask the id itself before anything follows from the name.
  if (facts.entry && whereabouts === undefined) return learn('whereabouts', target)
  if (facts.entry && (whereabouts === 'gone' || isRenamed(facts, whereabouts)))
    return { do: 'start again later', ids: target }
  if (foreign === undefined) return learn('foreign', target)
  if (foreign === 'same') return { result: 'foreign' }
  if (listing === undefined) return learn('listing', target)
  if (!listing.isListed && foreign === 'other') return { do: 'forget what was foreign', ids: target }
  if (!listing.isListed) return create(facts, target, links, false)
  if (elsewhere === undefined) return learn('elsewhere', target)
  if (elsewhere !== 'none') return { do: 'ask elsewhere', ids: target, key: elsewhere, reason: elsewhereReason }
  return disown(facts, target, links)
}

/** It is listed, and the ledger does not say that it is ours: history is asked before it is called foreign. */
function disown(facts: Facts, ids: AccessIds, links: readonly GrantingLink[]): Step {
  const { history } = facts.knownOf(ids)
  if (history === undefined) return learn('history', ids)
  if (mayStillBeListed(history)) return putOff(facts, ids, { reason: settlingReason })
  if (history.says !== 'ours') return { do: 'leave to others', ids, links }
  const contradiction = { entry: 'lost', at: history.at } as const
  return { do: 'report a contradiction', ids, links: links.length > 0 ? links : history.links, contradiction }
}

/** We revoked it so lately that a listing may not show it yet. */
function mayStillBeListed(history: LastWord): boolean {
  return history.says === 'ended' && history.event === 'revoked' && history.settledMs < settlingMs
}

/**
 * Nothing asks for this access: it shall go.
 *
 * | proof        | account           | then                                                                              |
 * | ------------ | ----------------- | --------------------------------------------------------------------------------- |
 * | any          | gone              | release it, once no request for it is in progress                                 |
 * | any          | refuses changes   | leave it stuck                                                                    |
 * | gone         | known             | forget it, once no creation without an answer may still take effect               |
 * | gone         | unknown           | leave it stuck: the account may come back with it                                 |
 * | foreign      |                   | leave it to others, or to the other key of ours                                   |
 * | look         |                   | look                                                                              |
 * | settling     |                   | put it off until a listing counts                                                 |
 * | maybe        |                   | look; put it off where it is not listed                                           |
 * | there        |                   | revoke it                                                                         |
 */
function retire(facts: Facts, access: Access): Next {
  const { account } = facts
  const known = facts.knownOf(access)
  if (account === 'gone') return release(facts, access)
  const first = awaitRequest(facts, access, access)
  if (first) return first
  if (known.failure) {
    const state = account === 'active' ? 'failed' : 'stuck'
    return putOff(facts, access, { reason: known.failure.reason, state })
  }
  if (access.state === 'stuck' && account !== 'active')
    return { result: 'open', reason: access.reason ?? 'the account takes no changes' }
  const go = () => revoke(facts, access)
  return followProof(facts, access, [], { there: go, maybe: known.listing?.isListed ? go : undefined })
}

/**
 * It is there, and has to go.
 *
 * | links grant it under the present name of its principal | history says | listed | the brake         | then                     |
 * | ------------------------------------------------------ | ------------ | ------ | ----------------- | ------------------------ |
 * | some may, and S3 does not give them                    |              |        |                   | put it off               |
 * |                                                        | ended        | no     |                   | forget it                |
 * |                                                        | ended        | yes    |                   | as `outlive` has it      |
 * | yes                                                    | not ended    |        |                   | only the ledger moves    |
 * | no                                                     | not ended    |        | holds it          | hold it                  |
 * | no                                                     | not ended    |        | passes, or passed | delete it                |
 *
 * The brake is asked only once it can be called: what it lets pass it has counted.
 */
function revoke(facts: Facts, access: Access): Next {
  const known = facts.knownOf(access)
  if (known.heir === undefined) return learn('heir', access)
  if (known.heir !== 'none' && 'unreadable' in known.heir)
    return putOff(facts, access, { reason: unreadReason(known.heir.unreadable), state: 'failed' })
  if (known.history === undefined) return learn('history', access)
  if (known.history.says === 'ended') return outlive(facts, access, known.history)
  if (known.heir !== 'none') return { do: 'move to', ids: access, heir: known.heir }
  if (known.admission === undefined && !isBegun(access)) return obstacle(facts) ?? learn('admission', access)
  if (known.admission?.outcome === 'held') return { do: 'hold', ids: access, reason: known.admission.reason }
  return prepare(facts, { kind: 'deletion', ids: access, links: access.links, wasLost: false })
}

/**
 * The ledger has it, and history says that it ended: an old version of the entry was restored, or a process died before it
 * removed the entry.
 *
 * | listed | it ended by          | then                                                               |
 * | ------ | -------------------- | ------------------------------------------------------------------ |
 * | no     |                      | forget it                                                          |
 * | yes    | the entry's deletion | leave it to others; just now: put it off, since the listing may lag |
 * | yes    | another call         | report the contradiction: somebody may have granted it since       |
 */
function outlive(facts: Facts, access: Access, end: Extract<LastWord, { says: 'ended' }>): Next {
  const { listing } = facts.knownOf(access)
  if (listing === undefined) return learn('listing', access)
  if (!listing.isListed) return { do: 'forget', ids: access, as: 'ended' }
  const isOwnDeletion = access.call?.kind === 'deletion' && access.call.calledAt === end.at
  if (isOwnDeletion && mayStillBeListed(end)) return putOff(facts, access, { reason: settlingReason })
  if (isOwnDeletion) return leave(facts, access, [])
  const contradiction = { entry: 'outdated', at: end.at } as const
  return { do: 'report a contradiction', ids: access, links: access.links, contradiction }
}

/** The target cannot be confirmed now: only access of an id that has another name goes. */
function retireRenamed(facts: Facts, access: Access): Next {
  const { whereabouts } = facts.knownOf(access)
  if (whereabouts === undefined) return learn('whereabouts', access)
  return isRenamed(facts, whereabouts) ? retire(facts, access) : { result: 'waiting' }
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
function holdOn(facts: Facts, wish: Lacking, access: Access): Next {
  const { whereabouts } = facts.knownOf(access)
  if (facts.account === 'gone') return release(facts, access)
  if (whereabouts === undefined) return learn('whereabouts', access)
  const isGone = whereabouts === 'gone'
  const until = isGone ? graceEnd(facts, access) : undefined
  const isMeant = isGone || wish.links.length > 0
  if (isRenamed(facts, whereabouts) || !isMeant || (until && facts.now >= until)) return retire(facts, access)
  const first = awaitRequest(facts, access, access)
  if (first) return first
  const links = isFirst(facts, access) && wish.links.length > 0 ? wish.links : access.links
  return followProof(facts, access, links, {
    there: () =>
      isRecorded(facts, access, links, until) ? { result: 'waiting' } : { do: 'confirm', ids: access, links, until },
  })
}

/**
 * Only links that S3 does not give may grant this access: it stays, whatever they say.
 *
 * | its principal    | proof  | the links that granted it | then                                                        |
 * | ---------------- | ------ | ------------------------- | ----------------------------------------------------------- |
 * | has another name |        |                           | retire it: no link of this name means it                    |
 * | any other        | there  | all are among them        | keep it as it is                                            |
 * |                  | there  | others                    | put its revocation off, with the reason, until they are read |
 * |                  | others |                           | as `holdOn` does                                            |
 */
function leaveUnread(facts: Facts, { unreadable }: Unclear, access: Access): Next {
  const { whereabouts } = facts.knownOf(access)
  if (facts.account === 'gone') return release(facts, access)
  if (whereabouts === undefined) return learn('whereabouts', access)
  if (isRenamed(facts, whereabouts)) return retire(facts, access)
  const first = awaitRequest(facts, access, access)
  if (first) return first
  const { links } = access
  const isUntouched = links.length > 0 && links.every(({ key }) => unreadable.includes(key))
  return followProof(facts, access, links, {
    there: () => {
      if (!isUntouched) return putOff(facts, access, { reason: unreadReason(unreadable), state: 'failed' })
      return isRecorded(facts, access, links) ? { result: 'waiting' } : { do: 'confirm', ids: access, links }
    },
  })
}

function unreadReason(unreadable: readonly string[]): string {
  const [first = ''] = unreadable
  const more = unreadable.length > 1 ? ` and ${unreadable.length - 1} more` : ''
  return `it is not known whether '${quote(first, 1024)}'${more} grants it: S3 does not give that object to ssofile, or nobody knows what its selector means; see: ssofile status '${quote(first, 1024)}'`
}

/**
 * Nobody knows which links grant it: nothing is called, and the ledger forgets nothing.
 *
 * | a request of ours     | the brake | the ledger says | the links that granted it | then                             |
 * | --------------------- | --------- | --------------- | ------------------------- | -------------------------------- |
 * | has no known outcome  |           |                 |                           | look for it, wait for it         |
 * | none                  | holds it  |                 |                           | it stays held                    |
 * | none                  |           | granted         | all are in force          | leave it                         |
 * | none                  |           | granted         | others                    | put it off, with the reason      |
 * | none                  |           | anything else   |                           | put it off, with the reason      |
 */
function leaveUnplaced(facts: Facts, { lasting }: Unplaced, access: Access): Next {
  const first = awaitRequest({ ...facts, prepared: undefined }, access, access)
  if (first) return first
  if (access.state === 'held') return { result: 'held', reason: access.reason ?? unplacedReason }
  const isUntouched = access.links.length > 0 && access.links.every(({ key }) => lasting.includes(key))
  if (isUntouched && isRecorded(facts, access, access.links)) return { result: 'waiting' }
  return putOff(facts, access, { reason: unplacedReason, state: access.state === 'stuck' ? 'stuck' : 'failed' })
}

type Follow = { readonly there: () => Next } & {
  readonly [P in 'gone' | 'settling' | 'maybe']?: (() => Next) | undefined
}

/** What follows from what is proved of an access; `follow` says where that is not the ordinary. */
function followProof(facts: Facts, access: Access, links: readonly GrantingLink[], follow: Follow): Next {
  const { listing } = facts.knownOf(access)
  const waitForListing = () => putOff(facts, access, { reason: settlingReason, until: settlesAt(access) })
  const proof = proveAccess(access, listing)
  switch (proof) {
    case 'there':
      return follow.there()
    case 'look':
      return learn('listing', access)
    case 'foreign':
      return leave(facts, access, links)
    case 'gone':
      return follow.gone?.() ?? forget(facts, access)
    case 'settling':
      return follow.settling?.() ?? waitForListing()
    case 'maybe':
      return follow.maybe?.() ?? (listing === undefined ? learn('listing', access) : waitForListing())
    default:
      return proof satisfies never
  }
}

/** Its account is gone for good. */
function release(facts: Facts, access: Access): Next {
  return awaitOutcome(facts, access) ?? { do: 'forget', ids: access, as: 'released' }
}

/** What comes before everything else: the end of this evaluation, a request without an outcome, a prepared call. */
function awaitRequest(
  facts: Facts,
  ids: AccessIds,
  access: Access | undefined,
  wanted: RequestKind = 'deletion',
): Next | undefined {
  const first = awaitOutcome(facts, ids)
  if (first) return first
  const { prepared } = facts
  if (prepared?.kind === wanted && isSameAccess(prepared.ids, ids)) {
    const isReady = wanted === 'deletion' || prepared.isChecked
    return isReady ? { do: 'call', kind: wanted, ids } : { do: 'check', ids }
  }
  const isUndecided = access?.call !== undefined && access.call.outcome === undefined
  return isUndecided && facts.knownOf(ids).request === undefined ? learn('request', ids) : undefined
}

/** The end of this evaluation, or a request whose outcome may still come. */
function awaitOutcome(facts: Facts, ids: AccessIds): Next | undefined {
  const { rest, request } = facts.knownOf(ids)
  if (rest) return rest
  if (request === 'in-progress') return putOff(facts, ids, { reason: inProgressReason })
  return facts.inProgress(ids) ? { do: 'wait for the request', ids } : undefined
}

function learn(what: Question, ids: AccessIds): Step {
  return { do: 'learn', what, ids }
}

function create(facts: Facts, ids: AccessIds, links: readonly GrantingLink[], wasLost: boolean): Next {
  return prepare(facts, { kind: 'creation', ids, links, wasLost })
}

function prepare(facts: Facts, call: Omit<StepOf<'prepare'>, 'do'>): Next {
  return obstacle(facts) ?? { do: 'prepare', ...call }
}

/** Why nothing can be called now. */
function obstacle(facts: Facts): Next | undefined {
  // One request at a time for an account: that of another access of this entry goes on.
  if (accessesOf(facts).some((access) => facts.knownOf(access).request === 'in-progress'))
    return { result: 'open', reason: inProgressReason }
  return facts.mayStart ? undefined : givenBack
}

function forget(facts: Facts, access: Access): Next {
  const until = mayAppearUntil(access)
  if (until && facts.now < until) return putOff(facts, access, { reason: unansweredReason, until })
  if (facts.account === 'unknown' && claims(access))
    return putOff(facts, access, { reason: departedReason, state: 'stuck' })
  const isTold = facts.knownOf(access).history?.says === 'ended'
  return { do: 'forget', ids: access, as: isTold ? 'ended' : 'revoked' }
}

/**
 * It is listed, and not by our doing under this key.
 *
 * | another key of ours has it | the entry says that we had it | then                            |
 * | -------------------------- | ----------------------------- | ------------------------------- |
 * | yes                        |                               | forget it here                  |
 * | no                         | yes, and our deletion ended it| leave it to others              |
 * | no                         | no                            | ask history, as `acquire` does  |
 */
function leave(facts: Facts, access: Access, links: readonly GrantingLink[]): Step {
  const { elsewhere } = facts.knownOf(access)
  if (elsewhere === undefined) return learn('elsewhere', access)
  if (elsewhere !== 'none') return { do: 'forget', ids: access, as: 'elsewhere' }
  return claims(access) ? { do: 'leave to others', ids: access, links } : disown(facts, access, links)
}

/** At the end of a slice the hint goes back to its queue instead, unless Identity Center has failed the call. */
function putOff(facts: Facts, ids: AccessIds, why: Omit<StepOf<'put off'>, 'do' | 'ids'>): Step {
  if (!facts.mayStart && why.state === undefined) return givenBack
  return { do: 'put off', ids, ...why }
}

const givenBack: Step = { do: 'finish', rest: { result: 'given-back' } }

function isFirst({ entry }: Facts, access: AccessIds): boolean {
  return entry !== undefined && isSameAccess(entry.accesses[0], access)
}

/** The ledger says that it is granted, by these links, and whether its principal is gone. */
function isRecorded(facts: Facts, access: Access, links: readonly GrantingLink[], until?: Date): boolean {
  const { entry, now } = facts
  if (access.state !== 'granted' || access.missingSince !== undefined) return false
  // Inherited from the former name of its principal: it would pass for a revocation that has begun, and was counted.
  if (access.call?.kind === 'deletion') return false
  if (JSON.stringify(access.links) !== JSON.stringify(links)) return false
  const openUntil = entry?.openUntil === undefined ? undefined : new Date(entry.openUntil)
  if (until) return access.orphanedAt !== undefined && openUntil !== undefined && openUntil > now && openUntil <= until
  return access.orphanedAt === undefined && (openUntil === undefined || accessesOf(facts).length > 1)
}

/** Someone removed it, and drift is only reported: it stays so until a link that grants it is changed, or asked to count as new. */
function isLeftMissing({ onDrift }: Facts, access: Access, links: readonly GrantingLink[]): boolean {
  if (access.missingSince === undefined || onDrift === 'restore') return false
  return links.every((link) => access.links.some((known) => isSameLink(known, link)))
}

/** A deletion was begun, and counted by the brake before that. */
function isBegun({ call, state }: Access): boolean {
  return call?.kind === 'deletion' && (state === 'revoking' || state === 'failed' || state === 'stuck')
}

function graceEnd({ now, graceMs }: Facts, { orphanedAt }: Access): Date {
  return new Date((orphanedAt === undefined ? now.getTime() : Date.parse(orphanedAt)) + graceMs)
}

function isRenamed({ name }: Facts, whereabouts: Known['whereabouts']): boolean {
  return typeof whereabouts === 'object' && whereabouts.name !== name
}
