import pLimit from 'p-limit'
import { assignmentOf } from '../../domain/assignments/assignment.ts'
import { hygieneFileMostBytes, hygieneKey, parseHygieneFile } from '../../domain/credentials/hygiene-file.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { allowsEverything } from '../../domain/iam-policies/allows-everything.ts'
import { type Link, linkPrefix, parseLinkKey, temporaryPrefix } from '../../domain/links/link.ts'
import { linkBodyMostBytes, parseLinkBody } from '../../domain/links/link-body.ts'
import { groupPrefix, parseGroupKey } from '../../domain/people/group-file.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { nameInLinks, principalName } from '../../domain/principals/principal.ts'
import type { ReviewFile } from '../../domain/reviews/review-file.ts'
import { scopesOf } from '../../domain/reviews/review-file.ts'
import type { ReviewItem, ShownFile, Subject } from '../../domain/reviews/review-item.ts'
import { isWithin } from '../../domain/scopes/expand-scope.ts'
import { renderScope } from '../../domain/scopes/scope.ts'
import { fitsOne } from '../../domain/text/glob.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { listAll } from '../../ports/page.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import type { DirectoryListing } from '../directory/directory-listing.ts'
import type { OrganizationCache } from '../organization/organization-cache.ts'
import { foreignPrefix, readForeign } from '../records/foreign-assignments.ts'
import { listAssignmentKeys } from '../records/ledger.ts'
import { listHeads } from '../records/list-heads.ts'
import { ownedMembershipRecord, readOwnerOf } from '../records/owned-groups.ts'
import { readInput } from '../records/read-input.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'
import { readStatus } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { EligibilityFiles } from '../requests/eligibility-files.ts'
import { findAccount } from '../requests/gather-request.ts'
import { digestOf } from './review-records.ts'

const readsAtOnce = 16

export type PopulationSources = {
  readonly objects: ObjectStore
  readonly configuration: Configuration
  readonly organization: Pick<OrganizationCache, 'view' | 'selectors' | 'find' | 'readLive'>
  readonly identityStore: IdentityStore
  readonly listing: Pick<DirectoryListing, 'read'>
  readonly eligibilityFiles: EligibilityFiles
}

type Unnumbered = { readonly subject: Subject; readonly reviewers: readonly string[] }

/** All items of this review, as they are now, ascending by digest. `folder`: the run's. */
export async function gatherPopulation(
  file: ReviewFile,
  folder: string,
  sources: PopulationSources,
): Promise<readonly ReviewItem[]> {
  const isPrivileged = rememberPrivileged(sources.objects)
  const links = file.only === 'foreign' ? [] : await gatherLinks(file, isPrivileged, sources)
  const foreign = await gatherForeign(file, isPrivileged, sources)
  const all = [
    ...links,
    ...foreign,
    ...(await gatherMemberships(file, [...links, ...foreign], sources)),
    ...(await gatherSettings(file, sources)),
  ]
  return all
    .map(({ subject, reviewers }) => {
      const names = reviewers.length > 0 ? reviewers : file.reviewers.named
      return { digest: digestOf(folder, subject), subject, reviewers: [...new Set(names)] }
    })
    .sort((a, b) => (a.digest < b.digest ? -1 : 1))
}

/** A permission set without a readable file may allow everything, so it counts as privileged. */
function rememberPrivileged(objects: ObjectStore): (name: PermissionSetName) => Promise<boolean> {
  const known = new Map<PermissionSetName, Promise<boolean>>()
  const judge = async (name: PermissionSetName) => {
    const file = (await readPermissionSetFile(objects, permissionSetKey(name)))?.file
    return file?.ok ? allowsEverything(file.value) : true
  }
  return (name) => known.get(name) ?? known.set(name, judge(name)).get(name) ?? judge(name)
}

type IsPrivileged = ReturnType<typeof rememberPrivileged>

/** Links for temporary access are left out: each had its approval, and ends. */
async function gatherLinks(
  file: ReviewFile,
  isPrivileged: IsPrivileged,
  sources: PopulationSources,
): Promise<readonly Unnumbered[]> {
  const { objects, configuration } = sources
  const isInScope = await openScope(file, sources)
  const heads = [...(await listHeads(objects, linkPrefix)).values()].filter(
    ({ key }) => !key.startsWith(temporaryPrefix),
  )
  const read = await pLimit(readsAtOnce).map(heads, async (head): Promise<readonly Unnumbered[]> => {
    const link = parseLinkKey(head.key, configuration.folders)
    // It grants nothing, and its status says so.
    if (!link.ok) return []
    if (!fitsOne(file.permissionSets, link.value.permissionSet) || !isInScope.ofLink(link.value)) return []
    const privileged = await isPrivileged(link.value.permissionSet)
    if (file.only === 'privileged' && !privileged) return []
    return [await describeLink(link.value, head, privileged, file, sources)]
  })
  return read.flat()
}

