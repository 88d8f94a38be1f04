import type { PrincipalId } from '../principals/identity-center-ids.ts'
import type { OwnedMembership } from './owned-membership.ts'

/** What is known of one user in one group. */
export type MemberFacts = {
  readonly user: PrincipalId
  readonly entry: Pick<OwnedMembership, 'membershipId' | 'state'> | undefined
  /** The entry was written a moment ago, for a create that may be sent now. */
  readonly isClaimed: boolean
  /** Less than five minutes after the last create: what the directory lists may be older. */
  readonly isFresh: boolean
  /** `unknown`: a file cannot be read, so nothing is given and nothing taken. */
  readonly isWanted: 'yes' | 'no' | 'unknown'
  /** The membership that the directory has now. */
  readonly found: string | undefined
  /** A provider keeps the group: ssofile writes nothing there. */
  readonly isExternal: boolean
  readonly onDrift: 'restore' | 'report'
  /** A file has another content than when it gave the membership, or asks to count as new: its user is wanted again. */
  readonly isAskedAnew: boolean
  /** The entry says what asks for the membership, and the brake holds nothing of it. */
  readonly isNoted: boolean
}

/** What is known of the files that ask for one membership. */
export type MembershipFacts = {
  /** What is applied was uploaded again as it was. */
  readonly isRepeated: boolean
  /** The group is one that ssofile made or adopted. */
  readonly isOurGroup: boolean
  /** Whom the files mean, or meant: the one who has the name now comes first. */
  readonly users: readonly MemberFacts[]
}

export const membershipActions = ['claim', 'create', 'note', 'update', 'withdraw', 'remove', 'forget'] as const
/** Of several users, the last of these is told. */
export const memberEnds = ['none', 'applied', 'foreign', 'kept', 'reported', 'applying', 'revoking'] as const
type ActionName = (typeof membershipActions)[number]
type EndName = (typeof memberEnds)[number]
export type MembershipAction = { readonly do: ActionName; readonly users: readonly PrincipalId[] }
/** `user`: whose end it is. */
export type MembershipEnd = { readonly tell: EndName | 'repeated'; readonly user?: PrincipalId }

/**
 * The next step for the files of one membership. The brake may hold somebody, so whoever is to be taken out comes last, with all
 * others: those whom it lets pass wait for nobody.
 */
export function decideMembership({ isRepeated, isOurGroup, users }: MembershipFacts): MembershipAction | MembershipEnd {
  if (isRepeated) return { tell: 'repeated' }
  if (!isOurGroup) return { tell: 'none' }
  const steps = users.map((facts) => ({ user: facts.user, ...decideMember(facts) }))
  const actions = steps.filter((step) => 'do' in step)
  const next = actions.find((one) => one.do !== 'withdraw')
  if (next) return { do: next.do, users: [next.user] }
  if (actions.length > 0) return { do: 'withdraw', users: actions.map(({ user }) => user) }
  const weigh = (tell: EndName) => memberEnds.indexOf(tell)
  const ends = steps.filter((step) => 'tell' in step)
  return ends.toSorted((one, other) => weigh(other.tell) - weigh(one.tell))[0] ?? { tell: 'none' }
}

/**
 * The next step for one user. Only what ssofile made is removed, by its own id; an entry goes when it is proved that nothing of ours is
 * there. The first row that fits counts. `ours`: what the entry has the id of.
 *
 * | entry      | wanted  | the directory has | besides              | step     |
 * | ---------- | ------- | ----------------- | -------------------- | -------- |
 * | none       | other   | any               |                      | none     |
 * | none       | yes     | a membership      |                      | foreign  |
 * | none       | yes     | none              | external             | none     |
 * | none       | yes     | none              |                      | claim    |
 * | without id | any     | a membership      |                      | note     |
 * | without id | other   | none              | fresh                | revoking |
 * | without id | no      | none              |                      | forget   |
 * | without id | unknown | none              |                      | kept     |
 * | without id | yes     | none              | external, fresh      | applying |
 * | without id | yes     | none              | external             | forget   |
 * | without id | yes     | none              | claimed just now     | create   |
 * | without id | yes     | none              |                      | claim    |
 * | with id    | unknown | any               |                      | kept     |
 * | with id    | any     | not ours, or none | external, not fresh  | forget   |
 * | with id    | no      | any               | external             | kept     |
 * | with id    | no      | any               | the entry says that it goes | remove |
 * | with id    | no      | any               |                      | withdraw |
 * | with id    | yes     | not ours          | not fresh            | forget   |
 * | with id    | yes     | none              | not fresh, and drift is restored or it is asked anew | claim |
 * | with id    | yes     | none              | not fresh            | reported |
 * | with id    | yes     | any               | not noted            | update   |
 * | with id    | yes     | any               | external             | kept     |
 * | with id    | yes     | any               |                      | applied  |
 */
export function decideMember(facts: MemberFacts): { readonly do: ActionName } | { readonly tell: EndName } {
  const { entry, isFresh, isWanted, found, isExternal } = facts
  if (entry === undefined) {
    if (isWanted !== 'yes') return { tell: 'none' }
    if (found !== undefined) return { tell: 'foreign' }
    return isExternal ? { tell: 'none' } : { do: 'claim' }
  }
  if (entry.membershipId === undefined) {
    if (found !== undefined) return { do: 'note' }
    if (isWanted !== 'yes' && isFresh) return { tell: 'revoking' }
    if (isWanted === 'no') return { do: 'forget' }
    if (isWanted === 'unknown') return { tell: 'kept' }
    if (isExternal) return isFresh ? { tell: 'applying' } : { do: 'forget' }
    return { do: facts.isClaimed ? 'create' : 'claim' }
  }
  if (isWanted === 'unknown') return { tell: 'kept' }
  const isLost = found !== entry.membershipId && !isFresh
  if (isExternal && isLost) return { do: 'forget' }
  if (isWanted === 'no') {
    if (isExternal) return { tell: 'kept' }
    return { do: entry.state === 'revoking' ? 'remove' : 'withdraw' }
  }
  if (isLost) {
    if (found !== undefined) return { do: 'forget' }
    return facts.onDrift === 'restore' || facts.isAskedAnew ? { do: 'claim' } : { tell: 'reported' }
  }
  if (!facts.isNoted) return { do: 'update' }
  return { tell: isExternal ? 'kept' : 'applied' }
}

/** Whether the step depends on what the directory has: to ask costs a call. */
export function isAboutDirectory(facts: Pick<MemberFacts, 'entry' | 'isFresh' | 'isWanted' | 'isExternal'>): boolean {
  const { entry, isFresh, isWanted, isExternal } = facts
  if (entry?.membershipId === undefined) return entry !== undefined || isWanted === 'yes'
  return !isFresh && (isWanted === 'yes' || (isExternal && isWanted === 'no'))
}
