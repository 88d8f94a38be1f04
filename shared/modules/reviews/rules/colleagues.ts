import type { PrincipalId } from '../../../domain/principals/identity-center-ids.ts'
import { count } from '../../../domain/text/count.ts'
import type { ReviewItem, Subject } from './review-item.ts'

/**
 * Tells what the colleagues of a person have, as this review knows it. Access that nobody else in the person's groups has is easier to
 * judge, and so is a group that others use. Answers an empty text for access of groups, and for people without a membership in the review.
 */
export function compareColleagues(items: readonly Pick<ReviewItem, 'subject'>[]): (subject: Subject) => string {
  const subjects = items.map(({ subject }) => subject)
  const memberships = subjects.filter((one) => one.kind === 'membership')
  const byGroup = Map.groupBy(memberships, ({ groupId }) => groupId)
  const byUser = Map.groupBy(memberships, ({ userId }) => userId)
  const holders = new Map<string, Set<PrincipalId>>()
  for (const one of subjects)
    if ('permissionSet' in one && one.type === 'USER' && one.principalId !== undefined)
      holders.set(one.permissionSet, (holders.get(one.permissionSet) ?? new Set()).add(one.principalId))
  return (subject) => {
    if (subject.kind === 'membership') {
      const others = (byGroup.get(subject.groupId) ?? []).filter(({ userId }) => userId !== subject.userId)
      const users = others.filter(({ lastUsed }) => lastUsed !== undefined)
      return others.length === 0
        ? 'Nobody else is in the group'
        : `${users.length} of ${count(others.length, 'other')} in the group used it`
    }
    if (!('permissionSet' in subject) || subject.type !== 'USER' || subject.principalId === undefined) return ''
    const own = byUser.get(subject.principalId) ?? []
    const colleagues = new Set(own.flatMap(({ groupId }) => (byGroup.get(groupId) ?? []).map(({ userId }) => userId)))
    colleagues.delete(subject.principalId)
    const alike = colleagues.intersection(holders.get(subject.permissionSet) ?? new Set())
    const groups = [...new Set(own.map(({ group }) => group))].join(', ')
    return colleagues.size === 0
      ? ''
      : `${alike.size} of ${count(colleagues.size, 'colleague')} in ${groups} ${alike.size === 1 ? 'has' : 'have'} it too`
  }
}
