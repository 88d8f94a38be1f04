import pLimit from 'p-limit'
import type { RequestDigest, RequestPath } from '../../domain/files/access-request.ts'
import { renderApprovalKey } from '../../domain/files/approval-file.ts'
import type { Eligibility } from '../../domain/files/eligibility-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import type { Actor } from '../../reconcile/directory/find-actor.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { readParsedInput } from '../../reconcile/records/read-input.ts'
import { type Finding, findAccount, type RequestSources } from './gather-request.ts'
import type { People } from './people.ts'
import { type Approvals, approversMost, type GivenDecision } from './rules/decide-request.ts'

/** `unread`: why some approvers are unknown. */
type Approvers = { readonly people: ReadonlySet<PrincipalId>; readonly unread?: string | undefined }

/** The groups and users who approve this request by this eligibility now. An owner may be one or the other. */
export async function nameApprovers(
  { approvers: { groups, users, ownerTag } }: Eligibility,
  { link: { scope } }: RequestPath,
  context: Finding,
): Promise<{ readonly groups: readonly string[]; readonly users: readonly string[] }> {
  const isOwned = ownerTag !== undefined && scope.kind === 'account'
  const owner = isOwned ? (await findAccount(scope.id, true, context))?.tags?.[ownerTag] : undefined
  const owners = owner === undefined || owner === '' ? [] : [owner]
  return { groups: [...groups, ...owners], users: [...users, ...owners] }
}

/** Everybody who may approve this request by this eligibility now. No other code decides that. */
export async function listApprovers(
  eligibility: Eligibility,
  path: RequestPath,
  context: Finding & { readonly people: People },
): Promise<Approvers> {
  const { people } = context
  const { groups, users } = await nameApprovers(eligibility, path, context)
  const [ofGroups, named] = await Promise.all([people.named('GROUP', groups), people.named('USER', users)])
  return { people: new Set([...ofGroups.people, ...named.people]), unread: ofGroups.unread ?? named.unread }
}

type ApproversOfEligibility = Approvers & {
  /** The eligibility. */
  readonly name: string
  /** If too many people may decide, ssofile reads only the decisions of these: one denial is enough. */
  readonly first: ReadonlySet<PrincipalId>
}

/**
 * The decisions of these people on the upload with this digest, from users who exist. A disabled or suspended user approves
 * nothing. Throws if S3 does not answer.
 */
export async function readApprovals(
  { name, people, unread, first }: ApproversOfEligibility,
  digest: RequestDigest,
  { objects, actorOf }: { readonly objects: ReadingObjects; readonly actorOf: (user: PrincipalId) => Promise<Actor> },
): Promise<Approvals> {
  const isTooMany = people.size > approversMost
  const asked = isTooMany ? first : people
  const unreadable: Complaint[] = []
  const read = async (id: PrincipalId): Promise<readonly GivenDecision[]> => {
    const key = renderApprovalKey({ userId: id, digest })
    const found = await readParsedInput(objects, key, kinds.approval)
    if (found === undefined) return []
    if (!found.file.ok) {
      unreadable.push(found.file.complaint)
      return []
    }
    const { head, file } = found
    const { user, name, bar } = await actorOf(id)
    // A denial counts, because it grants nothing, also of somebody whose name links cannot spell.
    const mayApprove = bar === undefined && name !== undefined
    if (user === undefined || (!mayApprove && file.value.decision === 'approve')) return []
    return [{ user: id, name, at: renderInstant(head.lastModified), ...file.value }]
  }
  const given = (await pLimit(readsAtOnce).map(asked, (id) => read(id))).flat()
  return {
    eligibility: name,
    given: given.sort((a, b) => (`${a.at} ${a.user}` < `${b.at} ${b.user}` ? -1 : 1)),
    unreadable,
    unread,
    ...(isTooMany && { tooMany: people.size }),
  }
}

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
