import { createHash } from 'node:crypto'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type RequestDigest, type RequestPath, scopeDigest } from '../../domain/files/access-request.ts'
import type { Eligibility } from '../../domain/files/eligibility-file.ts'
import { linkBodyMostBytes, parseLinkBody } from '../../domain/links/link-body.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { expandScope, expandScopeAtMost } from '../../domain/scopes/expand-scope.ts'
import { isScopeWithin, type ScopePosition } from '../../domain/scopes/scope-within.ts'
import { isAdmitted } from '../../domain/suspensions/describe-suspension.ts'
import { fitsOne } from '../../domain/text/glob.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import type { Actor } from '../../reconcile/directory/find-actor.ts'
import type { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { asksTags, viewFor } from '../../reconcile/organization/view-for.ts'
import { readInput } from '../../reconcile/records/read-input.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { EligibilityFiles } from './eligibility-files.ts'
import type { GroupsOfPerson, People } from './people.ts'
import { readUploadHistory } from './request-history.ts'
import { isFor } from './rules/choose-eligibility.ts'
import type { RequestFacts, UploadHistory } from './rules/decide-request.ts'

export type RequestSources = {
  readonly objects: ReadingObjects
  readonly configuration: Configuration
  readonly organization: Pick<OrganizationCache, 'view' | 'viewWithTags' | 'selectors' | 'find' | 'readLive'>
  readonly eligibilityFiles: EligibilityFiles
  readonly people: People
  /** A user as an actor. */
  readonly actorOf: (user: PrincipalId) => Promise<Actor>
  /** Read accounts live, and read these eligibilities again. */
  readonly fresh?: ReadonlySet<string> | undefined
}

/** Everything that a search for one account needs. */
export type Finding = Pick<RequestSources, 'fresh'> & {
  readonly organization: Pick<OrganizationCache, 'view' | 'find' | 'readLive'>
}

/** The object at the place of this request's link, and its status if it is this user's own link. */
export async function readTemporaryLink(
  { userId, link }: RequestPath,
  objects: ReadingObjects,
): Promise<Pick<RequestFacts, 'link' | 'linkStatus'>> {
  const found = await readInput(objects, link.key, { mostBytes: linkBodyMostBytes })
  if (!found) return { link: { found: 'none' } }
  if ('complaint' in found) return { link: { found: 'unreadable', etag: found.head.etag } }
  const { body, etag, size } = found
  const parsed = parseLinkBody(link.key, body, size)
  const of = parsed.ok ? parsed.value.request : undefined
  if (of === undefined) return { link: { found: 'of nobody', etag } }
  if (of.user !== userId) return { link: { found: 'of another user', user: of.user } }
  const told = await spoiledAsAbsent(readStatus(objects, link.key))
  const own = { found: 'own', etag, digest: of.digest, text: new TextDecoder().decode(body) } as const
  return { link: own, linkStatus: told?.etag === etag ? told : undefined }
}

/** The history of each upload that matters. A link copied from another request has no grant of this one. */
export async function readHistories(
  { userId: user, key }: RequestPath,
  digests: readonly (RequestDigest | undefined)[],
  objects: ReadingObjects,
): Promise<RequestFacts['told']> {
  const read = async (digest: RequestDigest) => [digest, await readUploadHistory(objects, { user, digest })] as const
  const named = new Set(digests.flatMap((digest) => digest ?? []))
  const ofRequest = new Map(await Promise.all([...named].map(read)))
  for (const { replacedBy } of ofRequest.values())
    if (replacedBy !== undefined && !ofRequest.has(replacedBy)) ofRequest.set(...(await read(replacedBy)))
  return (digest) => {
    const history = ofRequest.get(digest)
    return history && (history.granted?.key ?? key) === key ? history : noHistory
  }
}

const noHistory: UploadHistory = { events: new Set(), approvedBy: new Set() }

type Directory = Pick<
  RequestFacts,
  'userName' | 'isDisabled' | 'hasLeft' | 'groups' | 'groupsUnread' | 'covers' | 'eligibilities' | 'broken'
>

/** The requester and the eligibilities. */
export async function readDirectory(path: RequestPath, context: RequestSources): Promise<Directory> {
  const { people, actorOf, objects } = context
  const { permissionSet } = path.link
  const { usable, broken } = await readEligibilities(context)
  const fitting = usable.filter(({ permissionSets }) => fitsOne(permissionSets, permissionSet))
  const [covers, { name: userName, bar }] = await Promise.all([
    readCovers(path, fitting, context),
    actorOf(path.userId),
  ])
  const concerned = fitting.filter(({ scopes }) => scopes.some((scope) => covers(scope) !== false))
  const groupsIn = (some: readonly Eligibility[]): Promise<GroupsOfPerson> => {
    const named = some.flatMap((one) => [...one.for.groups, ...(one.approvedByItself?.groups ?? [])])
    return people.groupsOf(path.userId, new Set(named))
  }
  const own: GroupsOfPerson = userName === undefined ? { groups: new Set() } : await groupsIn(concerned)
  const isRefused =
    userName !== undefined && own.unread === undefined && !concerned.some((one) => isFor(one, { ...own, userName }))
  // A refusal names what the closest eligibility lacks, which may be for another group of the user.
  const all = isRefused ? await groupsIn(usable) : own
  const { groups, unread: groupsUnread } = all.unread === undefined ? all : own
  // Until the brake passes the suspension, nothing ends for good.
  const told = bar?.is === 'suspended' ? await spoiledAsAbsent(readStatus(objects, bar.by)) : undefined
  const hasLeft = isAdmitted(told)
  const isDisabled = userName !== undefined && bar !== undefined
  return { userName, isDisabled, hasLeft, groups, groupsUnread, covers, eligibilities: usable, broken }
}

async function readEligibilities({ eligibilityFiles, fresh }: RequestSources) {
  const { eligibilities } = await eligibilityFiles.read()
  const usable: Eligibility[] = []
  const broken: string[] = []
  for (const [name, file] of eligibilities) {
    const eligibility = fresh?.has(name) ? await eligibilityFiles.readNow(name) : file.ok ? file.value : undefined
    if (eligibility) usable.push(eligibility)
    else broken.push(name)
  }
  return { usable, broken }
}

async function readCovers(
  { link: { scope } }: RequestPath,
  eligibilities: readonly Eligibility[],
  context: RequestSources,
): Promise<RequestFacts['covers']> {
  const { organization, configuration } = context
  const [view, selectors] = await Promise.all([organization.view(), organization.selectors()])
  const membership = { ...configuration, selectors, managementAccountId: view.managementAccountId }
  const tagsMatter = eligibilities.some(({ scopes }) => scopes.some((one) => asksTags(one, selectors)))
  const place: ScopePosition = {
    account: scope.kind === 'account' ? await findAccount(scope.id, tagsMatter, context) : undefined,
    parents: scope.kind === 'ou_id' ? parentsOf(scope.id, view.accounts) : undefined,
  }
  return (outer) => isScopeWithin(scope, outer, place, membership)
}

/** How long a look waits for tags. The next look waits for the rest. */
const tagsMs = 10_000

/** The accounts of the requested scope, as its link would reach them. */
export async function readScope(
  { link }: RequestPath,
  { organization, configuration, clock }: RequestSources & { readonly clock: Pick<Clock, 'monotonicMs'> },
): Promise<NonNullable<RequestFacts['scope']>> {
  const { view, selectors, lacksTags } = await viewFor(link.scope, organization, clock.monotonicMs() + tagsMs)
  const scoping = { ...configuration, selectors }
  const accounts = expandScope(link, view, scoping)
  if (lacksTags || expandScopeAtMost(link, view, scoping).length > accounts.length) return 'unknown'
  const digest = createHash('sha256').update(accounts.join()).digest('hex').slice(0, 32)
  return { digest: scopeDigest.parse(digest), accounts }
}

/** Live before a grant, because the account may have moved. */
export async function findAccount(
  id: Account['id'],
  tagsMatter: boolean,
  { organization, fresh }: Finding,
): Promise<Account | undefined> {
  const doTagsMatter = async () => tagsMatter
  if (fresh) return organization.readLive(id, doTagsMatter)
  return organization.find(id, await organization.view(), doTagsMatter)
}

/** The units above a unit that has an account. */
function parentsOf(unit: string, accounts: readonly Account[]): readonly string[] | undefined {
  const inside = accounts.find(({ parents }) => parents.includes(unit))
  return inside?.parents.slice(0, inside.parents.indexOf(unit))
}

/** Placeholder until the decision needs the directory. */
export const unreadDirectory: Directory & Pick<RequestFacts, 'isUnread'> = {
  ...{ isUnread: true, userName: undefined, groups: new Set(), covers: () => undefined, eligibilities: [], broken: [] },
}
