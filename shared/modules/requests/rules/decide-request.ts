import {
  type AccessRequest,
  finalEvents,
  type GivenApproval,
  type RequestDigest,
  type RequestPath,
  type ScopeDigest,
} from '../../../domain/files/access-request.ts'
import type { Eligibility } from '../../../domain/files/eligibility-file.ts'
import type { AccountId } from '../../../domain/organization/account-id.ts'
import type { PrincipalId } from '../../../domain/principals/identity-center-ids.ts'
import { type Complaint, quote } from '../../../domain/statuses/complaint.ts'
import {
  endOfRunning,
  type RequestState,
  rejection,
  type Status,
  type StatusState,
} from '../../../domain/statuses/status.ts'
import { renderInstant } from '../../../domain/text/instant.ts'
import { type Asking, beginningOf, type Choice, chooseEligibility, type Fit } from './choose-eligibility.ts'
import { type GrantRecord, renderGrantedLink } from './grant-record.ts'
import { findApproved, listAdded, nameApproval, type RequestedAccounts, type ShownAccounts } from './shown-scope.ts'

export const approversMost = 500

/** A link's status comes after its request's, so look once more. The sweep finds later changes. */
const lookAgainMs = 60_000
/** While the request's link is in one of these states, the request has the same state. */
const followed: ReadonlySet<StatusState> = new Set(['waiting', 'rejected', 'blocked', 'failed', 'held'])

export const requestEvents = ['asked', 'approved', 'granted', 'refused', ...finalEvents] as const
export type RequestEvent = (typeof requestEvents)[number]

/** The history of one digest. */
export type UploadHistory = {
  readonly events: ReadonlySet<RequestEvent>
  /** Its approvals (`nameApproval`). */
  readonly approvedBy: ReadonlySet<string>
  /** The accounts that its status showed while it waited for approvals, ascending by time. */
  readonly shown?: readonly ShownAccounts[]
  readonly granted?: GrantRecord | undefined
  /** It was finished because this later upload, which was granted too, took its place. */
  readonly replacedBy?: RequestDigest | undefined
}

export type GivenDecision = GivenApproval & {
  readonly decision: 'approve' | 'deny'
  readonly comment?: string | undefined
  /** The accounts that it names. */
  readonly scope?: ScopeDigest | undefined
}

/** The people who may approve now, and their decisions. `tooMany`: there are so many that `given` has only some decisions, and may lack denials. */
export type Approvals = {
  /** The eligibility of these approvers. */
  readonly eligibility: string
  /** The decisions in the order of S3's clock. */
  readonly given: readonly GivenDecision[]
  readonly tooMany?: number
  /** Files that are not valid, or that S3 does not return: each may be a denial. */
  readonly unreadable?: readonly Complaint[]
  /** Why ssofile does not know everybody who may approve or deny. */
  readonly unread?: string | undefined
  /** Absent: not known. */
  readonly able?: AbleApprovers | undefined
}

/** The number of people who may approve, without the requester, up to the number that is needed; and why there are not more. */
export type AbleApprovers = { readonly able: number; readonly why: readonly string[] }

export type RequestReading =
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly complaint: Complaint }
  | {
      readonly state: 'rejected'
      readonly complaint: Complaint
      readonly digest: RequestDigest
      readonly askedAt: Date
    }
  /** The file is empty. It asks for nothing more, and earlier grants go on. */
  | { readonly state: 'empty'; readonly complaint: Complaint; readonly digest: RequestDigest; readonly askedAt: Date }
  | {
      readonly state: 'valid'
      readonly request: AccessRequest
      readonly digest: RequestDigest
      readonly askedAt: Date
    }

/**
 * The object under `links_data/temporary/` at the place of this request's link. People who had the same name at different times share
 * one place, and anybody may ask in any name. So the link itself says whose it is.
 */
export type TemporaryLink =
  | { readonly found: 'none' }
  | { readonly found: 'unreadable'; readonly etag: string }
  /** It belongs to this user, and to this upload or another one. */
  | { readonly found: 'own'; readonly etag: string; readonly digest: RequestDigest; readonly text: string }
  | { readonly found: 'of another user'; readonly user: PrincipalId }
  /** Nobody can understand its content, and it grants nothing. */
  | { readonly found: 'of nobody'; readonly etag: string }

/** All facts about one request, at one time by S3's clock. */
export type RequestFacts = {
  readonly path: RequestPath
  readonly now: Date
  readonly reading: RequestReading
  readonly link: TemporaryLink
  /** The current status of the user's own link. Absent: nobody has looked at it yet. */
  readonly linkStatus?: ToldState | undefined
  readonly told: (digest: RequestDigest) => UploadHistory
  /** Its status so far. */
  readonly present: Pick<Status, 'state' | 'request'> | undefined
  /** When the request was last deleted, by its delete markers. Only an upload over a running grant needs it. */
  readonly deletedAt: Date | 'never' | 'unread'
  /** The following fields have not been read yet. An end by time or by the requester needs none of them. */
  readonly isUnread?: boolean
  /** The name in links of the user whose id is in the path. `undefined`: there is no such user. */
  readonly userName: string | undefined
  /** That user may not sign in, or is suspended. Absent: may sign in, or there is no such user. */
  readonly isDisabled?: boolean | undefined
  /** That user is suspended, and the brake does not hold the suspension. */
  readonly hasLeft?: boolean | undefined
  readonly groups: ReadonlySet<string>
  /** Why ssofile does not know the user's groups. Then `groups` is empty. */
  readonly groupsUnread?: string | undefined
  readonly covers: Asking['covers']
  readonly eligibilities: readonly Eligibility[]
  /** Eligibilities that are invalid, or that S3 does not return. */
  readonly broken: readonly string[]
  /** The accounts of its scope now, if they may change. `unknown`: nobody knows them now. Absent: not read yet. */
  readonly scope?: RequestedAccounts | 'unknown' | undefined
  /** The approvals that were last read for a digest. */
  readonly approvals: (digest: RequestDigest) => Approvals | undefined
}

