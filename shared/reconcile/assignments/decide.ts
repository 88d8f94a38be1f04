import { isContested, isLost, wasThere } from '../../domain/assignments/access-changes.ts'
import { claims, mayAppearUntil, proveAccess, settlesAt, settlingMs } from '../../domain/assignments/access-proof.ts'
import { type GrantingLink, isSameLink, type LedgerEntry } from '../../domain/assignments/ledger-entry.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import type { RequestKind } from '../../ports/sso-admin.ts'
import type { LastWord } from '../records/history.ts'
import type { Facts, Question, Step, StepOf, Wish } from './facts.ts'

type Wanted = Extract<Wish, { is: 'wanted' }>
type Lacking = Extract<Wish, { is: 'lacking' }>
type Unclear = Extract<Wish, { is: 'unclear' }>
type Unplaced = Extract<Wish, { is: 'unplaced' }>

const inProgressReason = 'an earlier request for it is still running'
const unansweredReason =
  'AWS did not answer its creation, which may still take effect; ssofile checks again after 15 minutes'
const settlingReason =
  'Identity Center does not show our last call yet; ssofile trusts its listing five minutes after that call'
const unplacedReason =
  'Organizations does not say State or Paths of the account, so ssofile does not know which links cover it, and grants and revokes nothing there (ssofile doctor says more)'
const departedReason =
  'Organizations does not list the account; ssofile keeps the entry until the account is back or has certainly left'

/**
 * The next step for one access. Pure: it reads nothing and changes nothing.
 *
 * | the links say     | the entry                  | then                                                |
 * | ----------------- | -------------------------- | --------------------------------------------------- |
 * | anything          | released by an operator    | end the release, before anything else               |
 * | wanted            | of a former permission set | that set was deleted, and its access with it        |
 * | wanted            | any, or none               | keep it                                             |
 * | unwanted, by view | some                       | evaluate on the live account                        |
 * | unwanted, live    | some                       | retire it                                           |
 * | lacking           | some                       | hold on to it, unless its principal is long gone    |
 * | unclear, by view  | some                       | evaluate on the live account                        |
 * | unclear, live     | some                       | leave it until S3 returns the links                 |
 * | unplaced account  | some                       | leave it until Organizations says where the account is |
 * | not wanted        | none                       | nothing                                             |
 */
export function decide(facts: Facts): Step {
  const { entry, wish } = facts
  if (entry?.releasedAt !== undefined) return endRelease(facts, entry)
  if (wish.is === 'wanted') {
    const isFormer = entry !== undefined && entry.permissionSetArn !== wish.permissionSetArn
    return isFormer ? endFormer(facts) : keep(facts, wish)
  }
  if (!entry) return finish(wish.is === 'unwanted' ? { result: 'absent' } : { result: 'waiting' })
  switch (wish.is) {
    case 'unwanted':
      return wish.isLive ? retire(facts, entry) : { do: 'look at the live account' }
    case 'lacking':
      return holdOn(facts, wish, entry)
    case 'unclear':
      return wish.isLive ? leaveUnread(facts, wish, entry) : { do: 'look at the live account' }
    case 'unplaced':
      return leaveUnplaced(facts, wish, entry)
    default:
      return wish satisfies never
  }
}

function finish(rest: StepOf<'finish'>['rest']): Step {
  return { do: 'finish', rest }
}

/**
 * An operator released the access to others, but the command died, or somebody restored an old version of the entry.
 *
 * | history says               | listed | then                                                         |
 * | -------------------------- | ------ | ------------------------------------------------------------ |
 * | nothing, or ours before it |        | give it back                                                 |
 * | ended by this release      | yes    | give it back                                                 |
 * | ended by this release      | no     | forget it                                                    |
 * | ours since then, or ended  |        | report the contradiction: it may have been granted again     |
 */
function endRelease({ known: { rest, history, listing } }: Facts, entry: LedgerEntry): Step {
  if (rest) return finish(rest)
  if (history === undefined) return learn('history')
  const isBefore = history.says === 'nothing' || (history.says === 'ours' && history.at < (entry.releasedAt ?? ''))
  if (isBefore) return { do: 'give back' }
  if (history.says !== 'ended' || history.at !== entry.releasedAt)
    return {
      do: 'report a contradiction',
      links: entry.links,
      contradiction: { entry: 'outdated', at: history.at },
    }
  if (listing === undefined) return learn('listing')
  return listing.isListed ? { do: 'give back' } : { do: 'forget', as: 'ended' }
}

