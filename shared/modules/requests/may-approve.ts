import type { RequestPath } from '../../domain/files/access-request.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { listApprovers } from './approvers.ts'
import type { Finding, RequestSources } from './gather-request.ts'

/**
 * Whether this user may decide on a request now, by the eligibility in its status. Only for display: the look at the request
 * decides, and the API has checked that the user may act at all (`findActor`).
 */
export async function mayApprove(
  user: PrincipalId,
  path: RequestPath,
  { request }: Pick<Status, 'request'>,
  context: Finding & Pick<RequestSources, 'people' | 'eligibilityFiles'>,
): Promise<boolean> {
  if (user === path.userId || request?.eligibility === undefined) return false
  const file = (await context.eligibilityFiles.read()).eligibilities.get(request.eligibility)
  if (!file?.ok) return false
  return (await listApprovers(file.value, path, context)).people.has(user)
}
