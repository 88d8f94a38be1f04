import type { RequestPath } from '../../domain/files/access-request.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { nameApprovers } from './approvers.ts'
import type { Finding, RequestSources } from './gather-request.ts'

/** A request, with the eligibility in its status. */
type EvaluatedRequest = { readonly path: RequestPath; readonly request: Status['request'] }
/** A request that the user may decide on. `doubt`: why that is unknown. */
type Chosen<T> = { readonly asked: T; readonly doubt?: string }

/**
 * The requests that this user may decide on now. It compares the named approvers with the user's own name and groups, and asks the
 * directory about nobody else: everybody's page asks this, about all requests that wait. Only for display: the look at the request
 * decides, and the API has checked that the user may act at all (`findActor`).
 */
export async function chooseForApprover<T extends EvaluatedRequest>(
  user: PrincipalId,
  requests: readonly T[],
  context: Finding & Pick<RequestSources, 'people' | 'eligibilityFiles'>,
): Promise<readonly Chosen<T>[]> {
  const { people } = context
  const { eligibilities } = await context.eligibilityFiles.read()
  const others = requests.flatMap((asked) => {
    const file = asked.path.userId === user ? undefined : eligibilities.get(asked.request?.eligibility ?? '')
    return file?.ok ? [{ asked, eligibility: file.value }] : []
  })
  if (others.length === 0) return []
  const named = await Array.fromAsync(others, async ({ asked, eligibility }) => {
    return { asked, approvers: await unlessUnread(nameApprovers(eligibility, asked.path, context)) }
  })
  // Together: the fewest look-ups are by the names of all these groups, or by the user's own.
  const ofAll = named.flatMap(({ approvers }) => ('is' in approvers ? approvers.is.groups : []))
  const [name, { groups: own, unread }] = await Promise.all([
    people.nameOf(user),
    people.groupsOf(user, new Set(ofAll)),
  ])
  return named.flatMap(({ asked, approvers }): readonly Chosen<T>[] => {
    if ('unread' in approvers) return [{ asked, doubt: approvers.unread }]
    const { groups, users } = approvers.is
    if (users.some((one) => one === name) || groups.some((one) => own.has(one))) return [{ asked }]
    return unread === undefined || groups.length === 0 ? [] : [{ asked, doubt: unread }]
  })
}