/**
 * A permission set can be deleted only when nobody has it, so access that is still listed under the former ARN is being
 * deleted.
 */
function endFormer(facts: Facts): Step {
  const first = awaitOutcome(facts)
  if (first) return first
  const { listing } = facts.known
  if (listing === undefined) return learn('listing')
  return listing.isListed ? putOff(facts, { reason: settlingReason }) : { do: 'forget', as: 'revoked' }
}

/**
 * The links grant this access, so it must exist.
 *
 * | proof              | then                                                                      |
 * | ------------------ | ------------------------------------------------------------------------- |
 * | there              | confirm it, if the ledger does not say so yet                             |
 * | gone, maybe        | create it: creating existing access changes nothing                       |
 * | gone               | leave it, if drift is only reported or contested, and no link has changed since |
 * | look               | look                                                                      |
 * | settling, listed   | put it off until a listing counts                                         |
 * | settling, unlisted | create it                                                                 |
 * | foreign            | leave it to others                                                        |
 */
function keep(facts: Facts, wish: Wanted): Step {
  const { entry, known } = facts
  const first = awaitRequest(facts, entry, 'creation')
  if (first) return first
  if (!entry) return acquire(facts, wish)
  if (known.failure) return putOff(facts, { reason: known.failure.reason, state: 'failed' })
  const createAgain = () => create(facts, false)
  return followProof(facts, entry, wish.links, {
    there: () =>
      isRecorded(facts, entry, wish.links) ? finish({ result: 'in-force' }) : { do: 'confirm', links: wish.links },
    settling: known.listing?.isListed ? undefined : createAgain,
    maybe: createAgain,
    gone: () =>
      isLeftMissing(facts, entry, wish.links)
        ? finish({ result: 'open', reason: entry.reason ?? 'someone removed it' })
        : create(facts, wasThere(entry) || isLost(entry)),
  })
}

/**
 * The ledger does not have this access.
 *
 * | foreign/ | listed | history says           | then                                  |
 * | -------- | ------ | ---------------------- | ------------------------------------- |
 * | same     |        |                        | foreign, as before                    |
 * | other    | no     |                        | forget the foreign access: it is gone |
 * | none     | no     |                        | create it                             |
 * |          | yes    | ended just now         | put it off: the listing may lag       |
 * |          | yes    | ours                   | report the contradiction              |
 * |          | yes    | nothing, or ended      | foreign                               |
 */
function acquire(facts: Facts, { links }: Wanted): Step {
  const { listing, foreign } = facts.known
  if (foreign === undefined) return learn('foreign')
  if (foreign === 'same') return finish({ result: 'foreign' })
  if (listing === undefined) return learn('listing')
  if (!listing.isListed && foreign === 'other') return { do: 'forget what was foreign' }
  return listing.isListed ? disown(facts, links) : create(facts, false)
}

/** The access is listed, and the ledger does not claim it. Ask history before calling it foreign. */
function disown(facts: Facts, links: readonly GrantingLink[]): Step {
  const { history } = facts.known
  if (history === undefined) return learn('history')
  if (mayStillBeListed(history)) return putOff(facts, { reason: settlingReason })
  if (history.says !== 'ours') return { do: 'leave to others', links }
  const contradiction = { entry: 'lost', at: history.at } as const
  return { do: 'report a contradiction', links: links.length > 0 ? links : history.links, contradiction }
}

/**
 * It ended so recently that the listing may lag. A release counts too: the entry may be an old version, restored after we
 * revoked it.
 */
function mayStillBeListed(history: LastWord): boolean {
  return history.says === 'ended' && history.ageMs < settlingMs
}