export type NewEvent = {
  readonly event: Exclude<RequestEvent, 'granted'>
  readonly digest: RequestDigest
  /** The person who did it. Absent: time, or somebody whom only S3's notification names. */
  readonly by?: GivenApproval | undefined
  readonly said?: Readonly<Record<string, unknown>> & { readonly scope?: ScopeDigest | undefined }
}

/** The status for a person. `again`: when to look again. */
export type Outcome = {
  readonly status: Pick<Status, 'state' | 'reason' | 'remedy' | 'request'> | undefined
  readonly again?: readonly Date[]
}

/** The facts that the decision lacks. The caller reads them and asks again. */
export type RequestNeed =
  | { readonly do: 'read who and what' }
  | { readonly do: 'read deletions' }
  | { readonly do: 'read scope' }
  | {
      readonly do: 'read approvals'
      readonly digest: RequestDigest
      readonly eligibility: string
      /** The number of approvals that it waits for. */
      readonly needed: number
      readonly besides: readonly PrincipalId[]
    }

export type RequestAction =
  | { readonly do: 'record'; readonly event: NewEvent }
  /** Written to history before the status shows them. `before`: people who approved it with other accounts. */
  | {
      readonly do: 'show the accounts'
      readonly digest: RequestDigest
      readonly scope: RequestedAccounts
      readonly before: readonly PrincipalId[]
    }
  /** Written to history first, and only if there is no grant: so at most once for a digest. */
  | { readonly do: 'grant'; readonly record: GrantRecord }
  /** `over`: the etag of the object to replace. */
  | { readonly do: 'write the link'; readonly record: GrantRecord; readonly over?: string }
  | { readonly do: 'delete the link'; readonly etag: string }

export type RequestStep = RequestNeed | RequestAction | ({ readonly do: 'tell' } & Outcome)

/**
 * The next step for one request. The first row that fits counts.
 *
 * |    | the user's own link there             | facts                                       | then                            |
 * | -- | ------------------------------------- | ------------------------------------------- | ------------------------------- |
 * |  1 | has no grant in history               |                                             | delete it                       |
 * |  2 | is of a grant that is over            | a later upload was granted                  | row 17 to 20                    |
 * |    | is of a grant that is over            | a later grant took its place                | as rows 4 to 8 of that          |
 * |  3 | is of a grant that is over            |                                             | delete it                       |
 * |  4 | is of a grant that has reached its end |                                            | record `ended`                  |
 * |  5 | is of a grant                         | its request is gone, or was deleted since, and a new upload is there | record `finished`, `withdrawn` before its start |
 * |  6 | is of a grant                         | its user has another name, is gone, or suspended | record `finished`          |
 * |  7 | is of a grant                         | an approver denies, past or present         | record `finished`               |
 * |  8 | differs from history                  |                                             | write it                        |
 * |    | is missing, or one of nobody          | an earlier upload runs, by the status       | as rows 4 to 8 of that          |
 * |    | **the request**                       |                                             |                                 |
 * |  9 | is gone                               | it was granted, by history                  | as rows 4 to 6                  |
 * | 10 | is gone                               | it waited                                   | record `withdrawn`              |
 * | 11 | is gone                               |                                             | its status goes                 |
 * | 12 | cannot be read                        |                                             | tell, and change nothing        |
 * |    | is empty                              | the upload before waited, or has not begun  | record `withdrawn` of that      |
 * |    | is empty                              | an earlier upload was granted               | as rows 14 to 20 of that        |
 * | 13 | is empty, or not valid                |                                             | record `refused`, tell          |
 * |    | is valid, or not                      | the upload before was granted, and has not begun | record `withdrawn` of that |
 * | 14 | was granted                           | it is over, by history                      | tell                            |
 * | 15 | was granted                           | as in rows 4 to 7                           | as there                        |
 * |    | was granted, and begins later         | the user's own link is of an earlier upload | tell: that one goes on until then |
 * | 16 | was granted                           | the user's own link is of an earlier upload | record `finished` of that       |
 * | 17 | was granted                           | no link is there, or one of nobody          | write it                        |
 * | 18 | was granted                           | a link of another user is there             | tell that it waits              |
 * | 19 | was granted                           | its link is not in force                    | tell why, as the link's status does |
 * | 20 | was granted                           |                                             | tell                            |
 * | 21 | was denied, or has lapsed             |                                             | tell                            |
 * | 22 | is new                                |                                             | record `asked`                  |
 * | 23 | is not of the user of its path        |                                             | record `refused`, tell          |
 * |    | is of a user who is suspended         |                                             | record `withdrawn`              |
 * |    | is of a user who is disabled          |                                             | record `refused`, tell          |
 * |    | would end before the running access   |                                             | record `refused`, tell the running end |
 * |    | fits no eligibility                   | the groups of the user cannot be read       | tell that it waits              |
 * | 24 | fits no eligibility                   | one cannot be read, or nobody knows         | tell that it waits              |
 * | 25 | fits no eligibility                   |                                             | record `refused`, tell what the nearest lacks |
 * | 26 | has waited too long                   |                                             | record `lapsed`                 |
 * | 27 | needs no approval                     | has never waited for one                    | grant                           |
 * | 28 | needs approvals                       | an approver denies                          | record `denied`                 |
 * |    | needs approvals                       | the accounts of its scope are not the last shown | show the accounts          |
 * | 29 | needs approvals                       | an approval of these accounts is not in history | record `approved`           |
 * | 30 | needs approvals                       | a decision of an approver cannot be read    | tell that it waits              |
 * |    | needs approvals                       | not everybody is known who may approve      | tell that it waits              |
 * |    | needs approvals                       | nobody knows the accounts of its scope      | tell that it waits              |
 * | 31 | needs approvals                       | has enough                                  | grant                           |
 * | 32 | needs approvals                       |                                             | tell that it waits              |
 *
 * A request's user comes from its path, a link's user from its content. A request only touches a link of its own user. If it was granted
 * for the user who has that name now, it may also replace a link of nobody. It never touches a link of somebody else. A link that cannot be
 * read stays while its access may last, by history. After that, the user who has the name now may delete it. A requester's own decisions as
 * an approver do not count, and each person counts once. An approval counts while the scope has no account that its author was not shown.
 */
