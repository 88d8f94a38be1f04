import pLimit from 'p-limit'
import type { RequestDigest, RequestPath } from '../../domain/files/access-request.ts'
import { renderApprovalKey } from '../../domain/files/approval-file.ts'
import type { Eligibility } from '../../domain/files/eligibility-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Bar } from '../../domain/principals/judge-actor.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import type { Actor } from '../../reconcile/directory/find-actor.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { readParsedInput } from '../../reconcile/records/read-input.ts'
import { type Finding, findAccount, type RequestSources } from './gather-request.ts'
import type { NamedPeople, People } from './people.ts'
import { type AbleApprovers, type Approvals, approversMost, type GivenDecision } from './rules/decide-request.ts'

/** `unread`: why some approvers are unknown. `lacks`: the names behind which is nobody, in sentences. */
type Approvers = {
  readonly people: ReadonlySet<PrincipalId>
  readonly unread?: string | undefined
  readonly lacks?: readonly string[]
  /** Nobody knows the tags of the account now, and so its owner. */
  readonly isOwnerUnknown?: boolean
}

type NamedApprovers = Pick<Approvers, 'isOwnerUnknown'> & {
  readonly groups: readonly string[]
  readonly users: readonly string[]
  /** The value of the tag, which is one of both. */
  readonly owner?: string | undefined
}

/** The groups and users who approve this request by this eligibility now. An owner may be one or the other. */
export async function nameApprovers(
  { approvers: { groups, users, ownerTag } }: Eligibility,
  { link: { scope } }: RequestPath,
  context: Finding,
): Promise<NamedApprovers> {
  if (ownerTag === undefined || scope.kind !== 'account') return { groups, users }
  const tags = (await findAccount(scope.id, true, context))?.tags
  const owner = tags?.[ownerTag] || undefined
  const owners = owner === undefined ? [] : [owner]
  return { groups: [...groups, ...owners], users: [...users, ...owners], owner, isOwnerUnknown: tags === undefined }
}

/** Everybody who may approve this request by this eligibility now. No other code decides that. */
export async function listApprovers(
  eligibility: Eligibility,
  path: RequestPath,
  context: Finding & { readonly people: People },
): Promise<Approvers> {
  const { people } = context
  const named = await nameApprovers(eligibility, path, context)
  const [groups, users] = await Promise.all([people.named('GROUP', named.groups), people.named('USER', named.users)])
  return {
    people: new Set([...groups.people, ...users.people]),
    unread: groups.unread ?? users.unread,
    lacks: sayLacks(eligibility, named.owner, { groups, users }),
    ...(named.isOwnerUnknown && { isOwnerUnknown: true }),
  }
}

/** An owner may be a group or a user, so only a name that is neither is missing. */
function sayLacks(
  { approvers: { groups, users, ownerTag } }: Eligibility,
  owner: string | undefined,
  found: { readonly groups: NamedPeople; readonly users: NamedPeople },
): readonly string[] {
  const isOwnerAbsent = owner !== undefined && found.groups.absent.includes(owner) && found.users.absent.includes(owner)
  const tag = `the account's tag '${quote(ownerTag ?? '')}'`
  return [
    ...groups
      .filter((name) => found.groups.absent.includes(name))
      .map((name) => `group '${quote(name)}' does not exist`),
    ...found.groups.empty.map((name) => `group '${quote(name)}' has no members`),
    ...users.filter((name) => found.users.absent.includes(name)).map((name) => `user '${quote(name)}' does not exist`),
    ...(ownerTag !== undefined && owner === undefined ? [`${tag} names nobody`] : []),
    ...(isOwnerAbsent ? [`'${quote(owner)}' of ${tag} is neither a group nor a user`] : []),
  ]
}

/** How many people may approve a request of this user, counted up to `needed`; `undefined`: not known. */
export async function countAble(
  { people, unread, isOwnerUnknown, lacks = [] }: Approvers,
  { requester, needed }: { readonly requester: PrincipalId; readonly needed: number },
  { actorOf }: Pick<RequestSources, 'actorOf'>,
): Promise<AbleApprovers | undefined> {
  const others = [...people].filter((id) => id !== requester)
  const barred: string[] = []
  let able = 0
  for (const id of others.slice(0, approversMost)) {
    if (able >= needed) break
    const { user, bar } = await actorOf(id)
    if (bar === undefined) able += 1
    else if (user !== undefined) barred.push(`'${quote(user.name)}' ${bars[bar.is]}`)
  }
  const isUnknown = isOwnerUnknown || unread !== undefined || others.length > approversMost
  if (able < needed && isUnknown) return undefined
  const own = people.has(requester) ? ['nobody approves their own request'] : []
  return { able, why: [...lacks, ...barred.sort(), ...own] }
}

const bars: Readonly<Record<Bar['is'], string>> = {
  suspended: 'is suspended',
  disabled: 'is disabled',
  gone: 'has a name that links cannot spell',
  outside: 'may not approve',
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
  const read = named.map(({ approvers }) => approvers).filter((one) => 'is' in one)
  const ofAll = read.flatMap(({ is }) => is.groups)
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
