import type { OwnedMembership } from './owned-membership.ts'

/**
 * What becomes of the record of a membership that is gone, when nothing says that it has ended. `entry`: by the last version, or by
 * history; `found`: the membership that the directory has now.
 *
 * | the record has | the directory has | then                                              |
 * | -------------- | ----------------- | ------------------------------------------------- |
 * | an id          | the same          | ours: as it was                                   |
 * | an id          | another, or none  | over: somebody took the user out                  |
 * | no id          | none              | over                                              |
 * | no id          | one               | undecided: ssofile, or others, may have made it    |
 */
export function judgeLostMembership(
  entry: Pick<OwnedMembership, 'membershipId'>,
  found: string | undefined,
): 'ours' | 'over' | 'undecided' {
  if (entry.membershipId === undefined) return found === undefined ? 'over' : 'undecided'
  return entry.membershipId === found ? 'ours' : 'over'
}
