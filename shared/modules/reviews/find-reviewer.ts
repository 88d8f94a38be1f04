import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import type { RequestSources } from '../requests/gather-request.ts'
import { wereIn } from './reviewing-groups.ts'
import { groupsBehind, type Reviewer } from './rules/decide-decision.ts'
import type { ReviewItem } from './rules/review-item.ts'
import type { ReviewRun } from './rules/review-record.ts'

/** Items of one run. `folder`: that of the run. */
type ItemsOfRun = { readonly folder: string; readonly run: ReviewRun; readonly items: readonly ReviewItem[] }

/** The person as a reviewer of these items. */
export async function findReviewer(
  userId: PrincipalId,
  { folder, run, items }: ItemsOfRun,
  { objects, actorOf, people }: Pick<RequestSources, 'people' | 'actorOf'> & { readonly objects: ReadingObjects },
): Promise<Reviewer> {
  const { name, user, bar } = await actorOf(userId)
  const behind = new Set(items.flatMap((item) => groupsBehind(item, run)))
  const { ids: groupIds, unread } = await people.groupsOf(userId, new Set(), behind)
  const groupsOfThen = await wereIn(userId, { folder, groups: groupIds }, objects)
  const is = { bar: bar !== undefined, isUnclear: unread !== undefined }
  return { userId, name, userName: user?.name ?? name, groupIds, groupsOfThen, ...is }
}
