import type { Verdict } from '../../../domain/files/decision-file.ts'
import type { PrincipalId } from '../../../domain/principals/identity-center-ids.ts'
import type { Status } from '../../../domain/statuses/status.ts'
import type { ItemState } from './decide-end.ts'
import { filesOf, type ReviewItem, type Subject } from './review-item.ts'
import type { ReviewRun } from './review-record.ts'
import { askedOf, type NamedPrincipal } from './reviewers.ts'

/** One file under `decisions/`. */
export type DecisionFacts = {
  readonly file: 'none' | 'invalid' | 'valid'
  readonly run: 'none' | 'open' | 'over'
  /** `edited`: ssofile has asked again. `settled`: it has its end. `gone again`: its record says that it is gone. */
  readonly item: 'unknown' | ItemState | 'gone again' | 'edited' | 'settled'
  readonly author: 'may' | 'barred' | 'own' | 'no reviewer' | 'only revokes' | 'unclear' | 'unnamed'
  /** The item's record has this upload as its author's decision. `other`: another one of this author by the same name. */
  readonly recorded: 'none' | 'same' | 'other'
  readonly verdict: Verdict
  /** The item's record has a *keep* of this author, by this or the other name. */
  readonly hasKept: boolean
  /** The same person's opposite decision is a later upload. */
  readonly isReplaced: boolean
}

export const decisionActions = ['record', 'withdraw', 'ask again', 'note gone', 'carry out'] as const
export const decisionEnds = [
  'nothing',
  'counted',
  'carried out',
  'no review',
  'no item',
  'unread',
  'late',
  'gone',
  'edited',
  'replaced',
  'barred',
  'own',
  'no reviewer',
  'only revokes',
  'unclear',
  'unnamed',
] as const
export type DecisionAction = { readonly do: (typeof decisionActions)[number] }
export type DecisionEnd = { readonly tell: (typeof decisionEnds)[number] }

/**
 * The next step of one decision. The first row that fits counts.
 *
 * | file    | run  | item              | recorded     | the person            | step                          |
 * | ------- | ---- | ----------------- | ------------ | --------------------- | ----------------------------- |
 * | none    | open | not settled, not edited | same or other |                | withdraw                      |
 * | none    | any other                                                            | nothing                       |
 * | any     | any  | settled           | same, keep   |                       | counted                       |
 * | any     | any  | settled           | same, revoke |                       | carried out                   |
 * | invalid | open | not settled, not edited | a keep, not decided later |           | withdraw: it may be a revocation |
 * | invalid | any other                                                            | nothing                       |
 * | valid   | none | any               |              |                       | no review                     |
 * | valid   | any  | unknown, unread, edited |        |                       | no item, unread, edited       |
 * | valid   | any  | unseen            | a keep       |                       | unread                        |
 * | valid   | any  | any               | any          | decided the opposite later | replaced                 |
 * | valid   | over | any               | same         |                       | counted                       |
 * | valid   | over, or the item is settled | not same |                        | late                          |
 * | valid   | open | any               | not same     | may not decide        | barred, own, no reviewer, only revokes, unclear, unnamed |
 * | valid   | open | changed           | a keep       |                       | ask again                     |
 * | valid   | open | any other         | not same     | may decide            | record                        |
 * | valid   | open | gone              | same, keep   |                       | note gone                     |
 * | valid   | open | gone again        | same, keep   |                       | gone: once it is back, ssofile asks again |
 * | valid   | open | any other         | same, revoke |                       | carry out: an edit does not void it |
 * | valid   | open | as shown          | same, keep   |                       | counted                       |
 */
export function decideDecision(facts: DecisionFacts): DecisionAction | DecisionEnd {
  const { file, run, item, author, recorded, hasKept, verdict, isReplaced } = facts
  const isClosed = item === 'settled' || item === 'edited'
  if (file === 'none')
    return run === 'open' && !isClosed && recorded !== 'none' ? { do: 'withdraw' } : { tell: 'nothing' }
  if (item === 'settled' && recorded === 'same') return { tell: verdict === 'keep' ? 'counted' : 'carried out' }
  if (file === 'invalid')
    return run === 'open' && !isClosed && hasKept && !isReplaced ? { do: 'withdraw' } : { tell: 'nothing' }
  if (run === 'none') return { tell: 'no review' }
  if (item === 'unknown') return { tell: 'no item' }
  if (item === 'unread' || item === 'edited') return { tell: item }
  if (item === 'unseen' && verdict === 'keep') return { tell: 'unread' }
  if (isReplaced) return { tell: 'replaced' }
  if (run === 'over' && recorded === 'same') return { tell: 'counted' }
  if (run === 'over' || item === 'settled') return { tell: 'late' }
  if (recorded !== 'same' && author !== 'may') return { tell: author }
  if (item === 'changed' && verdict === 'keep') return { do: 'ask again' }
  if (recorded !== 'same') return { do: 'record' }
  if (verdict === 'revoke') return { do: 'carry out' }
  if (item === 'gone') return { do: 'note gone' }
  return { tell: item === 'gone again' ? 'gone' : 'counted' }
}

/** A person as a reviewer of one item. */
export type ReviewerFacts = {
  readonly bar: boolean
  /** By `isOwnAccess`. */
  readonly isOwn: boolean
  /** The person uploaded a file of the item. */
  readonly isUploader: boolean
  /** `revoker`: may revoke, and not keep. */
  readonly is: 'reviewer' | 'revoker' | 'nobody'
  readonly verdict: Verdict
  /** The person's groups could not be read. */
  readonly isUnclear: boolean
  /** The person keeps an upload, and its uploader may still become known. */
  readonly isUnnamed: boolean
}

