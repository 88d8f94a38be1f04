import type { Configuration } from '../../domain/deployment/configuration.ts'
import { linkBodyMostBytes, parseLinkBody } from '../../domain/links/link-body.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import { isAdmitted } from '../../domain/people/describe-suspension.ts'
import {
  parseRequestBody,
  type RequestDigest,
  type RequestPath,
  requestMostBytes,
} from '../../domain/requests/access-request.ts'
import type {
  Approvals,
  RequestFacts,
  RequestReading,
  TemporaryLink,
  Told,
} from '../../domain/requests/decide-request.ts'
import type { Eligibility } from '../../domain/requests/eligibility-file.ts'
import { isScopeWithin, type Place } from '../../domain/scopes/scope-within.ts'
import { type Status, status } from '../../domain/statuses/status.ts'
import { fitsOne } from '../../domain/text/glob.ts'
import type { ObjectStore, ReadObject } from '../../ports/object-store.ts'
import type { OrganizationCache } from '../organization/organization-cache.ts'
import { asksTags } from '../organization/view-for.ts'
import { JsonRecord } from '../records/json-record.ts'
import { type InputHead, readInput } from '../records/read-input.ts'
import { readTold } from '../records/request-history.ts'
import { statusKey } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { Suspensions } from '../records/suspensions.ts'
import type { EligibilityFiles } from './eligibility-files.ts'
import type { GroupsOfPerson, People } from './people.ts'
import { digestOfRequest } from './request-digest.ts'

export type RequestSources = {
  readonly objects: ObjectStore
  readonly configuration: Configuration
  readonly organization: Pick<OrganizationCache, 'view' | 'selectors' | 'find' | 'readLive'>
  readonly eligibilityFiles: EligibilityFiles
  readonly people: People
  /** Nothing that was remembered counts, and of the eligibilities this one is read again. */
  readonly fresh?: { readonly eligibility: string | undefined } | undefined
}

/** What one account is found by. */
export type Finding = Pick<RequestSources, 'fresh'> & {
  readonly organization: Pick<OrganizationCache, 'view' | 'find' | 'readLive'>
}

/** What each look reads again. `object`: the request, if it is there. */
export type Objects = {
  reading: RequestReading
  object?: InputHead | undefined
  link: TemporaryLink
  linkStatus?: RequestFacts['linkStatus']
  now?: Date | undefined
}

/** The request and its link, with the time by S3's clock. */
export async function readObjects(path: RequestPath, objects: ObjectStore): Promise<Objects> {
  const [found, { servedAt, ...link }] = await Promise.all([
    readInput(objects, path.key, { mostBytes: requestMostBytes }),
    readTemporaryLink(path, objects),
  ])
  const times = [found && 'servedAt' in found ? found.servedAt : undefined, servedAt]
  const known = times.flatMap((time) => time?.getTime() ?? [])
  // Where neither is there, an end that history has not yet may still be due.
  const now = known.length > 0 ? new Date(Math.max(...known)) : (await objects.head('control/owner.json'))?.servedAt
  return { ...toReading(path, found), ...link, now }
}

type Found = Awaited<ReturnType<typeof readInput>>

function toReading({ key }: RequestPath, found: Found): Pick<Objects, 'reading' | 'object'> {
  if (!found) return { reading: { state: 'absent' } }
  if ('complaint' in found) return { reading: { state: 'unreadable', complaint: found.complaint }, object: found.head }
  const { body, ...object } = found
  const upload = { digest: digestOfRequest(found), askedAt: found.lastModified }
  const parsed = parseRequestBody(key, body, object.size)
  if (!parsed.ok && object.size === 0)
    return { reading: { state: 'empty', complaint: parsed.complaint, ...upload }, object }
  if (!parsed.ok) return { reading: { state: 'rejected', complaint: parsed.complaint, ...upload }, object }
  return { reading: { state: 'valid', request: parsed.value, ...upload }, object }
}

/** What lies where the link of this request belongs, and what its status says of the user's own as it is. */
export async function readTemporaryLink(
  { userId, link }: RequestPath,
  objects: ObjectStore,
): Promise<Pick<Objects, 'link' | 'linkStatus'> & { readonly servedAt?: Date }> {
  const found = await readInput(objects, link.key, { mostBytes: linkBodyMostBytes })
  if (!found) return { link: { found: 'none' } }
  if ('complaint' in found) return { link: { found: 'unreadable', etag: found.head.etag } }
  const { body, etag, size, servedAt }: ReadObject = found
  const parsed = parseLinkBody(link.key, body, size)
  const of = parsed.ok ? parsed.value.request : undefined
  if (of === undefined) return { link: { found: 'of nobody', etag }, servedAt }
  if (of.user !== userId) return { link: { found: 'of another user', user: of.user }, servedAt }
  const told = (await spoiledAsAbsent(new JsonRecord(objects, statusKey(link.key), status).read()))?.value
  const own = { found: 'own', etag, digest: of.digest, text: new TextDecoder().decode(body) } as const
  return { link: own, linkStatus: told?.etag === etag ? told : undefined, servedAt }
}

