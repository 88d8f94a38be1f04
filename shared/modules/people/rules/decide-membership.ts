import type { PrincipalId } from '../../../domain/principals/identity-center-ids.ts'
import type { OwnedMembership } from '../../../domain/principals/owned-membership.ts'

/** One user in one group. */
export type MemberFacts = {
  readonly user: PrincipalId
  readonly entry: Pick<OwnedMembership, 'membershipId' | 'state'> | undefined
  /** The entry was written less than a minute ago for a create: only the process that wrote it sends that. */
  readonly isClaimed: boolean
  /**
   * The create of this process's own claim. `again`: an earlier create may have been sent. `refused`: the membership exists, and nobody
   * else can have sent one for us. `unknown`: the claim is another process's.
   */
  readonly create: 'unsent' | 'again' | 'refused' | 'unknown'
  /** The last create is less than five minutes old: the directory's listing may be older. */
  readonly isFresh: boolean
  /** `unknown`: a file cannot be read, so ssofile neither gives nor takes anything. */
  readonly isWanted: 'yes' | 'no' | 'unknown'
  /** The id of the membership in the directory now. */
  readonly found: string | undefined
  /** A provider manages the group: ssofile writes nothing there. */
  readonly isExternal: boolean
  /** Somebody renamed the group: nobody comes in, and its members leave as before. */
  readonly isRenamed: boolean
  readonly onDrift: 'restore' | 'report'
  /** A file changed since it gave the membership, or asks to count as new: its user is wanted again. */
  readonly isAskedAnew: boolean
  /** The entry names the files that ask for the membership, and the brake does not hold it. */
  readonly isNoted: boolean
}

export type MembershipFacts = {
  /** The applied file was uploaded again unchanged. */
  readonly isRepeated: boolean
  /** ssofile made or adopted the group. */
  readonly isOurGroup: boolean
  /** The users that the files mean now or meant before. The user who has the name now comes first. */
  readonly users: readonly MemberFacts[]
}

export const membershipActions = [
  'claim',
  'create',
  'disclaim',
  'note',
  'update',
  'withdraw',
  'remove',
  'forget',
] as const
/** If there are several users, the status tells the last of these ends. */
export const memberEnds = ['none', 'applied', 'foreign', 'kept', 'reported', 'applying', 'revoking'] as const
type ActionName = (typeof membershipActions)[number]
type EndName = (typeof memberEnds)[number]
export type MembershipAction = { readonly do: ActionName; readonly users: readonly PrincipalId[] }
/** `user`: the user whose end this is. */
export type MembershipEnd = { readonly tell: EndName | 'repeated'; readonly user?: PrincipalId }

/**
 * The next step for the files of one membership. Users to take out come last and together: the brake may hold some of them, and the
 * others must not wait for those.
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
 * The next step for one user. ssofile removes only memberships that it made, by their id. For a minute, only the process that
 * claimed a membership knows whose it is. An entry is forgotten only when nothing of ours can be in the directory. The first row
 * that fits counts. `ours`: the membership with the entry's id.
 *
 * | entry      | wanted  | the directory has | besides              | step     |
 * | ---------- | ------- | ----------------- | -------------------- | -------- |
 * | none       | other   | any               |                      | none     |
 * | none       | yes     | a membership      |                      | foreign  |
 * | none       | yes     | none              | external or renamed  | none     |
 * | none       | yes     | none              | refused              | applying |
 * | none       | yes     | none              |                      | claim    |
 * | without id | any     | any               | refused              | disclaim |
 * | without id | any     | a membership      | unsent               | disclaim |
 * | without id | no      | any               | unsent               | disclaim |
 * | without id | yes     | any               | claimed just now, by another | applying |
 * | without id | other   | any               | claimed just now, by another | revoking |
 * | without id | any     | a membership      |                      | note     |
 * | without id | other   | none              | fresh                | revoking |
 * | without id | no      | none              |                      | forget   |
 * | without id | unknown | none              |                      | kept     |
 * | without id | yes     | none              | external or renamed, fresh | applying |
 * | without id | yes     | none              | external or renamed  | forget   |
 * | without id | yes     | none              | claimed just now     | create   |
 * | without id | yes     | none              |                      | claim    |
 * | with id    | unknown | any               |                      | kept     |
 * | with id    | any     | not ours, or none | external, not fresh  | forget   |
 * | with id    | no      | any               | external             | kept     |
 * | with id    | no      | any               | the entry says `revoking` | remove |
 * | with id    | no      | any               |                      | withdraw |
 * | with id    | yes     | not ours          | not fresh            | forget   |
 * | with id    | yes     | none              | not fresh, not renamed, and drift is restored or a file asks again | claim |
 * | with id    | yes     | none              | not fresh            | reported |
 * | with id    | yes     | any               | not noted            | update   |
 * | with id    | yes     | any               | external             | kept     |
 * | with id    | yes     | any               |                      | applied  |
 */
export function decideMember(facts: MemberFacts): { readonly do: ActionName } | { readonly tell: EndName } {
  const { entry, create, isFresh, isWanted, found, isExternal, isRenamed } = facts
  const isClosed = isExternal || isRenamed
  if (entry === undefined) {
    if (isWanted !== 'yes') return { tell: 'none' }
    if (found !== undefined) return { tell: 'foreign' }
    if (isClosed) return { tell: 'none' }
    return create === 'refused' ? { tell: 'applying' } : { do: 'claim' }
  }
  if (entry.membershipId === undefined) {
    if (create === 'refused') return { do: 'disclaim' }
    if (create === 'unsent' && (found !== undefined || isWanted === 'no')) return { do: 'disclaim' }
    if (facts.isClaimed && create === 'unknown') return { tell: isWanted === 'yes' ? 'applying' : 'revoking' }
    if (found !== undefined) return { do: 'note' }
    if (isWanted !== 'yes' && isFresh) return { tell: 'revoking' }
    if (isWanted === 'no') return { do: 'forget' }
    if (isWanted === 'unknown') return { tell: 'kept' }
    if (isClosed) return isFresh ? { tell: 'applying' } : { do: 'forget' }
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
    const isRestored = facts.onDrift === 'restore' || facts.isAskedAnew
    return isRestored && !isRenamed ? { do: 'claim' } : { tell: 'reported' }
  }
  if (!facts.isNoted) return { do: 'update' }
  return { tell: isExternal ? 'kept' : 'applied' }
}

/** Whether the step depends on the directory. Reading it costs a call. */
export function isAboutDirectory(facts: Pick<MemberFacts, 'entry' | 'isFresh' | 'isWanted' | 'isExternal'>): boolean {
  const { entry, isFresh, isWanted, isExternal } = facts
  if (entry?.membershipId === undefined) return entry !== undefined || isWanted === 'yes'
  return !isFresh && (isWanted === 'yes' || (isExternal && isWanted === 'no'))
}