/**
 * No link asks for this access, so it must go.
 *
 * | proof        | account           | then                                                                              |
 * | ------------ | ----------------- | --------------------------------------------------------------------------------- |
 * | any          | gone              | wait for a request in progress, then release it                                   |
 * | any          | refuses changes   | leave it stuck; update the reason if the state of the account changed             |
 * | gone         | known             | forget it, once no creation without an answer may still take effect               |
 * | gone         | unknown           | leave it stuck: the account may return with this access                           |
 * | foreign      |                   | leave it to others                                                                |
 * | look         |                   | look                                                                              |
 * | settling     |                   | put it off until a listing counts                                                 |
 * | maybe        |                   | look; put it off if it is not listed                                              |
 * | there        |                   | revoke it                                                                         |
 */
function retire(facts: Facts, entry: LedgerEntry): Step {
  const { account, known } = facts
  if (account === 'gone') return release(facts)
  const first = awaitRequest(facts, entry, 'deletion')
  if (first) return first
  if (known.failure) {
    const state = account === 'active' ? 'failed' : 'stuck'
    return putOff(facts, { reason: known.failure.reason, state })
  }
  if (account !== 'active' && entry.state === 'stuck') {
    const { reason = 'the account takes no changes' } = entry
    const { refusal = '' } = facts
    return reason.startsWith(refusal)
      ? finish({ result: 'open', reason })
      : putOff(facts, { reason: refusal, state: 'stuck' })
  }
  const go = () => revoke(facts, entry)
  return followProof(facts, entry, [], { there: go, maybe: known.listing?.isListed ? go : undefined })
}

/**
 * The access is there and must go.
 *
 * | history says | listed | the brake         | then                     |
 * | ------------ | ------ | ----------------- | ------------------------ |
 * | ended        | no     |                   | forget it                |
 * | ended        | yes    |                   | see `outlive`            |
 * | not ended    |        | holds it          | hold it                  |
 * | not ended    |        | passes, or passed | delete it                |
 *
 * Ask the brake only if a call is possible now, because the brake counts what it lets pass.
 */
function revoke(facts: Facts, entry: LedgerEntry): Step {
  const { history, admission } = facts.known
  if (history === undefined) return learn('history')
  if (history.says === 'ended') return outlive(facts, entry, history)
  if (admission === undefined && !isBegun(entry)) return obstacle(facts) ?? { do: 'ask the brake' }
  if (admission?.outcome === 'held') return { do: 'hold', reason: admission.reason }
  return obstacle(facts) ?? { do: 'prepare', kind: 'deletion' }
}

/**
 * The ledger has the access, but history says that it ended: somebody restored an old version of the entry, a process died before it
 * removed the entry, or access that somebody removed was put back before ssofile gave it again.
 *
 * | listed | it ended by                              | then                                                         |
 * | ------ | ---------------------------------------- | ------------------------------------------------------------ |
 * | no     |                                          | forget it                                                    |
 * | yes    | the entry's deletion, or its being missed | leave it to others; if it ended just now, put it off, since the listing may lag |
 * | yes    | another call                             | report the contradiction: somebody may have granted it since |
 */
function outlive(facts: Facts, entry: LedgerEntry, end: Extract<LastWord, { says: 'ended' }>): Step {
  const { listing } = facts.known
  if (listing === undefined) return learn('listing')
  if (!listing.isListed) return { do: 'forget', as: 'ended' }
  const isOwnDeletion = entry.call?.kind === 'deletion' && entry.call.calledAt === end.at
  const isKnownEnd = isOwnDeletion || entry.missingSince === end.at
  if (isKnownEnd && mayStillBeListed(end)) return putOff(facts, { reason: settlingReason })
  if (isKnownEnd) return leave(facts, entry, [])
  const contradiction = { entry: 'outdated', at: end.at } as const
  return { do: 'report a contradiction', links: entry.links, contradiction }
}

/**
 * Links grant it, but their permission set or principal is missing or unusable.
 *
 * | its principal          | grace | proof           | then                                              |
 * | ---------------------- | ----- | --------------- | ------------------------------------------------- |
 * | is gone                | over  |                 | retire it                                         |
 * | is there, or gone      |       | there           | keep it; if the principal is gone, its grace begins |
 * | is there, or gone      |       | gone            | forget it, as `retire` does                       |
 * | is there, or gone      |       | foreign         | leave it to others                                |
 * | is there, or gone      |       | maybe           | look, then put it off                             |
 * | is there, or gone      |       | settling        | put it off                                        |
 */
