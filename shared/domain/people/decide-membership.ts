import type { OwnedMembership } from './owned-membership.ts'

/** What is known of one user in one group. */
export type MembershipFacts = {
  readonly entry: Pick<OwnedMembership, 'membershipId'> | undefined
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
}

export const membershipSteps = [
  'nothing',
  'foreign',
  'claim',
  'create',
  'note',
  'keep',
  'report',
  'wait',
  'remove',
  'forget',
] as const
export type MembershipStep = (typeof membershipSteps)[number]

/**
 * The next step. Only what ssofile made is removed, by its own id; an entry goes when it is proved that nothing of ours is there.
 * The first row that fits counts. `ours`: what the entry has the id of.
 *
 * | entry      | wanted  | the directory has | besides              | step    |
 * | ---------- | ------- | ----------------- | -------------------- | ------- |
 * | none       | yes     | a membership      |                      | foreign |
 * | none       | yes     | none              | external             | nothing |
 * | none       | yes     | none              |                      | claim   |
 * | none       | other   | any               |                      | nothing |
 * | without id | any     | a membership      |                      | note    |
 * | without id | other   | none              | fresh                | wait    |
 * | without id | yes     | none              | external, fresh      | wait    |
 * | without id | no      | none              |                      | forget  |
 * | any        | unknown | any               |                      | keep    |
 * | without id | yes     | none              | external             | forget  |
 * | without id | yes     | none              |                      | create  |
 * | with id    | any     | not ours, or none | external, not fresh  | forget  |
 * | with id    | any     | any               | external             | keep    |
 * | with id    | no      | any               |                      | remove  |
 * | with id    | yes     | ours              |                      | keep    |
 * | with id    | yes     | not ours, or none | fresh                | keep    |
 * | with id    | yes     | not ours          |                      | forget  |
 * | with id    | yes     | none              | drift is restored, or it is asked anew | create |
 * | with id    | yes     | none              | drift is reported    | report  |
 */
export function decideMembership(facts: MembershipFacts): MembershipStep {
  const { entry, isFresh, isWanted, found, isExternal, onDrift, isAskedAnew } = facts
  if (entry === undefined) {
    if (isWanted !== 'yes') return 'nothing'
    if (found !== undefined) return 'foreign'
    return isExternal ? 'nothing' : 'claim'
  }
  if (entry.membershipId === undefined) {
    if (found !== undefined) return 'note'
    if (isWanted !== 'yes' && isFresh) return 'wait'
    if (isWanted === 'no') return 'forget'
    if (isWanted === 'unknown') return 'keep'
    if (isExternal) return isFresh ? 'wait' : 'forget'
    return 'create'
  }
  if (isWanted === 'unknown') return 'keep'
  const isOurs = found === entry.membershipId
  if (isExternal) return isOurs || isFresh ? 'keep' : 'forget'
  if (isWanted === 'no') return 'remove'
  if (isOurs || isFresh) return 'keep'
  if (found !== undefined) return 'forget'
  return onDrift === 'restore' || isAskedAnew ? 'create' : 'report'
}
