import pLimit from 'p-limit'
import type { RequestDigest, RequestPath } from '../../domain/files/access-request.ts'
import { renderApprovalKey } from '../../domain/files/approval-file.ts'
import type { Eligibility } from '../../domain/files/eligibility-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import type { Actor } from '../../reconcile/directory/find-actor.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { readParsedInput } from '../../reconcile/records/read-input.ts'
import { type Finding, findAccount } from './gather-request.ts'
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
  const limit = pLimit(readsAtOnce)
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
    const { name, bar } = await actorOf(id)
    // A denial counts, because it grants nothing.
    if (name === undefined || (bar !== undefined && file.value.decision === 'approve')) return []
    return [{ user: id, name, at: renderInstant(head.lastModified), ...file.value }]
  }
  const given = (await Promise.all([...asked].map((id) => limit(() => read(id))))).flat()
  return {
    eligibility: name,
    given: given.sort((a, b) => (`${a.at} ${a.user}` < `${b.at} ${b.user}` ? -1 : 1)),
    unreadable,
    unread,
    ...(isTooMany && { tooMany: people.size }),
  }
}