export function decideRequest(facts: RequestFacts): RequestStep {
  const step = settleLink(facts) ?? settleRequest(facts)
  if (step.do !== 'tell') return step
  const [end, running] = [endOfLink(facts), findRunning(facts)]
  const { status, again = [] } = step
  const known = running && { runsUntil: running.expiresAt, runs: running.digest }
  return {
    ...step,
    status: status?.request && known ? { ...status, request: { ...status.request, ...known } } : status,
    ...(end && { again: [...again, end] }),
  }
}

/** An earlier upload's grant that still runs, while the status is about a later upload. */
function findRunning(facts: RequestFacts): GrantRecord | undefined {
  const { link, reading, told } = facts
  if (link.found === 'unreadable' || reading.state === 'unreadable') return findByStatus(facts)
  if (link.found !== 'own' || !isUpload(reading)) return undefined
  return reading.digest === link.digest ? undefined : told(link.digest).granted
}

/** The same by the status so far: it stays there while S3 does not return the link or the request. */
function findByStatus({ reading, present, told }: RequestFacts): GrantRecord | undefined {
  const own = isUpload(reading) ? present?.request?.digest : undefined
  const [record] = [present?.request?.runs, own].flatMap((digest) => (digest && findInForce(told, digest)) ?? [])
  return 'digest' in reading && reading.digest === record?.digest ? undefined : record
}

/** The grant of this upload, or a later one that took its place. `undefined`: it is over. */
function findInForce(told: RequestFacts['told'], digest: RequestDigest): GrantRecord | undefined {
  const seen = new Set<RequestDigest>()
  for (let one: RequestDigest | undefined = digest; one !== undefined && !seen.has(one); one = told(one).replacedBy) {
    const known = told(one)
    if (!isOver(known)) return known.granted
    seen.add(one)
  }
  return undefined
}

function isUpload(reading: RequestReading): reading is Extract<RequestReading, { state: 'valid' | 'rejected' }> {
  return reading.state === 'valid' || reading.state === 'rejected'
}

/** Why a request would shorten the running access. A request lasts from its upload, or from its start if that is later. */
function complainOfShorter(
  key: string,
  { request: { durationMs, startsAt }, askedAt }: Pick<Valid, 'request' | 'askedAt'>,
  runsUntil: string,
): Complaint | undefined {
  const endMs = Math.max(askedAt.getTime(), startsAt?.getTime() ?? 0) + durationMs
  if (endMs > Date.parse(runsUntil)) return undefined
  return {
    object: key,
    received: `a request that would end at ${renderInstant(new Date(endMs))}`,
    expected: `an end after ${runsUntil}, when the access that you have now ends`,
    remedy: 'ask for a longer time, counted from now; the access that you have does not change',
  }
}

/** Like `complainOfShorter`, before a request replaces the upload of this status. */
export function complainOfShorterThan(
  told: Pick<Status, 'state' | 'request'>,
  ...asked: [key: string, Pick<Valid, 'request' | 'askedAt'>]
): Complaint | undefined {
  const until = endOfRunning(told)
  return until === undefined ? undefined : complainOfShorter(...asked, until)
}

/**
 * When the user's existing link ends, whatever the status says about a later upload. An unreadable link may be the current upload's. If
 * another user's link is there, this end lets the sweep find the grant that waits for the place.
 */
function endOfLink({ link, reading, told }: RequestFacts): Date | undefined {
  const present = 'digest' in reading ? reading.digest : undefined
  const digest = link.found === 'own' ? link.digest : link.found === 'none' ? undefined : present
  const record = digest && told(digest).granted
  return record && new Date(record.expiresAt)
}

