import pLimit from 'p-limit'
import { assignmentOf } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { groupPrefix, parseGroupKey } from '../../domain/files/group-file.ts'
import { type ReviewFile, scopesOf } from '../../domain/files/review-file.ts'
import { type Link, linkPrefix, parseLinkKey, renderGrant, temporaryPrefix } from '../../domain/links/link.ts'
import { isSameUpload } from '../../domain/links/upload.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import {
  nameInLinks,
  type PrincipalName,
  type PrincipalType,
  principalName,
} from '../../domain/principals/principal.ts'
import { expandScope, expandScopeAtMost, isWithin, nameOfReach } from '../../domain/scopes/expand-scope.ts'
import { renderScope } from '../../domain/scopes/scope.ts'
import { fitsOne } from '../../domain/text/glob.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Clock } from '../../ports/clock.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { once, onceEach } from '../../ports/once.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { type DirectoryListing, recentMs } from '../../reconcile/directory/directory-listing.ts'
import { isAdministratorByBucket } from '../../reconcile/directory/is-administrator-set.ts'
import { People } from '../../reconcile/directory/people.ts'
import type { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { foreignAccess, readForeign } from '../../reconcile/records/foreign-assignments.ts'
import { listAssignmentKeys } from '../../reconcile/records/ledger.ts'
import { listHeads, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { ownedMembershipRecords, readOwnerOf } from '../../reconcile/records/owned-groups.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { readLink } from '../../reconcile/records/read-link.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { EligibilityFiles } from '../requests/eligibility-files.ts'
import { findAccount } from '../requests/gather-request.ts'
import { listLastUses, readWatched } from '../usage/use-records.ts'
import type { FreezingSources, Frozen, Owners } from './freeze-reviewers.ts'
import { gatherSettings } from './gather-settings.ts'
import { readMovers } from './read-movers.ts'
import { digestOf, readPresent, readUpload } from './review-records.ts'
import {
  describeSubject,
  isOfMembership,
  isPrivileged,
  type ReviewItem,
  type ShownFile,
  type ShownUpload,
  type Subject,
  shownUploadOf,
} from './rules/review-item.ts'

export type PopulationSources = {
  readonly objects: ObjectStore
  readonly clock: Clock
  readonly configuration: Configuration
  readonly organization: Pick<OrganizationCache, 'view' | 'selectors' | 'find' | 'readLive'>
  readonly identityStore: IdentityStore
  readonly listing: Pick<DirectoryListing, 'read'>
  readonly eligibilityFiles: EligibilityFiles
} & FreezingSources

type Question = {
  readonly subject: Subject
  readonly uploads?: readonly ShownUpload[]
  readonly owners?: Owners
}
type AccessSubject = Extract<Subject, { kind: 'link' | 'foreign' | 'unread' }>
/** One access, of all who use it. */
type Access = {
  readonly subject: AccessSubject
  /** All where a revocation takes the access away, also those out of the scope of the review. */
  readonly accounts: readonly AccountId[]
  /** Absent: a link, which has only the name. */
  readonly principalId?: PrincipalId
} & Pick<Question, 'owners' | 'uploads'>

/** Each reads its members at once. */
const groupsAtOnce = 4
/** Stands for no group; sorts before all names. */
const noGroup = ''
/** The directory needs some seconds for so many. */
const groupsOfPart = 100
const dayMs = 24 * 60 * 60_000

/** Items that are written together. `upTo`: the last group that is complete with them. */
type GatheredItems = { readonly upTo: string; readonly items: readonly ReviewItem[] }

/** One run. `after`: the last group that is gathered already. */
type Gathering = {
  readonly folder: string
  readonly now: Date
  readonly after?: string | undefined
  readonly frozen: Frozen
}

/**
 * All items of this review, as they are now: first the access of users, and settings; then, by the names of groups after `after`, their access
 * and their members.
 */
export async function* gatherPopulation(
  file: ReviewFile,
  { folder, now, after, frozen }: Gathering,
  sources: PopulationSources,
): AsyncGenerator<GatheredItems> {
  const reading = await openReading(file, now, sources)
  const toItem = async ({ subject, uploads = [], owners = {} }: Question): Promise<ReviewItem> => {
    const shown = uploads.length > 0 && { uploads: [...uploads] }
    const asked = await frozen.ask(subject, owners)
    return { digest: digestOf(folder, { subject, ...asked }), subject, ...shown, ...asked, decisions: [] }
  }
  const toItems = (questions: readonly Question[]) => pLimit(readsAtOnce).map([...questions], toItem)
  const links = file.only === 'foreign' ? [] : await gatherLinks(reading)
  const access = [...links, ...(await gatherForeign(reading))]
  const byGroup = Map.groupBy(access, ({ subject }) =>
    subject.kind !== 'unread' && subject.type === 'GROUP' ? subject.principal : noGroup,
  )
  if (after === undefined) {
    const asked = await pLimit(readsAtOnce).map(byGroup.get(noGroup) ?? [], (one) => askAccess(one, reading))
    const settings = await gatherSettings(file, frozen, sources)
    yield { upTo: noGroup, items: await toItems([...asked.flat(), ...settings]) }
  }
  const membersOf = new Set(await listGroups(byGroup, reading))
  const names = [...membersOf.union(new Set(byGroup.keys()))].filter((name) => name > (after ?? noGroup)).sort()
  for (let from = 0; from < names.length; from += groupsOfPart) {
    const some = names.slice(from, from + groupsOfPart)
    const asked = await pLimit(groupsAtOnce).map(some, async (name) => {
      const own = byGroup.get(name) ?? []
      const ofAccess = await Promise.all(own.map((one) => askAccess(one, reading)))
      return [...ofAccess.flat(), ...(membersOf.has(name) ? await askMembers(name, own, reading) : [])]
    })
    yield { upTo: some.at(-1) ?? noGroup, items: await toItems(asked.flat()) }
  }
}

type Reading = Awaited<ReturnType<typeof openReading>>
type LinkReach = {
  readonly isAsked: boolean
  readonly accounts: readonly AccountId[]
  readonly places: ReadonlySet<AccountId>
}
/** A reviewer sees that there are others; the end judges all of them. */
const othersMost = 20

/** Reads each thing once for all items. */
async function openReading(file: ReviewFile, now: Date, sources: PopulationSources) {
  const { objects, organization, configuration, identityStore, listing } = sources
  const { principalSuffix: suffix } = configuration
  const [view, selectors] = await Promise.all([organization.view(), organization.selectors()])
  const membership = { ...configuration, selectors, managementAccountId: view.managementAccountId }
  const everywhere = { ...membership, includeManagementAccount: true, includeOwnAccount: true }
  const isWhole = file.scopes.includes('root%all')
  const isIn = (account: Account) => scopesOf(file).some((scope) => isWithin({ scope }, account, everywhere))
  const accounts = isWhole ? view.accounts : view.accounts.filter(isIn)
  const ids = new Set(accounts.map(({ id }) => id))
  const known = new Map<string, LinkReach>()
  /** `isAsked`: the link is in scope. `accounts`: all that it may reach, because its revocation takes the access away in all of them. */
  const reachOf = (link: Link) => {
    const name = nameOfReach(link)
    const found = known.get(name)
    if (found) return found
    const reached = expandScopeAtMost(link, view, membership)
    const isAsked = isWhole || expandScope(link, { ...view, accounts }, membership).length > 0
    const reach = { isAsked, accounts: reached, places: new Set(reached) }
    known.set(name, reach)
    return reach
  }
  const links = once(() => listLinks(sources))
  const foreign = once(() => listForeign(objects))
  const linksOfGroups = once(async () => {
    const ofGroups = (await links()).filter(({ link: { type } }) => type === 'GROUP')
    return Map.groupBy(ofGroups, ({ link }) => link.principal)
  })
  const people = new People(identityStore)
  const principals = once(() => NameIndex.read(objects))
  const foreignOfPrincipals = once(async () => Map.groupBy(await foreign(), (one) => one.principalId))
  return {
    file,
    sources,
    isInside: (id: AccountId) => isWhole || ids.has(id),
    reachOf,
    links,
    foreign,
    /** All access of a group, whatever the review asks about: a person who leaves the group loses all of it. */
    accessOfGroup: async (name: PrincipalName, id: PrincipalId): Promise<readonly Reach[]> => {
      const byLinks = ((await linksOfGroups()).get(name) ?? []).map(({ link }) => link)
      const byOthers = (await foreignOfPrincipals()).get(id) ?? []
      return [
        ...byLinks.map((link) => ({ permissionSet: link.permissionSet, accounts: reachOf(link).accounts })),
        ...byOthers.map(({ permissionSet, accountId }) => ({ permissionSet, accounts: [accountId] })),
      ]
    },
    /** A permission set whose file cannot be read, or is not in force, may allow everything, so it counts as privileged. */
    isPrivileged: onceEach(async (name: PermissionSetName) => (await isAdministratorByBucket(name, objects)) ?? true),
    ownerOf: onceEach(async (id: AccountId) => {
      const { ownerTag } = file.reviewers
      return ownerTag === undefined ? undefined : (await findAccount(id, true, sources))?.tags?.[ownerTag]
    }),
    /** `undefined`: there is no such group. */
    groupIdOf: onceEach(async (name: string) => {
      const group = principalName.safeParse(name + suffix).data
      return group && (await identityStore.findPrincipalId('GROUP', group))
    }),
    /** By our records, because there may be many users, and the directory answers few calls a second. */
    idOfRecords: async (type: PrincipalType, name: PrincipalName) => (await principals()).idsOf(type, name)[0],
    userIdOf: onceEach(async (name: string) => {
      const user = principalName.safeParse(name + suffix).data
      return user && (await identityStore.findPrincipalId('USER', user))
    }),
    /** `is: undefined`: the group is gone. */
    membersOf: (groupId: PrincipalId) => unlessUnread(people.membersOf(groupId)),
    /** The name of a user as in links. */
    names: once(async () => {
      const all = await listing.read(undefined, recentMs)
      return (user: PrincipalId) => {
        const whole = all.find(user)?.name
        return (whole && nameInLinks(whole, suffix)) ?? whole ?? user
      }
    }),
    ...(await readUses(file, now, sources)),
    hasMoved: await readMovers(file.movedSince, { objects, people }),
  }
}

/** A permission set in these accounts. */
type Reach = { readonly permissionSet: string; readonly accounts: readonly AccountId[] }
/** The last use by each person. */
type LastUses = ReadonlyMap<PrincipalId, string>

/** `usesOf`: the last use of any of this access, by person. */
async function readUses({ unusedDays = 0 }: ReviewFile, now: Date, sources: PopulationSources) {
  const { countedSince = renderInstant(now), since } = await readWatched(sources)
  const from = renderInstant(new Date(now.getTime() - unusedDays * dayMs))
  // Keeps only the uses that the review asks for: there may be a million.
  const uses = new Map<string, Map<PrincipalId, string>>()
  const unreadUses = new Map<PrincipalId, string>()
  if (since !== undefined)
    for await (const some of listLastUses(sources)) {
      for (const { account, permissionSet, user, at } of some.uses) {
        const key = `${account}%${permissionSet}`
        uses.set(key, (uses.get(key) ?? new Map()).set(user, at))
      }
      for (const [user, { message }] of unusedDays === 0 ? [] : some.unread) unreadUses.set(user, message)
    }
  return {
    usesOf: (access: Iterable<Reach>): LastUses => {
      const latest = new Map<PrincipalId, string>()
      for (const { permissionSet, accounts } of access)
        for (const account of accounts)
          for (const [user, at] of uses.get(`${account}%${permissionSet}`) ?? [])
            if (at > (latest.get(user) ?? '')) latest.set(user, at)
      return latest
    },
    /** The people whose uses nobody knows, and why. Empty if the review does not ask for unused access. */
    unreadUses,
    /** Whether no use by anybody is known for so many days, since it was given and while uses were watched. */
    isUnused: (...instants: readonly (string | undefined)[]) =>
      unusedDays === 0 || [countedSince, ...instants].every((at) => at === undefined || at <= from),
  }
}

/** Adds the last use. Returns nothing if the review asks only for other access. A use that could not be read is not a missing one. */
async function askAccess(access: Access, reading: Reading): Promise<readonly Question[]> {
  const { subject, accounts, principalId, ...asked } = access
  const { file, groupIdOf, membersOf, names, usesOf, unreadUses, isUnused, hasMoved } = reading
  if (subject.kind === 'unread') return [{ subject, ...asked }]
  const { permissionSet, principal, type, since } = subject
  if (file.movedSince !== undefined && (type === 'GROUP' || !hasMoved(principal, principalId ?? subject.principalId)))
    return []
  const uses = usesOf([{ permissionSet, accounts }])
  const hasUses = uses.size + unreadUses.size > 0
  const groupId = type === 'GROUP' && hasUses ? (principalId ?? (await groupIdOf(principal))) : undefined
  const members = groupId && (await membersOf(groupId))
  if (file.unusedDays !== undefined && members && 'unread' in members)
    return [unread(membersOfGroup(principal), members.unread)]
  const ids = new Set(members && 'is' in members ? members.is : [])
  const nameOf = hasUses ? await names() : undefined
  const isUser = (user: PrincipalId) =>
    principalId === undefined ? nameOf?.(user) === principal : user === principalId
  const isHolder = (user: PrincipalId) => (type === 'GROUP' ? ids.has(user) : isUser(user))
  const lastUsed = latestOf(uses, isHolder)
  if (!isUnused(since, lastUsed)) return []
  const [, why] = unreadUses.entries().find(([user]) => isHolder(user)) ?? []
  return [why === undefined ? { subject: { ...subject, lastUsed }, ...asked } : unread(useOf(subject), why)]
}

function latestOf(uses: LastUses, isOf: (user: PrincipalId) => boolean): string | undefined {
  const own = [...uses].flatMap(([user, at]) => (isOf(user) ? [at] : []))
  return own.sort().at(-1)
}

const useOf = (subject: Subject) => `the use of ${describeSubject(subject)}`
const membersOfGroup = (group: string) => `the members of the group ${group}`

function unread(what: string, why: string) {
  return { subject: { kind: 'unread', what, why } } as const
}

/** Leaves out a link whose name is not valid: it grants nothing, and its status says so. */
async function listLinks({ objects, configuration }: PopulationSources) {
  return [...(await listHeads(objects, linkPrefix)).values()].flatMap((head) => {
    const link = parseLinkKey(head.key, configuration.folders)
    return link.ok ? [{ head, link: link.value }] : []
  })
}

async function listForeign(objects: ObjectStore) {
  const keys = await Array.fromAsync(listAssignmentKeys(objects, foreignAccess.at))
  return keys.map((key) => ({ key, ...assignmentOf(key) }))
}

/** Links for temporary access are left out: each had its approval, and ends. */
async function gatherLinks(reading: Reading): Promise<readonly Access[]> {
  const { file, sources, links, reachOf, isPrivileged, ownerOf, idOfRecords, groupIdOf, userIdOf } = reading
  const { objects, configuration } = sources
  const some = (await links()).filter(({ head }) => !head.key.startsWith(temporaryPrefix))
  const byGrant = Map.groupBy(some, ({ link }) => renderGrant(link))
  const listOthers = (link: Link, key: string): readonly string[] => {
    const { places } = reachOf(link)
    const isOther = (one: (typeof some)[number]) =>
      one.head.key !== key && !places.isDisjointFrom(reachOf(one.link).places)
    return (byGrant.get(renderGrant(link)) ?? [])
      .filter(isOther)
      .slice(0, othersMost)
      .map(({ head }) => head.key)
  }
  const read = await pLimit(readsAtOnce).map(some, async ({ head, link }): Promise<readonly Access[]> => {
    const { permissionSet, principal, type, scope } = link
    if (!fitsOne(file.permissionSets, permissionSet)) return []
    const { isAsked, accounts } = reachOf(link)
    const privileged = await isPrivileged(permissionSet)
    if (!isAsked || (file.only === 'privileged' && !privileged)) return []
    const read = await readLink(objects, head.key, configuration)
    const others = listOthers(link, head.key)
    const upload = 'object' in read ? read.object : head
    const { file: shown, told } = await readUpload(objects, upload)
    const byRecords = await idOfRecords(type, principal)
    const principalId = byRecords ?? (await (type === 'GROUP' ? groupIdOf : userIdOf)(principal))
    const subject: Subject = {
      kind: 'link',
      ...{ permissionSet, principal, principalId, type, isPrivileged: privileged, accounts: [...accounts] },
      scope: renderScope(scope),
      file: shown,
      ...(others.length > 0 && { alsoBy: [...others] }),
      ...(read.state === 'unreadable' && { unread: read.complaint.received }),
      since: told?.since ?? upload.lastModified.toISOString(),
    }
    const tag = scope.kind === 'account' ? await ownerOf(scope.id) : undefined
    const uploader = file.reviewers.owners && 'body' in read ? read.body.owner : undefined
    return [{ subject, uploads: [shownUploadOf(upload)], accounts, owners: { tag, uploader } }]
  })
  return read.flat()
}

/** One item for each principal and permission set, with all its accounts. */
async function gatherForeign(reading: Reading): Promise<readonly Access[]> {
  const { file, sources, foreign, isInside, isPrivileged, ownerOf } = reading
  const asked = (await foreign()).filter(
    (one) => fitsOne(file.permissionSets, one.permissionSet) && isInside(one.accountId),
  )
  const groups = Map.groupBy(asked, (one) => `${one.permissionSet}%${one.type}%${one.principalId}`).values()
  const read = await pLimit(readsAtOnce).map([...groups], async (some): Promise<readonly Access[]> => {
    const [first, second] = some
    if (first === undefined) return []
    const { key, permissionSet, type, principalId, accountId } = first
    const privileged = await isPrivileged(permissionSet)
    if (file.only === 'privileged' && !privileged) return []
    const entry = await spoiledAsAbsent(readForeign(sources.objects, key))
    const accounts = some.map((one) => one.accountId).sort()
    const subject: Subject = {
      kind: 'foreign',
      ...{ permissionSet, type, isPrivileged: privileged, accounts },
      principal: entry?.principal ?? principalId,
      principalId,
      by: entry?.by?.name,
      since: entry?.seenAt,
    }
    const tag = second === undefined ? await ownerOf(accountId) : undefined
    return [{ subject, accounts, principalId, owners: { tag } }]
  })
  return read.flat()
}

/** The review asks about the members of these groups: each has access in scope, or a file. */
async function listGroups(
  byGroup: ReadonlyMap<string, unknown>,
  { file, sources }: Reading,
): Promise<readonly string[]> {
  if (file.groups.length === 0) return []
  const isOfAccess = file.only !== undefined || file.unusedDays !== undefined
  const keys = isOfAccess ? [] : [...(await listHeads(sources.objects, groupPrefix)).keys()]
  const withFile = keys.map(parseGroupKey).flatMap((name) => (name.ok ? [name.value] : []))
  return [...byGroup.keys(), ...withFile].filter((name) => name !== noGroup && fitsOne(file.groups, name))
}

async function askMembers(group: string, access: readonly Access[], reading: Reading): Promise<readonly Question[]> {
  const { file, sources, groupIdOf, membersOf, names, accessOfGroup, usesOf, unreadUses, isUnused, hasMoved } = reading
  const { objects } = sources
  const groupId = await groupIdOf(group)
  const members = groupId && (await membersOf(groupId))
  if (!groupId || !members) return []
  if ('unread' in members) return [unread(membersOfGroup(group), members.unread)]
  const name = principalName.parse(group)
  const owner = file.reviewers.owners ? await readOwnerOf(objects, name) : undefined
  const uses = usesOf(await accessOfGroup(name, groupId))
  const privileged = access.some(({ subject }) => isPrivileged(subject)) || undefined
  const nameOf = await names()
  const read = await pLimit(readsAtOnce).map(members.is ?? [], async (userId): Promise<readonly Question[]> => {
    const user = nameOf(userId)
    if (!hasMoved(user, userId)) return []
    const entry = await spoiledAsAbsent(ownedMembershipRecords.of(objects, { group: groupId, user: userId }).read())
    const lastUsed = uses.get(userId)
    if (!isUnused(entry?.value.grantedAt, lastUsed)) return []
    const files: ShownFile[] = []
    const uploads: ShownUpload[] = []
    for (const { key, by, ...of } of entry?.value.files ?? []) {
      const upload = isOfMembership({ key }) ? await readPresent(objects, key) : await objects.head(key)
      if (upload === undefined) continue
      const isOfUpload = of.etag === undefined || of.etag === upload.etag || isSameUpload(of, upload)
      files.push({ key, etag: upload.etag, by: isOfUpload ? by?.principalId : undefined })
      uploads.push(shownUploadOf(upload))
    }
    const since = files.length > 0 ? entry?.value.grantedAt : undefined
    const about = { group, user, groupId, userId, files, since, lastUsed, isPrivileged: privileged }
    const subject: Subject = { kind: 'membership', ...about }
    const why = unreadUses.get(userId)
    return [why === undefined ? { subject, uploads, owners: { group: owner } } : unread(useOf(subject), why)]
  })
  return read.flat()
}