async function describeLink(
  link: Link,
  head: ObjectHead,
  isPrivileged: boolean,
  file: ReviewFile,
  sources: PopulationSources,
): Promise<Unnumbered> {
  const { objects } = sources
  const found = head.size === 0 ? undefined : await readInput(objects, link.key, { mostBytes: linkBodyMostBytes })
  if (found && 'complaint' in found)
    return { subject: { kind: 'unread', what: link.key, why: found.complaint.received }, reviewers: [] }
  const body = found && parseLinkBody(link.key, found.body, found.size)
  const status = await spoiledAsAbsent(readStatus(objects, link.key))
  const told = status?.etag === head.etag ? status : undefined
  const { permissionSet, principal, type, scope } = link
  const subject: Subject = {
    kind: 'link',
    ...{ permissionSet, principal, type, isPrivileged },
    scope: renderScope(scope),
    file: { key: link.key, etag: head.etag, by: told?.by?.principalId },
    since: told?.since ?? head.lastModified.toISOString(),
  }
  const ofAccount = scope.kind === 'account' ? await ownerOfAccount(scope.id, file, sources) : undefined
  const named = file.reviewers.owners && body?.ok ? body.value.owner : undefined
  return { subject, reviewers: [ofAccount, named].filter((one) => one !== undefined) }
}

async function ownerOfAccount(
  id: string,
  { reviewers: { ownerTag } }: ReviewFile,
  sources: PopulationSources,
): Promise<string | undefined> {
  if (ownerTag === undefined) return undefined
  const account = (await sources.organization.view()).accounts.find((one) => one.id === id)
  const owner = account && (await findAccount(account.id, true, sources))?.tags?.[ownerTag]
  return owner === '' ? undefined : owner
}

/** The accounts in scope, by the rules of links. */
async function openScope(file: ReviewFile, { organization, configuration }: PopulationSources) {
  const [view, selectors] = await Promise.all([organization.view(), organization.selectors()])
  const membership = { ...configuration, selectors, managementAccountId: view.managementAccountId }
  const all = { includeManagementAccount: true, includeOwnAccount: true }
  const isWhole = file.scopes.includes('root%all')
  const scopes = scopesOf(file)
  const inside = view.accounts.filter((account) =>
    scopes.some((scope) => isWithin({ scope }, account, { ...membership, ...all })),
  )
  const ids = new Set<string>(inside.map(({ id }) => id))
  return {
    ofLink: (link: Link) => isWhole || inside.some((account) => isWithin(link, account, membership)),
    ofAccount: (id: string) => isWhole || ids.has(id),
  }
}

/** One item for each principal and permission set, with all its accounts. */
async function gatherForeign(
  file: ReviewFile,
  isPrivileged: IsPrivileged,
  sources: PopulationSources,
): Promise<readonly Unnumbered[]> {
  const { objects } = sources
  const isInScope = await openScope(file, sources)
  const keys = (await Array.fromAsync(listAssignmentKeys(objects, foreignPrefix)))
    .map((key) => ({ key, ...assignmentOf(key) }))
    .filter((one) => fitsOne(file.permissionSets, one.permissionSet) && isInScope.ofAccount(one.accountId))
  const groups = [...Map.groupBy(keys, (one) => `${one.permissionSet}%${one.type}%${one.principalId}`).values()]
  const read = await pLimit(readsAtOnce).map(groups, async (some): Promise<readonly Unnumbered[]> => {
    const [first] = some
    if (first === undefined) return []
    const { key, permissionSet, type, principalId } = first
    const privileged = await isPrivileged(permissionSet)
    if (file.only === 'privileged' && !privileged) return []
    const entry = await spoiledAsAbsent(readForeign(objects, key))
    const subject: Subject = {
      kind: 'foreign',
      ...{ permissionSet, type, isPrivileged: privileged },
      principal: entry?.principal ?? principalId,
      accounts: some.map(({ accountId }) => accountId).sort(),
      by: entry?.by?.name,
      since: entry?.seenAt,
    }
    const [only, ...others] = subject.accounts
    const owner = only === undefined || others.length > 0 ? undefined : await ownerOfAccount(only, file, sources)
    return [{ subject, reviewers: owner === undefined ? [] : [owner] }]
  })
  return read.flat()
}