function settleLink(facts: RequestFacts): RequestStep | undefined {
  const { link } = facts
  if (link.found === 'none' || link.found === 'of nobody') return settleLost(facts)
  if (link.found !== 'own') return undefined
  if (isOver(facts.told(link.digest)) && isGrantedAnew(facts)) return undefined
  // Another upload may have come before the link of the grant that took its place.
  const record = findInForce(facts.told, link.digest)
  if (!record) return { do: 'delete the link', etag: link.etag }
  const end = endOf(facts, record)
  if (end) return end
  return link.text === renderGrantedLink(record) ? undefined : { do: 'write the link', record, over: link.etag }
}

/** Somebody deleted or spoiled the link of an earlier upload, which still runs by the status. */
function settleLost(facts: RequestFacts): RequestStep | undefined {
  const { link } = facts
  const record = findByStatus(facts)
  const over = link.found === 'of nobody' ? { over: link.etag } : {}
  return record && (endOf(facts, record) ?? { do: 'write the link', record, ...over })
}

/** The new link replaces the existing one, so access does not end in between. */
function isGrantedAnew({ reading, told, now }: RequestFacts): boolean {
  if (reading.state !== 'valid') return false
  const later = told(reading.digest)
  return later.granted !== undefined && !isOver(later) && now < new Date(later.granted.expiresAt)
}

/**
 * Whether its request is gone. Somebody may delete it and its author upload it again before a look: that is a new request, no extension. A
 * deletion in the second of the grant counts, because S3 dates objects in whole seconds.
 */
function isGone({ reading, deletedAt }: RequestFacts, { digest, grantedAt }: GrantRecord): boolean | 'unread' {
  if (reading.state === 'absent') return true
  if ('digest' in reading && reading.digest === digest) return false
  if (deletedAt === 'unread') return deletedAt
  return deletedAt !== 'never' && deletedAt >= new Date(grantedAt)
}

/** The end of a grant: by time, by a deletion, by a name that means somebody else now, or by an approver. */
function endOf(facts: RequestFacts, record: GrantRecord): RequestStep | undefined {
  const { digest, eligibility, approvedBy } = record
  if (facts.now >= new Date(record.expiresAt)) return { do: 'record', event: { event: 'ended', digest } }
  const gone = isGone(facts, record)
  if (gone === 'unread') return { do: 'read deletions' }
  if (gone) {
    const event = facts.now < new Date(record.startsAt) ? 'withdrawn' : 'finished'
    return { do: 'record', event: { event, digest } }
  }
  if (facts.isUnread) return readWhoAndWhat
  if (facts.userName !== facts.path.link.principal) {
    const said = { reason: 'its user has another name, or is gone' }
    return { do: 'record', event: { event: 'finished', digest, said } }
  }
  if (facts.hasLeft) {
    const event = facts.now < new Date(record.startsAt) ? 'withdrawn' : 'finished'
    return { do: 'record', event: { event, digest, said: { reason: suspendedReason } } }
  }
  const approvals = facts.approvals(digest)
  if (approvals?.eligibility !== eligibility)
    return { do: 'read approvals', digest, eligibility, needed: 0, besides: approvedBy.map(({ user }) => user) }
  const denial = saidByOthers(facts, approvals).find(({ decision }) => decision === 'deny')
  return denial && { do: 'record', event: { event: 'finished', digest, ...personOf(denial) } }
}

function settleAbsence(facts: RequestFacts): RequestStep {
  const { present } = facts
  const digest = present?.request?.digest
  const told = digest && facts.told(digest)
  if (!told || isOver(told)) return deleteUnreadable(facts) ?? gone
  if (told.granted) return endOf(facts, told.granted) ?? gone
  return present?.state === 'waiting' ? { do: 'record', event: { event: 'withdrawn', digest } } : gone
}

function settleRequest(facts: RequestFacts): RequestStep {
  const { reading } = facts
  switch (reading.state) {
    case 'absent':
      return settleAbsence(facts)
    case 'unreadable': {
      const running = findByStatus(facts)
      // Not the digest of the later upload: its approvers would take this rejection for their denial.
      const known = running && { request: { digest: running.digest } }
      return { do: 'tell', status: { ...rejection(reading.complaint), ...known } }
    }
    case 'rejected':
      return withdrawReplaced(facts, reading.digest) ?? refuse(facts, reading.digest, reading.complaint)
    case 'empty':
      return settleEmpty(facts, reading)
    case 'valid': {
      const told = facts.told(reading.digest)
      if (told.granted) return keep(facts, told, told.granted)
      if (isOver(told)) return { do: 'tell', status: { ...finalStatus(told), request: { digest: reading.digest } } }
      return withdrawReplaced(facts, reading.digest) ?? judge(facts, reading, told)
    }
    default:
      return reading satisfies never
  }
}

/** A granted extension that has not begun has no file any more, because somebody uploaded another one over it. */
function withdrawReplaced({ link, present, now, told }: RequestFacts, digest: RequestDigest): RequestStep | undefined {
  const before = present?.request?.digest
  if (before === undefined || before === digest || (link.found === 'own' && link.digest === before)) return undefined
  const replaced = told(before)
  const isComing = replaced.granted !== undefined && !isOver(replaced) && now < new Date(replaced.granted.startsAt)
  return isComing ? { do: 'record', event: { event: 'withdrawn', digest: before } } : undefined
}

