import type { OwnedMembership } from '../../../domain/principals/owned-membership.ts'

/**
 * The fate of a lost membership record if nothing says that the membership ended. `entry`: from the last version or from history.
 * `found`: the membership in the directory now.
 *
 * | the record has | the directory has | then                                           |
 * | -------------- | ----------------- | ---------------------------------------------- |
 * | an id          | the same          | ours: as before                                |
 * | an id          | another, or none  | over: somebody took the user out               |
 * | no id          | none              | over                                           |
 * | no id          | one               | undecided: ssofile or others may have made it  |
 */
export function judgeLostMembership(
  entry: Pick<OwnedMembership, 'membershipId'>,
  found: string | undefined,
): 'ours' | 'over' | 'undecided' {
  if (entry.membershipId === undefined) return found === undefined ? 'over' : 'undecided'
  return entry.membershipId === found ? 'ours' : 'over'
}
