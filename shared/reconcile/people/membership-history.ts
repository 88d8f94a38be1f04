import type { Author } from '../../domain/by-hand/author.ts'
import { renderNameInKey } from '../../domain/links/name-in-key.ts'
import { type Membership, renderMembership } from '../../domain/people/membership-file.ts'
import type { MembershipId, OwnedMembership } from '../../domain/people/owned-membership.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import type { Effect } from '../inputs/controller.ts'
import { readOwnerOf } from '../records/owned-groups.ts'
import type { EventSubject } from '../records/tell-event.ts'

/** `ending`: a rule does not match the user any more, who stays until then. */
export type MembershipChange = {
  readonly event: 'added' | 'ending' | 'removed'
  /** Absent: now. */
  readonly at?: string
  /** Somebody else has ended it. */
  readonly isByOthers?: boolean
  /** Who that was; absent: it is not known. */
  readonly by?: Author | undefined
  /** By this id a lost record is compared with the directory. */
  readonly membershipId?: string | undefined
  readonly until?: string | undefined
}

/** History has the events of a membership under its ids, by the names of its entry. */
export function historyOfMembership({ group, user }: MembershipId, names: Membership): EventSubject {
  return { folder: `history/memberships/${group}%${user}/`, name: renderNameInKey(renderMembership(names)) }
}

/** What history says of a change: the files that ask for the membership, and who answers for the group. */
export async function describeMembershipChange(
  objects: ReadingObjects,
  id: MembershipId,
  { group, user, files }: Pick<OwnedMembership, 'group' | 'user' | 'files'>,
  { event, at, isByOthers, by, membershipId, until }: MembershipChange,
): Promise<NonNullable<Effect<never>['history']>> {
  const owner = await readOwnerOf(objects, group)
  const names = { group, user }
  const body = { ...id, membershipId, names, files, owner, until, ...(isByOthers && { isByOthers, by }) }
  return { event, at, body, by, owner }
}