/** An extension that waits, or has not begun, is withdrawn. The access of an earlier grant goes on. */
function settleEmpty(
  facts: RequestFacts,
  { digest, complaint }: Extract<RequestReading, { state: 'empty' }>,
): RequestStep {
  const { link, present } = facts
  const before = present?.request?.digest
  const told = before === undefined || before === digest ? undefined : facts.told(before)
  const isOfLink = link.found === 'own' && link.digest === before
  const hasBegun = told?.granted && (isOfLink || facts.now >= new Date(told.granted.startsAt))
  if (before !== undefined && told?.events.has('asked') && !hasBegun && !isOver(told))
    return { do: 'record', event: { event: 'withdrawn', digest: before } }
  const running = link.found === 'own' ? facts.told(link.digest) : told
  return running?.granted ? keep(facts, running, running.granted) : refuse(facts, digest, complaint)
}

const suspendedReason = 'its user is suspended'

const readWhoAndWhat: RequestStep = { do: 'read who and what' }
const gone: RequestStep = { do: 'tell', status: undefined }

/** By history this user's access is over, and nobody else has this name. So ssofile deletes the link although it cannot read it. */
function deleteUnreadable({ link, isUnread, userName, path }: RequestFacts): RequestStep | undefined {
  if (link.found !== 'unreadable') return undefined
  if (isUnread) return readWhoAndWhat
  return userName === path.link.principal ? { do: 'delete the link', etag: link.etag } : undefined
}

/** Whether the upload can grant nothing from now on: the request ended without a grant, or its access ended. */
export function isOver({ events }: Pick<UploadHistory, 'events'>): boolean {
  return finalEvents.some((event) => events.has(event))
}

function keep(facts: RequestFacts, told: UploadHistory, record: GrantRecord): RequestStep {
  const request = stateOf(record)
  if (isOver(told)) return deleteUnreadable(facts) ?? { do: 'tell', status: { ...finalStatus(told), request } }
  const end = endOf(facts, record)
  if (end) return end
  const { link } = facts
  switch (link.found) {
    case 'none':
      return { do: 'write the link', record }
    case 'of nobody':
      return { do: 'write the link', record, over: link.etag }
    case 'of another user':
      return tellGranted(facts, record, waitsForPlace(record, link.user))
    case 'own': {
      if (link.digest === record.digest) break
      if (isOver(facts.told(link.digest))) return { do: 'write the link', record, over: link.etag }
      if (facts.now < new Date(record.startsAt)) break
      return { do: 'record', event: { event: 'finished', digest: link.digest, said: { replacedBy: record.digest } } }
    }
    case 'unreadable':
      break
    default:
      return link satisfies never
  }
  return tellGranted(facts, record, notInForce(facts))
}

type ToldState = Pick<Status, 'state' | 'reason' | 'remedy'>

/** `instead`: why the link is not in force. */
function tellGranted(
  { now, link, linkStatus }: RequestFacts,
  record: GrantRecord,
  instead: ToldState | undefined,
): RequestStep {
  const { startsAt, expiresAt, eligibility, approvedBy } = record
  const by = approvedBy.map(({ name, user }) => `'${quote(name ?? user)}'`)
  const how = by.length > 0 ? `approved by ${by.join(' and ')}` : 'approved automatically'
  const granted = `granted from ${startsAt} until ${expiresAt} by eligibility '${eligibility}', ${how}: ${quote(record.link, 1024)}`
  const status = instead
    ? { ...instead, reason: `${granted}; it is not in force: ${instead.reason}` }
    : {
        state: 'applied' as const,
        reason: granted,
        remedy: 'to end it earlier, run ssofile finish; to keep it longer, ask again',
      }
  const isNew = link.found === 'own' && linkStatus === undefined
  const again = isNew ? [new Date(now.getTime() + lookAgainMs)] : []
  // At that time it replaces the earlier grant.
  if (link.found === 'own' && link.digest !== record.digest) again.push(new Date(startsAt))
  return { do: 'tell', status: { ...status, request: stateOf(record) }, again }
}

function waitsForPlace({ link }: GrantRecord, user: PrincipalId): ToldState {
  return {
    state: 'waiting',
    reason: `another user, with the id ${user}, still has the link ${quote(link, 1024)}`,
    remedy: 'wait: ssofile writes your link when that one has ended',
  }
}

/** The status of a link is the truth about it. The request's status follows it. */
function notInForce({ linkStatus }: RequestFacts): ToldState | undefined {
  const { state, reason = 'without a reason in its status', remedy } = linkStatus ?? {}
  return state && followed.has(state) ? { state, reason, remedy } : undefined
}

function stateOf({ digest, eligibility, approvedBy, startsAt, expiresAt }: GrantRecord): RequestState {
  const given = approvedBy.map((one) => ({ ...one }))
  return { digest, eligibility, approvals: { needed: given.length, given }, startsAt, expiresAt }
}

