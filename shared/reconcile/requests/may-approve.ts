import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { RequestPath } from '../../domain/requests/access-request.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { listApprovers } from './approvers.ts'
import type { Finding, RequestSources } from './gather-request.ts'

/**
 * Whether this user is one of those who may decide on a request now, by the eligibility that its status names. Only for showing:
 * what counts is decided when the request is looked at, and whether the user may act at all the door has asked (`findActor`).
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