/** The members of the groups that have access in scope, or a file. */
async function gatherMemberships(
  file: ReviewFile,
  access: readonly Unnumbered[],
  sources: PopulationSources,
): Promise<readonly Unnumbered[]> {
  if (file.groups.length === 0) return []
  const withAccess = access.flatMap(({ subject }) =>
    'type' in subject && subject.type === 'GROUP' ? [subject.principal] : [],
  )
  const keys = file.only === undefined ? [...(await listHeads(sources.objects, groupPrefix)).keys()] : []
  const withFile = keys.flatMap((key) => {
    const name = parseGroupKey(key)
    return name.ok ? [name.value] : []
  })
  const names = [...new Set<string>([...withAccess, ...withFile])].filter((name) => fitsOne(file.groups, name)).sort()
  const read = await pLimit(readsAtOnce).map(names, (name) => gatherMembers(name, file, sources))
  return read.flat()
}

async function gatherMembers(
  name: string,
  { reviewers }: ReviewFile,
  { objects, identityStore, listing, configuration: { principalSuffix } }: PopulationSources,
): Promise<readonly Unnumbered[]> {
  const group = principalName.safeParse(name + principalSuffix).data
  const groupId = group && (await identityStore.findPrincipalId('GROUP', group))
  if (groupId === undefined) return []
  const members = await unlessUnread(Array.fromAsync(listAll((token) => identityStore.listMembersOf(groupId, token))))
  if ('unread' in members)
    return [
      { subject: { kind: 'unread', what: `the members of the group ${name}`, why: members.unread }, reviewers: [] },
    ]
  const people = await listing.read()
  const groupName = principalName.parse(name)
  const owner = reviewers.owners ? await readOwnerOf(objects, groupName) : undefined
  return pLimit(readsAtOnce).map(members.is, async (userId): Promise<Unnumbered> => {
    const whole = people.find(userId)?.name
    const entry = (await spoiledAsAbsent(ownedMembershipRecord(objects, { group: groupId, user: userId }).read()))
      ?.value
    const files: ShownFile[] = []
    for (const { key, by } of entry?.files ?? []) {
      const etag = (await objects.head(key))?.etag
      if (etag !== undefined) files.push({ key, etag, by: by?.principalId })
    }
    const user = (whole && nameInLinks(whole, principalSuffix)) ?? whole ?? userId
    const subject: Subject = { kind: 'membership', group: groupName, user, groupId, userId, files }
    return { subject, reviewers: owner === undefined ? [] : [owner] }
  })
}

/** Eligibilities, writers, responders and exceptions: only in a review of the whole organization. */
async function gatherSettings(file: ReviewFile, sources: PopulationSources): Promise<readonly Unnumbered[]> {
  if (file.only !== undefined || !file.scopes.includes('root%all')) return []
  const { objects, eligibilityFiles } = sources
  const setting = (what: string, remedy: string): Unnumbered => ({
    subject: { kind: 'setting', what, remedy },
    reviewers: [],
  })
  const eligibilities = [...(await eligibilityFiles.read()).eligibilities].map(([name, read]): Unnumbered => {
    const key = `eligibility/${name}.json`
    if (!read.ok) return { subject: { kind: 'unread', what: key, why: read.complaint.received }, reviewers: [] }
    const { for: whom, permissionSets, scopes } = read.value
    const who = [...whom.groups, ...whom.users].join(', ')
    const what = `${who} may ask for ${permissionSets.join(', ')} in ${scopes.map(renderScope).join(', ')} (${key})`
    return setting(what, `change or delete ${key}`)
  })
  const found = await readInput(objects, hygieneKey, { mostBytes: hygieneFileMostBytes })
  const hygiene = found && 'body' in found ? parseHygieneFile(found.body, found.size) : undefined
  const exceptions = hygiene?.ok
    ? hygiene.value.exceptions.map(({ account, name, reason, expiresAt, owner }) =>
        setting(
          `${name} in ${account} is excepted until ${expiresAt} (${reason}; owner ${owner})`,
          `delete the exception of ${name} in ${account} from ${hygieneKey}`,
        ),
      )
    : []
  return [
    ...eligibilities,
    ...exceptions,
    setting(
      'the writers of governance, people and operators: access in the file of the environment',
      'change access in environments/<environment>.json, and deploy',
    ),
    setting(
      'the responders of break-glass: access.responders in the file of the environment',
      'change access.responders in environments/<environment>.json, and deploy',
    ),
  ]
}