const finalReasons: Readonly<Record<(typeof finalEvents)[number], string>> = {
  denied: 'an approver denied it',
  lapsed: 'nobody approved it in time',
  withdrawn: 'it was withdrawn',
  finished: 'somebody ended the access early',
  ended: 'the access has ended',
}

function finalStatus({ events }: UploadHistory): Pick<Status, 'state' | 'reason' | 'remedy'> {
  const event = finalEvents.find((one) => events.has(one)) ?? 'ended'
  const remedy = event === 'denied' ? 'talk to the person who denied it, then ask again' : 'to have it again, ask again'
  return { state: event === 'denied' ? 'rejected' : 'expired', reason: finalReasons[event], remedy }
}

type Valid = Extract<RequestReading, { state: 'valid' }>

function judge(facts: RequestFacts, reading: Valid, told: UploadHistory): RequestStep {
  const { path, userName, groups, covers } = facts
  const { digest, request, askedAt } = reading
  if (!told.events.has('asked')) return { do: 'record', event: { event: 'asked', digest, said: { ...request } } }
  if (facts.isUnread) return readWhoAndWhat
  if (userName === undefined || path.link.principal !== userName) return refuse(facts, digest, complainOfUser(facts))
  if (facts.hasLeft) return { do: 'record', event: { event: 'withdrawn', digest, said: { reason: suspendedReason } } }
  if (facts.isDisabled) return refuse(facts, digest, complainOfDisabled(facts))
  // The refusal stays, even after the running access ends. By then, nobody expects an old request to be granted.
  const known = facts.present?.request
  const runsUntil = findRunning(facts)?.expiresAt ?? (known?.digest === digest ? known.runsUntil : undefined)
  const shorter = runsUntil && complainOfShorter(path.key, reading, runsUntil)
  if (shorter) return refuse(facts, digest, shorter, { runsUntil })
  const asking = { link: path.link, request, askedAt, now: facts.now, userName, groups, covers }
  const choice = chooseEligibility(facts.eligibilities, asking)
  if (choice.found !== 'fit') return judgeUnfit(facts, digest, choice)
  const { eligibility, needed } = choice.fit
  const lapsesAt = new Date(askedAt.getTime() + eligibility.lapsesAfterMs)
  if (facts.now >= lapsesAt)
    return { do: 'record', event: { event: 'lapsed', digest, said: { eligibility: eligibility.name } } }
  // People who saw it wait may have denied it since.
  const hasWaited = known?.digest === digest && known.approvals !== undefined
  if (needed === 0 && !hasWaited) return grant(facts, reading, eligibility, [])
  return judgeApprovals(facts, reading, told, choice.fit)
}

function judgeUnfit(
  facts: RequestFacts,
  digest: RequestDigest,
  choice: Exclude<Choice, { found: 'fit' }>,
): RequestStep {
  const request = { digest }
  if (facts.groupsUnread !== undefined) {
    const reason = `ssofile cannot read the groups of the user, so it does not know whether an eligibility fits: ${quote(facts.groupsUnread, 300)}`
    return {
      do: 'tell',
      status: { state: 'waiting', reason, remedy: unreadRemedy, request },
      again: [laterThan(facts)],
    }
  }
  const isMeant = choice.found === 'none' && choice.nearest?.isMeant === true
  // If an eligibility is meant for this request, and the request breaks its terms, an unusable other one does not change the remedy.
  if (choice.found === 'unclear' || (facts.broken.length > 0 && !isMeant)) {
    const what =
      choice.found === 'unclear'
        ? `eligibility '${choice.eligibility.name}' asks for a selector or tags that cannot be read now`
        : `no eligibility fits, and ${facts.broken.length} cannot be used: ${quote(facts.broken.slice(0, 3).join(', '))}`
    const remedy = 'ask the governance team to correct it (see its status); ssofile then evaluates the request again'
    return { do: 'tell', status: { state: 'waiting', reason: what, remedy, request } }
  }
  const { nearest } = choice
  return refuse(facts, digest, {
    object: facts.path.key,
    received: 'a request that no eligibility allows',
    expected: nearest
      ? `a request that an eligibility allows; the nearest is '${nearest.eligibility.name}': ${nearest.lacks.join('; ')}`
      : 'a request that an eligibility allows; there is no eligibility yet',
    remedy:
      'ask for access that you are eligible for (ssofile who lists it), or ask the governance team to add an eligibility',
  })
}

const unreadRemedy =
  'ask an operator to run ssofile doctor, or the governance team to name users in the eligibility; ssofile evaluates the request again every five minutes'
const readAgainMs = 5 * 60_000

function laterThan({ now }: RequestFacts): Date {
  return new Date(now.getTime() + readAgainMs)
}

