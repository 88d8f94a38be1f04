import { leavingOf, type Taking } from '../../domain/brake/minimum.ts'
import { isOnlyTemporary } from '../../domain/guardrails/minimum.ts'
import type { Membership } from '../../domain/people/membership-file.ts'
import { renderMembership } from '../../domain/people/membership-file.ts'
import type { MembershipId } from '../../domain/people/owned-membership.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalIndex } from '../directory/principal-index.ts'
import { type MinimumSources, Minimums } from '../guardrails/minimums.ts'
import type { PlannedGrant, PlannedRevocation } from './planned-access.ts'
import { isEndOfTemporary } from './preview-brake.ts'

type Planned = {
  readonly revocations: readonly PlannedRevocation[]
  readonly grants: readonly PlannedGrant[]
  readonly added: readonly Membership[]
  readonly removed: readonly Membership[]
}

/** The minimums that an account would break after the whole plan. Ascending, each once. */
export async function previewMinimums(
  { revocations, grants, added, removed }: Planned,
  { principals, ...sources }: MinimumSources & { readonly principals: Pick<PrincipalIndex, 'resolve'> },
): Promise<readonly string[]> {
  const ending = revocations.filter(({ links }) => !isEndOfTemporary(links))
  const takings: Taking[] = ending.map(({ key }) => ({ key }))
  for (const one of removed) {
    const membership = await idOf(one, principals)
    if (membership) takings.push({ membership, item: renderMembership(one) })
  }
  const members = new Map<PrincipalId, PrincipalId[]>()
  for (const one of added) {
    const id = await idOf(one, principals)
    if (id) members.set(id.group, [...(members.get(id.group) ?? []), id.user])
  }
  const access = grants.flatMap(({ assignment, principalId, links }) =>
    principalId && !isOnlyTemporary(links) ? [{ ...assignment, principalId }] : [],
  )
  const leaving = new Set([...revocations.map(({ key }) => key), ...takings.map(leavingOf)])
  const judged = await new Minimums(sources).judgeAll(takings, leaving, { access, members })
  return [...new Set(judged.flatMap(({ objection }) => (objection ? [objection.objection] : [])))].sort()
}

/** `undefined`: the directory has no such user or group yet. */
async function idOf(
  { group: groupName, user: userName }: Membership,
  principals: Pick<PrincipalIndex, 'resolve'>,
): Promise<MembershipId | undefined> {
  const group = await principals.resolve('GROUP', groupName, Number.NEGATIVE_INFINITY)
  const user = await principals.resolve('USER', userName, Number.NEGATIVE_INFINITY)
  return group && user && { group, user }
}