/**
 * | person                                                  | may decide   |
 * | ------------------------------------------------------- | ------------ |
 * | is disabled, suspended or gone                          | barred       |
 * | has the access, is the member, is meant by the setting, or uploaded it | own |
 * | is in groups that cannot be read                        | unclear      |
 * | is no reviewer                                          | no reviewer  |
 * | keeps, and may only revoke                              | only revokes |
 * | keeps an upload whose uploader is not known yet         | unnamed      |
 * | any other                                               | may          |
 */
export function judgeReviewer(facts: ReviewerFacts): DecisionFacts['author'] {
  if (facts.bar) return 'barred'
  if (facts.isOwn || facts.isUploader) return 'own'
  if (facts.isUnclear) return 'unclear'
  if (facts.is === 'nobody') return 'no reviewer'
  if (facts.is === 'revoker' && facts.verdict === 'keep') return 'only revokes'
  return facts.isUnnamed ? 'unnamed' : 'may'
}

/** A person who looks at items of one run. */
export type Reviewer = {
  readonly userId: PrincipalId
  /** As in links. */
  readonly name: string | undefined
  readonly userName: string | undefined
  readonly bar: boolean
  /** The groups of the person among `groupsBehind`. */
  readonly groupIds: ReadonlySet<PrincipalId>
  /** Those of them in which the person was when the run began. */
  readonly groupsOfThen: ReadonlySet<PrincipalId>
  readonly isUnclear: boolean
}
type Terms = Pick<ReviewRun, 'escalatedAt' | 'fallback'>

/** The groups that decide who may decide on the item. */
export function groupsBehind(item: ReviewItem, run: Terms): readonly PrincipalId[] {
  return [...askedOf(item, run, 'revoke'), ...holdersOf(item.subject)].flatMap(({ type, id }) =>
    type === 'GROUP' ? [id] : [],
  )
}

type Holder = Pick<NamedPrincipal, 'type' | 'id'>

/** Who has the access, or is the subject of the setting. */
function holdersOf(subject: Subject): readonly Holder[] {
  switch (subject.kind) {
    case 'link':
    case 'foreign':
      return subject.principalId === undefined ? [] : [{ type: subject.type, id: subject.principalId }]
    case 'membership':
      return [{ type: 'USER', id: subject.userId }]
    case 'setting':
      return subject.concerns ?? []
    case 'unread':
      return []
  }
}

const isAmong = (all: readonly Holder[], userId: PrincipalId, groups: ReadonlySet<PrincipalId>) =>
  all.some(({ type, id }) => (type === 'USER' ? id === userId : groups.has(id)))

/** Whether the item is this person's own access, or a setting about them: by ids. If nobody had the link's name when the run began, by name. */
export function isOwnAccess(
  subject: Subject,
  { userId, name, groupIds }: Pick<Reviewer, 'userId' | 'name' | 'groupIds'>,
): boolean {
  if (subject.kind === 'link' && subject.principalId === undefined)
    return subject.type === 'USER' && subject.principal === name
  return isAmong(holdersOf(subject), userId, groupIds)
}

/** S3's notification names the uploader within seconds, after a backlog within hours. A later one is lost, and nobody learns the name. */
const namedWithinMs = 24 * 60 * 60_000

/**
 * Whether the uploader of a file may still become known.
 *
 * | the status of this upload              | since                | may be named |
 * | -------------------------------------- | -------------------- | ------------ |
 * | is not written yet                     |                      | yes          |
 * | names the uploader                     |                      | no           |
 * | names nobody: a notification is missing | less than a day     | yes          |
 * | names nobody                           | longer               | no           |
 */
export function mayBeNamed(told: Pick<Status, 'by' | 'since' | 'lastModified'> | undefined, now: Date): boolean {
  if (told === undefined) return true
  const uploadedAt = told.since ?? told.lastModified
  return told.by === undefined && uploadedAt !== undefined && now.getTime() - Date.parse(uploadedAt) < namedWithinMs
}

/** What the statuses of an item's files say now. The item itself has the uploaders that were known when it was asked. */
export type Uploads = { readonly by: readonly (string | undefined)[]; readonly isUnnamed: boolean }
const unread: Uploads = { by: [], isUnnamed: false }

/** Whether this person may decide so on the item. */
export function judgeAuthor(
  item: ReviewItem,
  {
    run,
    verdict,
    uploads = unread,
  }: { readonly run: Terms; readonly verdict: Verdict; readonly uploads?: Uploads | undefined },
  person: Reviewer,
): DecisionFacts['author'] {
  const { userId, userName, groupIds, groupsOfThen } = person
  const uploaders = [...filesOf(item.subject).map(({ by }) => by), ...uploads.by]
  const mayKeep = isAmong(askedOf(item, run, 'keep'), userId, groupsOfThen.intersection(groupIds))
  const mayRevoke = mayKeep || isAmong(askedOf(item, run, 'revoke'), userId, groupIds)
  return judgeReviewer({
    bar: person.bar,
    isOwn: isOwnAccess(item.subject, person),
    isUploader: userName !== undefined && uploaders.some((by) => isUploadOf(by, userName)),
    is: mayKeep ? 'reviewer' : mayRevoke ? 'revoker' : 'nobody',
    verdict,
    isUnclear: person.isUnclear,
    isUnnamed: uploads.isUnnamed,
  })
}

/**
 * Whether S3's name of an uploader means this user: the session of a person is named after the user. AWS cuts it after 64 characters, so a
 * beginning of that length counts too.
 */
export function isUploadOf(by: string | undefined, userName: string): boolean {
  const session = by?.split(/[:/]/).at(-1) ?? ''
  return session === userName || (session.length >= 63 && userName.startsWith(session))
}