function judgeApprovals(
  facts: RequestFacts,
  reading: Valid,
  told: UploadHistory,
  { eligibility, needed }: Fit,
): RequestStep {
  const { digest } = reading
  const approvals = facts.approvals(digest)
  if (approvals?.eligibility !== eligibility.name)
    return { do: 'read approvals', digest, eligibility: eligibility.name, needed, besides: [] }
  const said = saidByOthers(facts, approvals)
  const denial = said.find(({ decision }) => decision === 'deny')
  if (denial) return { do: 'record', event: { event: 'denied', digest, ...personOf(denial) } }
  const given = approvals.tooMany === undefined ? countOnce(said) : []
  const mayGrow = facts.path.link.scope.kind !== 'account'
  const { scope } = facts
  if (mayGrow && scope === undefined) return { do: 'read scope' }
  const shown = told.shown ?? []
  const last = shown.at(-1)
  if (mayGrow && typeof scope === 'object' && scope.digest !== last?.digest)
    return { do: 'show the accounts', digest, scope, before: last === undefined ? [] : given.map(({ user }) => user) }
  const judged = given.map((one) => ({ one, approved: mayGrow ? findApproved(shown, one) : undefined }))
  const added = new Set(mayGrow && last ? judged.flatMap(({ approved }) => listAdded(last, approved)) : [])
  const counted = judged.filter(({ approved }) => !mayGrow || (last && listAdded(last, approved).length === 0))
  const untold = counted.find(({ one, approved }) => !told.approvedBy.has(nameApproval(one.user, approved)))
  if (untold) return { do: 'record', event: { event: 'approved', digest, ...personOf(untold.one, untold.approved) } }
  const by = counted.map(({ one: { user, name, at } }) => ({ user, name, at }))
  const isUnclear = approvals.unreadable?.length || approvals.unread !== undefined || scope === 'unknown'
  if (by.length >= needed && !isUnclear) return grant(facts, reading, eligibility, by)
  return tellWaiting(facts, reading, { eligibility, needed }, { approvals, by, last, added: [...added].sort() })
}

type Counted = {
  readonly approvals: Approvals
  readonly by: readonly GivenApproval[]
  /** The accounts of its scope, if they may change. */
  readonly last: ShownAccounts | undefined
  /** The accounts that some approval lacks. */
  readonly added: readonly AccountId[]
}

/** The status has the first accounts of a wide scope. History has all. */
const accountsTold = 100

function tellWaiting(facts: RequestFacts, { digest, askedAt }: Valid, fit: Fit, counted: Counted): RequestStep {
  const { eligibility, needed } = fit
  const { by, last } = counted
  const lapsesAt = new Date(askedAt.getTime() + eligibility.lapsesAfterMs)
  const { missing, remedy, isLookedAt, tooFew } = sayMissing(facts, digest, fit, counted)
  const scope = last && {
    digest: last.digest,
    count: last.accounts.length,
    accounts: last.accounts.slice(0, accountsTold),
  }
  return {
    do: 'tell',
    status: {
      state: 'waiting',
      reason: `${missing}, by eligibility '${eligibility.name}', until ${renderInstant(lapsesAt)}; its digest is ${digest}`,
      remedy,
      request: {
        digest,
        eligibility: eligibility.name,
        approvals: { needed, given: [...by], ...(tooFew !== undefined && { tooFew }) },
        ...(scope && { scope: { ...scope, accounts: [...scope.accounts] } }),
        lapsesAt: renderInstant(lapsesAt),
      },
    },
    again: isLookedAt ? [lapsesAt, laterThan(facts)] : [lapsesAt],
  }
}

/**
 * Why it is not granted yet. `isLookedAt`: ssofile looks again soon, because it could not read something, or because too few people can
 * approve it (`tooFew`).
 */
function sayMissing(
  { scope }: RequestFacts,
  digest: RequestDigest,
  { eligibility, needed }: Fit,
  { approvals, by, last, added }: Counted,
): { readonly missing: string; readonly remedy: string; readonly isLookedAt?: true; readonly tooFew?: string } {
  const [unreadable] = approvals.unreadable ?? []
  if (unreadable)
    return {
      missing: `it waits because ssofile cannot read a decision, which may be a denial: ${unreadable.object}: received ${unreadable.received}`,
      remedy: 'ask the uploader of that decision to delete it, or to upload a valid one without an encryption option',
      ...(approvals.unread !== undefined && { isLookedAt: true }),
    }
  if (approvals.unread !== undefined)
    return {
      missing: `it waits because ssofile does not know everybody who may approve or deny it: ${quote(approvals.unread, 300)}`,
      remedy: unreadRemedy,
      isLookedAt: true,
    }
  if (scope === 'unknown')
    return {
      missing:
        'it waits because ssofile does not know the accounts of its scope: its selector or tags cannot be read now',
      remedy:
        'ask the governance team to correct the selector (see its status); ssofile looks again every five minutes',
      isLookedAt: true,
    }
  const remedy = `${describeApprovers(eligibility)} approves it: ssofile approve ${digest}`
  if (approvals.tooMany !== undefined)
    return {
      missing: `${approvals.tooMany} people may approve it, and at most ${approversMost} can be asked`,
      remedy,
    }
  const tooFew = sayTooFew(needed, approvals.able)
  if (tooFew !== undefined) return { missing: tooFew, remedy: tooFewRemedy, isLookedAt: true, tooFew }
  const people = by.length > 0 ? ` (by ${by.map(({ name, user }) => `'${quote(name ?? user)}'`).join(', ')})` : ''
  const place = last ? `, for ${countAccounts(last.accounts.length)}` : ''
  return { missing: `it waits for approvals: ${by.length} of ${needed}${people}${place}${sayAdded(added)}`, remedy }
}

const reasonsMost = 5
const tooFewRemedy =
  'ask the governance team to correct the approvers of the eligibility, or the groups in it; ssofile looks again every five minutes'