function holdOn(facts: Facts, { links }: Lacking, entry: LedgerEntry): Step {
  if (facts.account === 'gone') return release(facts)
  const until = facts.isPrincipalGone ? graceEnd(facts, entry) : undefined
  if (until && facts.now >= until) return retire(facts, entry)
  const first = awaitRequest(facts, entry)
  if (first) return first
  return followProof(facts, entry, links, {
    there: () =>
      isRecorded(facts, entry, links, until) ? finish({ result: 'waiting' }) : { do: 'confirm', links, until },
  })
}

/**
 * Only links that S3 does not return may grant this access, so it stays.
 *
 * | proof  | the links that granted it | then                                                        |
 * | ------ | ------------------------- | ----------------------------------------------------------- |
 * | there  | all are among them        | keep it as it is                                            |
 * | there  | others                    | put its revocation off, with the reason, until S3 returns the links |
 * | others |                           | see `holdOn`                                                |
 */
function leaveUnread(facts: Facts, { unreadable }: Unclear, entry: LedgerEntry): Step {
  if (facts.account === 'gone') return release(facts)
  const first = awaitRequest(facts, entry)
  if (first) return first
  const { links } = entry
  const isUntouched = links.length > 0 && links.every(({ key }) => unreadable.includes(key))
  return followProof(facts, entry, links, {
    there: () => {
      if (!isUntouched) return putOff(facts, { reason: unreadReason(unreadable), state: 'failed' })
      return isRecorded(facts, entry, links) ? finish({ result: 'waiting' }) : { do: 'confirm', links }
    },
  })
}

function unreadReason(unreadable: readonly string[]): string {
  const [first = ''] = unreadable
  const more = unreadable.length > 1 ? ` and ${unreadable.length - 1} more` : ''
  return `ssofile does not know whether '${quote(first, 1024)}'${more} grants it, because S3 does not return the file or ssofile cannot read its selector; see ssofile status '${quote(first, 1024)}'`
}

/**
 * It is unknown which links grant the access: make no call, and keep the entry.
 *
 * | a request of ours     | the brake | the ledger says | the links that granted it | then                             |
 * | --------------------- | --------- | --------------- | ------------------------- | -------------------------------- |
 * | has no known outcome  |           |                 |                           | look for it, wait for it         |
 * | none                  | holds it  |                 |                           | it stays held                    |
 * | none                  |           | granted         | all are in force          | leave it                         |
 * | none                  |           | granted         | others                    | put it off, with the reason      |
 * | none                  |           | anything else   |                           | put it off, with the reason      |
 */
function leaveUnplaced(facts: Facts, { lasting }: Unplaced, entry: LedgerEntry): Step {
  const first = awaitRequest(facts, entry)
  if (first) return first
  if (entry.state === 'held') return finish({ result: 'held', reason: entry.reason ?? unplacedReason })
  const isUntouched = entry.links.length > 0 && entry.links.every(({ key }) => lasting.includes(key))
  if (isUntouched && isRecorded(facts, entry, entry.links)) return finish({ result: 'waiting' })
  return putOff(facts, { reason: unplacedReason, state: entry.state === 'stuck' ? 'stuck' : 'failed' })
}

type Follow = { readonly there: () => Step } & {
  readonly [P in 'gone' | 'settling' | 'maybe']?: (() => Step) | undefined
}

/** The next step by the proof of an access; `follow` overrides the default. */
function followProof(facts: Facts, entry: LedgerEntry, links: readonly GrantingLink[], follow: Follow): Step {
  const { listing } = facts.known
  const waitForListing = () => putOff(facts, { reason: settlingReason, until: settlesAt(entry) })
  const proof = proveAccess(entry, listing)
  switch (proof) {
    case 'there':
      return follow.there()
    case 'look':
      return learn('listing')
    case 'foreign':
      return leave(facts, entry, links)
    case 'gone':
      return follow.gone?.() ?? forget(facts, entry)
    case 'settling':
      return follow.settling?.() ?? waitForListing()
    case 'maybe':
      return follow.maybe?.() ?? (listing === undefined ? learn('listing') : waitForListing())
    default:
      return proof satisfies never
  }
}

