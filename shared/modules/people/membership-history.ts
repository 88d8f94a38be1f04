import type { Author } from '../../domain/by-hand/author.ts'
import { type Membership, renderMembership } from '../../domain/files/membership-file.ts'
import type { MembershipId, OwnedMembership } from '../../domain/principals/owned-membership.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import type { Effect } from '../../reconcile/inputs/controller.ts'
import { renderNameInKey } from '../../reconcile/records/name-in-key.ts'
import { readOwnerOf } from '../../reconcile/records/owned-groups.ts'
import type { EventSubject } from '../../reconcile/records/tell-event.ts'

/** `ending`: a rule no longer matches the user, who stays until then. */
export type MembershipChange = {
  readonly event: 'added' | 'ending' | 'removed'
  /** Absent: now. */
  readonly at?: string
  /** Someone else ended it. */
  readonly isByOthers?: boolean
  /** The author who ended it. Absent: unknown. */
  readonly by?: Author | undefined
  /** Finds a lost record in the directory. */
  readonly membershipId?: string | undefined
  readonly until?: string | undefined
}

/** History keeps a membership's events under its ids, with the names of its entry. */
export function historyOfMembership({ group, user }: MembershipId, names: Membership): EventSubject {
  const id = `${group}%${user}`
  return { folder: `history/memberships/${id}/`, name: renderNameInKey(renderMembership(names)), id }
}

/** The history of a change, with the files that ask for the membership and the owner of the group. */
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