/** What history says of each upload that matters. A link that is a copy of another request's names no grant of this one. */
export async function readAllTold(
  { userId: user, key }: RequestPath,
  { reading, link }: Objects,
  present: Pick<Status, 'request'> | undefined,
  objects: ObjectStore,
): Promise<Map<RequestDigest, Told>> {
  const digests = new Set<RequestDigest | undefined>([
    'digest' in reading ? reading.digest : undefined,
    'digest' in link ? link.digest : undefined,
    present?.request?.digest,
  ])
  const told = new Map<RequestDigest, Told>()
  for (const digest of digests) {
    const said = digest && (await readTold(objects, { user, digest }))
    if (said && (said.granted?.key ?? key) === key) told.set(digest, said)
  }
  return told
}

type Directory = Pick<
  RequestFacts,
  'userName' | 'isDisabled' | 'hasLeft' | 'groups' | 'groupsUnread' | 'covers' | 'eligibilities' | 'broken'
>

/** Who asks, and which eligibilities there are. */
export async function readDirectory(
  path: RequestPath,
  context: RequestSources & { readonly suspensions: Pick<Suspensions, 'find'> },
): Promise<Directory> {
  const { people } = context
  const { permissionSet } = path.link
  const { usable, broken } = await readEligibilities(context)
  const fitting = usable.filter(({ permissionSets }) => fitsOne(permissionSets, permissionSet))
  const [covers, { name: userName, bar }] = await Promise.all([
    readCovers(path, fitting, context),
    people.actorOf(path.userId, context.suspensions),
  ])
  const concerned = fitting.filter(({ scopes }) => scopes.some((scope) => covers(scope) !== false))
  const named = concerned.flatMap((one) => [...one.for.groups, ...(one.approvedByItself?.groups ?? [])])
  const none: GroupsOfPerson = { groups: new Set() }
  const { groups, unread: groupsUnread } =
    userName === undefined ? none : await people.groupsOf(path.userId, new Set(named))
  // Before the brake has let the person pass, nothing is ended for good.
  const toldOf = (file: string) => spoiledAsAbsent(new JsonRecord(context.objects, statusKey(file), status).read())
  const told = bar?.is === 'suspended' ? await toldOf(bar.by) : undefined
  const hasLeft = isAdmitted(told?.value)
  const isDisabled = userName !== undefined && bar !== undefined
  return { userName, isDisabled, hasLeft, groups, groupsUnread, covers, eligibilities: usable, broken }
}

async function readEligibilities({ eligibilityFiles, fresh }: RequestSources) {
  const { eligibilities } = await eligibilityFiles.read()
  const usable: Eligibility[] = []
  const broken: string[] = []
  for (const [name, file] of eligibilities) {
    const now = name === fresh?.eligibility ? await eligibilityFiles.readNow(name) : undefined
    if (name === fresh?.eligibility ? now : file.ok) usable.push(now ?? (file.ok ? file.value : neverUsed(name)))
    else broken.push(name)
  }
  return { usable, broken }
}

function neverUsed(name: string): never {
  throw new Error(`eligibility ${name} was neither read nor refused`)
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
  const place: Place = {
    account: scope.kind === 'account' ? await findAccount(scope.id, tagsMatter, context) : undefined,
    parents: scope.kind === 'ou_id' ? parentsOf(scope.id, view.accounts) : undefined,
  }
  return (outer) => isScopeWithin(scope, outer, place, membership)
}

/** Live before something is granted: it may have moved. */
export async function findAccount(
  id: Account['id'],
  tagsMatter: boolean,
  { organization, fresh }: Finding,
): Promise<Account | undefined> {
  const doTagsMatter = async () => tagsMatter
  if (fresh) return organization.readLive(id, doTagsMatter)
  return organization.find(id, await organization.view(), doTagsMatter)
}

/** The units above a unit in which some account is. */
function parentsOf(unit: string, accounts: readonly Account[]): readonly string[] | undefined {
  const inside = accounts.find(({ parents }) => parents.includes(unit))
  return inside?.parents.slice(0, inside.parents.indexOf(unit))
}

export type Known = Objects & {
  readonly told: Map<RequestDigest, Told>
  readonly approvals: Map<RequestDigest, Approvals>
  /** Absent: not read yet. */
  directory?: Directory
}

const nothingTold: Told = { events: new Set(), approvedBy: new Set() }
const unread: Directory & Pick<RequestFacts, 'isUnread'> = {
  ...{ isUnread: true, userName: undefined, groups: new Set(), covers: () => undefined, eligibilities: [], broken: [] },
}

export function toFacts(
  path: RequestPath,
  { reading, link, linkStatus, now = new Date(0), told, approvals, directory = unread }: Known,
  present: RequestFacts['present'],
): RequestFacts {
  return {
    ...{ path, now, reading, link, linkStatus, present, ...directory },
    told: (digest) => told.get(digest) ?? nothingTold,
    approvals: (digest) => approvals.get(digest),
  }
}