/** The account is gone for good. */
function release(facts: Facts): Step {
  return awaitOutcome(facts) ?? { do: 'forget', as: 'released' }
}

/** Comes before everything else: the end of this evaluation, a request without an outcome, or a prepared call of the kind `meant`. */
function awaitRequest(facts: Facts, entry: LedgerEntry | undefined, meant?: RequestKind): Step | undefined {
  const first = awaitOutcome(facts)
  if (first) return first
  const { prepared, known } = facts
  if (meant !== undefined && prepared?.kind === meant) {
    const isReady = meant === 'deletion' || prepared.isChecked
    return isReady ? { do: 'call', kind: meant } : { do: 'check' }
  }
  const isUndecided = entry?.call !== undefined && entry.call.outcome === undefined
  return isUndecided && known.request === undefined ? learn('request') : undefined
}

/** The end of this evaluation, or a request that may still get an outcome. */
function awaitOutcome(facts: Facts): Step | undefined {
  const { rest, request } = facts.known
  if (rest) return finish(rest)
  if (request === 'in-progress') return putOff(facts, { reason: inProgressReason })
  return facts.inProgress ? { do: 'wait for the request' } : undefined
}

function learn(what: Question): Step {
  return { do: 'learn', what }
}

function create(facts: Facts, wasLost: boolean): Step {
  return obstacle(facts) ?? { do: 'prepare', kind: 'creation', wasLost }
}

/** Why no call is possible now. */
function obstacle({ mayStart }: Facts): Step | undefined {
  return mayStart ? undefined : givenBack
}

function forget(facts: Facts, entry: LedgerEntry): Step {
  const until = mayAppearUntil(entry)
  if (until && facts.now < until) return putOff(facts, { reason: unansweredReason, until })
  if (facts.account === 'unknown' && claims(entry)) return putOff(facts, { reason: departedReason, state: 'stuck' })
  const isTold = facts.known.history?.says === 'ended'
  return { do: 'forget', as: isTold ? 'ended' : 'revoked' }
}

/** The access is listed, but we did not create it. If the entry does not claim it either, ask history, as `acquire` does. */
function leave(facts: Facts, entry: LedgerEntry, links: readonly GrantingLink[]): Step {
  return claims(entry) ? { do: 'leave to others', links } : disown(facts, links)
}

/** Puts the work off. At the end of a slice the hint returns to its queue instead, unless the caller gives a state. */
function putOff(facts: Facts, why: Omit<StepOf<'put off'>, 'do'>): Step {
  if (!facts.mayStart && why.state === undefined) return givenBack
  return { do: 'put off', ...why }
}

const givenBack: Step = finish({ result: 'given-back' })

/** The ledger already says that these links grant it, and whether its principal is gone. */
function isRecorded({ now }: Facts, entry: LedgerEntry, links: readonly GrantingLink[], until?: Date): boolean {
  if (entry.state !== 'granted' || entry.missingSince !== undefined) return false
  if (JSON.stringify(entry.links) !== JSON.stringify(links)) return false
  const openUntil = entry.openUntil === undefined ? undefined : new Date(entry.openUntil)
  if (until) return entry.orphanedAt !== undefined && openUntil !== undefined && openUntil > now && openUntil <= until
  return entry.orphanedAt === undefined && openUntil === undefined
}

/**
 * Someone removed the access, and drift is only reported, or they remove it again and again. It stays removed until somebody changes a
 * granting link or asks it to count as new.
 */
function isLeftMissing({ onDrift }: Facts, entry: LedgerEntry, links: readonly GrantingLink[]): boolean {
  if (entry.missingSince === undefined || (onDrift === 'restore' && !isContested(entry))) return false
  return links.every((link) => entry.links.some((known) => isSameLink(known, link)))
}

/** A deletion began, so the brake counted it before. */
export function isBegun(entry: LedgerEntry): boolean {
  return entry.call?.kind === 'deletion' && ['revoking', 'failed', 'stuck'].includes(entry.state)
}

function graceEnd({ now, graceMs }: Facts, { orphanedAt }: LedgerEntry): Date {
  return new Date((orphanedAt === undefined ? now.getTime() : Date.parse(orphanedAt)) + graceMs)
}