/** Why too few people can approve it. `undefined`: there are enough, or nobody knows. */
export function sayTooFew(needed: number, known: AbleApprovers | undefined): string | undefined {
  if (known === undefined || known.able >= needed) return undefined
  const { able, why } = known
  const more = why.length > reasonsMost ? [`${why.length - reasonsMost} more reasons`] : []
  const who =
    able === 0
      ? 'nobody can approve it'
      : `it needs ${needed} approvals, and only ${able} of its approvers can approve it`
  return [who, [...why.slice(0, reasonsMost), ...more].join(', ')].filter((one) => one !== '').join(': ')
}

/** Before the upload: the request would wait for approvals that nobody can give. */
export function complainOfTooFew(
  object: string,
  { eligibility, needed }: Fit,
  known: AbleApprovers | undefined,
): Complaint | undefined {
  const tooFew = sayTooFew(needed, known)
  if (tooFew === undefined) return undefined
  return {
    object,
    received: `a request by eligibility '${eligibility.name}': ${tooFew}`,
    expected: `a request that ${needed} of its approvers can approve`,
    remedy:
      'ask the governance team to correct the approvers of the eligibility, or the groups in it, and then ask again',
  }
}

const addedMost = 10

function sayAdded(added: readonly AccountId[]): string {
  if (added.length === 0) return ''
  const few = [...added.slice(0, addedMost), ...(added.length > addedMost ? [`${added.length - addedMost} more`] : [])]
  return `; somebody approved it before its scope had ${countAccounts(added.length)} more (${few.join(', ')}), so that approval does not count`
}

function countAccounts(count: number): string {
  return count === 1 ? '1 account' : `${count} accounts`
}

function saidByOthers({ path }: RequestFacts, { given }: Approvals): readonly GivenDecision[] {
  return given.filter(({ user }) => user !== path.userId)
}

/** Each person once: the first approval counts. */
function countOnce(given: readonly GivenDecision[]): readonly GivenDecision[] {
  return given.filter(({ user }, index) => given.findIndex((other) => other.user === user) === index)
}

/** `approved`: the accounts of an approval. */
function personOf(
  { user, name, at, comment }: GivenDecision,
  approved?: RequestedAccounts,
): Pick<NewEvent, 'by' | 'said'> {
  const said = {
    ...(comment !== undefined && { comment }),
    ...(approved && { scope: approved.digest, accounts: approved.accounts.length }),
  }
  return { by: { user, name, at }, ...(Object.keys(said).length > 0 && { said }) }
}

function describeApprovers({ approvers: { groups, users, ownerTag } }: Eligibility): string {
  const named = [...groups.map((name) => `group '${quote(name)}'`), ...users.map((name) => `'${quote(name)}'`)]
  const few = named.length > 5 ? [...named.slice(0, 5), `${named.length - 5} more`] : named
  return `one of ${[...few, ...(ownerTag === undefined ? [] : [`the account's tag '${quote(ownerTag)}'`])].join(', ')}`
}

function grant(
  { path, now, scope }: RequestFacts,
  { digest, request, askedAt }: Valid,
  eligibility: Eligibility,
  approvedBy: readonly GivenApproval[],
): RequestStep {
  const { durationMs, reason, ticket, incident } = request
  const from = beginningOf({ request, askedAt, now })
  const record: GrantRecord = {
    digest,
    key: path.key,
    link: path.link.key,
    user: path.userId,
    eligibility: eligibility.name,
    approvedBy: [...approvedBy],
    ...(typeof scope === 'object' && approvedBy.length > 0 && { scope: scope.digest }),
    grantedAt: renderInstant(now),
    startsAt: renderInstant(from),
    expiresAt: renderInstant(new Date(from.getTime() + durationMs)),
    reason,
    ticket,
    incident,
    ...(eligibility.endsSessions ? { endsSessions: true } : {}),
  }
  return { do: 'grant', record }
}

function complainOfUser({ path, userName }: RequestFacts): Complaint {
  const { key, userId, link } = path
  const object = key
  if (userName === undefined)
    return {
      object,
      received: `the user id '${userId}', which no user of IAM Identity Center has`,
      expected: 'your own user id',
      remedy: 'ask with ssofile request, which finds your user id; delete this one',
    }
  return {
    object,
    received: `a request for '${quote(link.principal)}' by '${quote(userName)}'`,
    expected: 'a request for yourself',
    remedy: `write %${quote(userName)}%USER%ssofile at the end, or have the other person ask; delete this one`,
  }
}

function complainOfDisabled({ path: { key, link } }: RequestFacts): Complaint {
  return {
    object: key,
    received: `a request of '${quote(link.principal)}', who is disabled in the directory, or suspended`,
    expected: 'one by a user who can sign in',
    remedy: 'have the user enabled: ssofile then evaluates the request again; or delete the request',
  }
}

function refuse(
  facts: RequestFacts,
  digest: RequestDigest,
  complaint: Complaint,
  known: Pick<RequestState, 'runsUntil'> = {},
): RequestStep {
  if (!facts.told(digest).events.has('refused')) {
    const { received, expected, remedy } = complaint
    return { do: 'record', event: { event: 'refused', digest, said: { received, expected, remedy } } }
  }
  return { do: 'tell', status: { ...rejection(complaint), request: { digest, ...known } } }
}
