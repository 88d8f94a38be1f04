import pLimit from 'p-limit'
import { settlingMs } from '../../domain/assignments/access-proof.ts'
import { type AssignmentKey, renderAssignmentName } from '../../domain/assignments/assignment.ts'
import type { GrantingLink, LedgerEntry } from '../../domain/assignments/ledger-entry.ts'
import { desiredState } from '../../domain/assignments/plan.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type LinkKey, linkPrefix } from '../../domain/links/link.ts'
import { splitFolder } from '../../domain/links/link-fields.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account, OrganizationView } from '../../domain/organization/organization-view.ts'
import { principalId } from '../../domain/principals/identity-center-ids.ts'
import { nounOf, principalTypes } from '../../domain/principals/principal.ts'
import { expandScope, type Scoping } from '../../domain/scopes/expand-scope.ts'
import type { Selectors } from '../../domain/scopes/selector-file.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { listAll } from '../../ports/page.ts'
import type { ConfiguredPorts, Ports } from '../../ports/ports.ts'
import type { TellProgress } from '../../ports/progress.ts'
import { unlessCode } from '../../ports/service-error.ts'
import type { AssignmentTarget, SsoAdmin } from '../../ports/sso-admin.ts'
import { findGrantingLinks } from '../../reconcile/assignments/evaluate-assignment.ts'
import { mayApplyTo } from '../../reconcile/assignments/user-binding.ts'
import { listAssignmentsIn, listAssignmentsOf, renderTarget } from '../../reconcile/calls/assignment-listings.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { patientOrganizations } from '../../reconcile/calls/patient-organizations.ts'
import { findUncontrolled, type LackOfControl } from '../../reconcile/directory/management-account-sets.ts'
import { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { readForeign, removeForeign, tellFound, writeForeign } from '../../reconcile/records/foreign-assignments.ts'
import { type LastWord, readLastWord, recordHistory } from '../../reconcile/records/history.ts'
import { InputReadings } from '../../reconcile/records/input-readings.ts'
import { RecordChangedError } from '../../reconcile/records/json-record.ts'
import { Ledger } from '../../reconcile/records/ledger.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { scheduleWork } from '../../reconcile/records/open-work.ts'
import { PrincipalNames } from '../../reconcile/records/principal-names.ts'
import { readLink } from '../../reconcile/records/read-link.ts'
import { readStatus, StatusStore } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { type Existing, judgeExisting } from './judge-existing.ts'
import { type AssignmentFilter, type ExistingAssignments, type InPortions, listExisting } from './list-existing.ts'
import { complainOfLink, type ImportedLink, type ImportPlan, planImport } from './plan-import.ts'
import type { ImportSource, WantedAssignment } from './rules/import-source.ts'

/** How many assignments to list again and adopt at a time: few enough that the second listing is seconds old. */
const batchMost = 100

export type ImportOptions = {
  readonly filter: AssignmentFilter
  readonly isCompact: boolean
  /** The keys of the tags that links may name; only with `isCompact`. */
  readonly tagKeys: readonly string[]
  /** Import only assignments that this source names. */
  readonly source?: Pick<ImportSource, 'assignments' | 'links'> | undefined
  /** Writes no link: adopts only access that links grant already. */
  readonly byPresentLinks?: boolean
  /** The declared folder for new links; absent: outside all folders. */
  readonly folder?: string | undefined
  /** For read-only callers: see `listExisting`. */
  readonly isRecorded?: boolean
  readonly inPortions: InPortions
  /** Receives each step and its progress. */
  readonly onStep: TellProgress
}

type Tags = NonNullable<Account['tags']>

export type PreparedImport = ImportPlan & {
  /** How many assignments Identity Center listed. */
  readonly listed: number
  /** Names of the filter that do not exist. */
  readonly unknown: readonly Complaint[]
  /** Writes links and records, but makes no write call to SSO Admin. */
  readonly carryOut: (inPortions: InPortions) => Promise<readonly Adopted[]>
}

/** Plans an import. Reads only, except for caches and the organization view under `state/`. */
export async function prepareImport(context: ConfiguredPorts, options: ImportOptions): Promise<PreparedImport> {
  const { objects, clock, configuration } = context
  const { onStep } = options
  const principals = new PrincipalIndex(patientIdentityStore(context), clock, configuration.principalSuffix)
  onStep('reading the organization')
  const organization = new OrganizationCache(context, configuration.folders)
  const tags = await readTags(await organization.rebuild(), context, options)
  const view = async () => withTags(await organization.view(), tags)
  const selectors = await organization.selectors()
  const scoping = { ...configuration, selectors }
  const wanted = options.source && listWanted(options.source, await view(), scoping)
  const listed = await listExisting(narrow(options.filter, wanted), { ...context, ...options, principals })
  onStep('looking up names and records')
  for (const type of principalTypes) {
    const rows = listed.rows.filter(({ principalType }) => principalType === type)
    await principals.foreseeNames(type, new Set(rows.map(({ principalId }) => principalId)))
  }
  const existing = wanted ? await keepWanted(listed, wanted, principals) : listed
  const { folder } = options
  const judging = {
    objects,
    view: await view(),
    configuration,
    principals,
    folder,
    ...existing,
    lackOf: await findUncontrolledIn(context, organization, options),
  }
  const onJudged = (done: number) => onStep('looking up names and records', { done, of: existing.rows.length })
  const judgements = await judgeExisting(existing.rows, { ...judging, onJudged })
  const readings = await InputReadings.list(objects, configuration)
  const statuses = new StatusStore(objects, clock)
  const startedMs = clock.monotonicMs()
  const readStatus = (link: string) => statuses.readSince(startedMs, link)
  const planning = { ...options, view: judging.view, configuration: scoping, readings, readStatus }
  const plan = await planImport(judgements, planning)
  const present = new Set(readings.keys)
  const adopting = {
    ...context,
    principals,
    principalNames: new PrincipalNames(objects),
    present,
    view,
    selectors: () => organization.selectors(),
  }
  const carryOut = async (inPortions: InPortions) => {
    const adopted: Adopted[] = []
    await forEachAtOnce(plan.adopted, (existing) => finishAdoption(existing, context))
    await inPortions(divide(plan.links), 'portions', async (links, ssoAdmin) => {
      const done = await adoptAssignments(links, { ...adopting, ssoAdmin })
      for (const one of done) adopted.push(one)
    })
    return adopted
  }
  return { ...plan, listed: existing.rows.length, unknown: existing.unknown, carryOut }
}

/** Runs under the lease, like all calls to SSO Admin. */
async function findUncontrolledIn(
  context: ConfiguredPorts,
  organization: OrganizationCache,
  { inPortions }: Pick<ImportOptions, 'inPortions'>,
): Promise<LackOfControl> {
  let found: LackOfControl = () => undefined
  const managementAccountId = await organization.managementAccountId()
  await inPortions(['management account'], 'accounts', async (_, ssoAdmin) => {
    found = await findUncontrolled({ ...context, ssoAdmin, managementAccountId })
  })
  return found
}

/** Lists only the accounts that are named. */
function narrow(filter: AssignmentFilter, wanted: readonly WantedAssignment[] | undefined): AssignmentFilter {
  if (!wanted || filter.accounts.length > 0) return filter
  return { ...filter, accounts: [...new Set(wanted.map(({ accountId }) => accountId))] }
}

/** Puts links of one principal side by side, so that a call lists many of their assignments again. */
function divide(links: readonly ImportedLink[]): readonly ImportedLink[][] {
  const nameOf = ({ grant: { type, principal, permissionSet } }: ImportedLink) =>
    `${type} ${principal} ${permissionSet}`
  const batches: ImportedLink[][] = []
  let room = 0
  for (const link of links.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    const last = batches.at(-1)
    room -= link.granted.length
    if (last && room >= 0) last.push(link)
    else {
      batches.push([link])
      room = batchMost - link.granted.length
    }
  }
  return batches
}

/** The tags of all accounts, if new links or links of a source name tags: the view has them only while a link names one. */
async function readTags(
  { accounts }: OrganizationView,
  context: ConfiguredPorts,
  { tagKeys, isCompact, source, onStep }: ImportOptions,
): Promise<ReadonlyMap<AccountId, Tags>> {
  const tags = new Map<AccountId, Tags>()
  const areNamed = source?.links.some(({ scope }) => scope.kind === 'account_tag') === true
  const areNeeded = areNamed || (isCompact && tagKeys.length > 0)
  const unread = areNeeded ? accounts.filter((account) => account.tags === undefined) : []
  const organizations = patientOrganizations(context)
  await Promise.all(
    unread.map(async ({ id }) => {
      tags.set(id, await organizations.listTags(id))
      onStep('reading the tags of accounts', { done: tags.size, of: unread.length })
    }),
  )
  return tags
}

function withTags(view: OrganizationView, tags: ReadonlyMap<AccountId, Tags>): OrganizationView {
  if (tags.size === 0) return view
  const accounts = view.accounts.map((account) => ({ ...account, tags: account.tags ?? tags.get(account.id) }))
  return { ...view, accounts }
}

const readAtOnce = 16

/** The assignments in another tool's file; its links stand for what they would grant now. */
function listWanted(
  { assignments, links }: Pick<ImportSource, 'assignments' | 'links'>,
  view: OrganizationView,
  scoping: Scoping,
): readonly WantedAssignment[] {
  const expanded = [...desiredState(links, view, scoping).values()].flatMap(({ grant, accounts }) =>
    [...accounts].map((accountId) => ({ accountId, ...grant, place: 'the links of the file' })),
  )
  return [...assignments, ...expanded]
}

/** Picks the wanted assignments from the listed ones. Reports wanted assignments that are not listed, because an import grants nothing. */
async function keepWanted(
  existing: ExistingAssignments,
  wanted: readonly WantedAssignment[],
  principals: PrincipalIndex,
): Promise<ExistingAssignments> {
  const missing = new Map(wanted.map((one) => [nameOf(one), one]))
  const names = new Set(missing.keys())
  const kept: AssignmentTarget[] = []
  await pLimit(readAtOnce).map(existing.rows, async (row) => {
    const { accountId, permissionSetArn, principalId, principalType: type } = row
    const principal = await principals.nameOf(type, principalId, Number.NEGATIVE_INFINITY)
    const sets = [permissionSetArn, existing.permissionSetNames.get(permissionSetArn) ?? permissionSetArn]
    const found = sets
      .flatMap((permissionSet) =>
        [principalId, principal ?? principalId].map((one) =>
          nameOf({ accountId, permissionSet, principal: one, type }),
        ),
      )
      .filter((name) => names.has(name))
    for (const name of found) missing.delete(name)
    if (found.length > 0) kept.push(row)
  })
  const instances = new Set([...existing.permissionSetNames.keys()].map(instanceOf))
  const complaints = await pLimit(readAtOnce).map(missing.values(), async (one) =>
    complainOfMissing(one, await nameWanted(one, existing, principals), instances),
  )
  return { ...existing, rows: kept, unknown: [...existing.unknown, ...complaints] }
}

/** In names, as far as Identity Center here has them. */
async function nameWanted(
  wanted: WantedAssignment,
  { permissionSetNames }: ExistingAssignments,
  principals: PrincipalIndex,
): Promise<string> {
  const { type, permissionSet: set } = wanted
  const [, setName = set] = [...permissionSetNames].find(([arn]) => arn === set) ?? []
  const id = principalId.safeParse(wanted.principal).data
  const name = id && (await principals.nameOf(type, id, Number.NEGATIVE_INFINITY))
  return nameOf({ ...wanted, permissionSet: setName, principal: name ?? wanted.principal })
}

/** The instance id in the ARN of a permission set; `undefined` for a name. */
function instanceOf(permissionSet: string): string | undefined {
  return permissionSet.startsWith('arn:') ? permissionSet.split('/')[1] : undefined
}

function complainOfMissing(
  { place, ...wanted }: WantedAssignment,
  named: string,
  instances: ReadonlySet<string | undefined>,
): Complaint {
  const object = `${named} (${quote(place)})`
  const instance = instanceOf(wanted.permissionSet)
  if (instance !== undefined && instances.size > 0 && !instances.has(instance))
    return {
      object,
      received: `access of another instance of IAM Identity Center, ${quote(instance)}`,
      expected: 'access of the instance that this bucket belongs to',
      remedy: "import it into that instance's bucket",
    }
  return {
    object,
    received: 'access that Identity Center does not have',
    expected: 'existing access: an import grants nothing',
    remedy: 'grant it by a link, or take it out of the file',
  }
}

function nameOf({ accountId, permissionSet, principal, type }: Omit<WantedAssignment, 'place'>): string {
  return `account%${accountId}%${permissionSet}%${principal}%${type}`
}

/** How many links, and how many assignments of each, to adopt at once. */
const adoptedAtOnce = 8
const listedAtOnce = 8

type AdoptSources = Pick<Ports, 'objects' | 'clock'> & {
  readonly ssoAdmin: SsoAdmin
  readonly configuration: Configuration
  readonly principals: PrincipalIndex
  readonly principalNames: PrincipalNames
  /** The keys of existing links; new ones are added. Other links are not read. */
  readonly present: Set<string>
  /** The present organization, with tags if links name them. */
  readonly view: () => Promise<OrganizationView>
  readonly selectors: () => Promise<Selectors>
}

/** The result for one link of an import. */
type Adopted = {
  readonly link: LinkKey
  readonly isWritten: boolean
  readonly keys: readonly AssignmentKey[]
  readonly left: readonly Complaint[]
}

/**
 * Makes existing assignments of Identity Center ours. Writes links and records, and makes no write call to SSO Admin. Call it
 * under the dispatcher lease, with so few links that they can be listed again within seconds. Safe to repeat.
 *
 * Each step leaves something true if the process dies after it:
 *
 * 1. List again what the links would grant: what a person removed since the first listing must not be granted again.
 * 2. `foreign/` has the assignment, unless history says that it is ours: its record was lost. It stands in one of the three
 *    all the time.
 * 3. The link. Without a ledger entry it is foreign access that a link grants too: nothing is called for it.
 * 4. The link is read back, in force and without an end: an entry that no link grants would be revoked.
 * 5. The ledger entry, as one that is being released: where the process dies here, the dispatcher gives it back.
 * 6. The links once more, and then the entry as granted. From here on it is ours.
 * 7. History says `adopted`, under the instant of the entry, so that a replay writes the same key.
 * 8. `foreign/` forgets it. A later import looks whether 7 and 8 were done.
 */
async function adoptAssignments(links: readonly ImportedLink[], context: AdoptSources): Promise<readonly Adopted[]> {
  const startedMs = context.clock.monotonicMs()
  const granted = links.flatMap((link) => link.granted)
  const there = await listAgain(granted, context.ssoAdmin)
  const adopting = { ...context, there, startedMs, ledger: new Ledger(context.objects) }
  return pLimit(adoptedAtOnce).map(links, (link) => adoptBy(link, adopting))
}

type Adopting = AdoptSources & {
  readonly there: ReadonlySet<string>
  readonly startedMs: number
  readonly ledger: Ledger
}

async function adoptBy(link: ImportedLink, context: Adopting): Promise<Adopted> {
  const { objects, configuration } = context
  const { key, isNew, toAdopt } = link
  const limit = pLimit(adoptedAtOnce)
  const judged = await limit.map(toAdopt, async (existing) => {
    const history = await readLastWord(objects, existing.key)
    return { existing, history, complaint: await findChange(existing, history, context) }
  })
  const left = judged.flatMap(({ complaint }) => complaint ?? [])
  const ready = judged.filter(({ complaint }) => complaint === undefined)
  const none: Adopted = { link: key, isWritten: false, keys: [], left }
  const gain = isNew && left.length === 0 ? await findGain(link, context) : undefined
  if (isNew && left.length > 0) return none
  if (gain) return { ...none, left: [gain] }
  await limit.map(ready, async ({ existing, history }) => {
    if (history.says !== 'ours') await noteForeign(existing, context)
  })
  const written = isNew ? await objects.put(key, new Uint8Array(), { ifNoneMatch: '*' }) : undefined
  const isWritten = written?.outcome === 'written'
  context.present.add(key)
  const reading = await readLink(objects, key, configuration)
  if (reading.state !== 'in-force' || reading.body.expiresAt !== undefined)
    return { ...none, isWritten, left: [...left, complainOfLink(key, reading)] }
  const keys = await limit.map(ready, async ({ existing }) => {
    // The status of an existing link says that others granted the access: the next evaluation updates it.
    if (!isWritten) await scheduleWork(objects, { at: renderInstant(context.clock.now()) }, existing.key)
    return takeOver(existing, context)
  })
  return {
    link: key,
    isWritten,
    keys: keys.flatMap((adopted) => ('key' in adopted ? [adopted.key] : [])),
    left: [...left, ...keys.flatMap((adopted) => ('complaint' in adopted ? [adopted.complaint] : []))],
  }
}

/** Why an assignment cannot be adopted now although it could at the first listing. */
async function findChange(
  { assignment, target }: Existing,
  history: LastWord,
  { there, principals, startedMs }: Adopting,
): Promise<Complaint | undefined> {
  const { type, principal } = assignment
  const object = renderAssignmentName(assignment)
  const complain = (received: string) => complainAgain(object, received, 'the assignment that the import listed')
  if (!there.has(renderTarget(target))) return complain('an assignment that somebody removed during the import')
  const whereabouts = await principals.whereabouts(type, target.principalId, startedMs)
  if (whereabouts === 'gone' || whereabouts.name !== principal) return complain(`another name of its ${nounOf(type)}`)
  // The listing may lag behind our own revocation.
  if (history.says === 'ended' && history.event === 'revoked' && history.ageMs < settlingMs)
    return complain('an assignment that ssofile revoked within the last five minutes')
  return undefined
}

function complainAgain(object: string, received: string, expected: string): Complaint {
  return { object, received, expected, remedy: 'run the import again' }
}

/** Why a new link would grant more than exists. */
async function findGain({ key, scope, granted }: ImportedLink, { there, view, selectors, configuration }: Adopting) {
  const missing = granted.filter(({ target }) => !there.has(renderTarget(target)))
  const known = new Set(granted.map(({ assignment }) => assignment.accountId))
  const scoping = { ...configuration, selectors: await selectors() }
  const { folder } = splitFolder(key.slice(linkPrefix.length))
  const gained = expandScope({ scope, folder }, await view(), scoping).filter((id) => !known.has(id))
  const accounts = [...new Set([...missing.map(({ assignment }) => assignment.accountId), ...gained])]
  if (accounts.length === 0) return undefined
  const received = `accounts without the access: ${accounts.slice(0, 5).join(', ')}`
  const expected = 'the access in every account of the link'
  return { object: key, received, expected, remedy: 'run the import again: it chooses other links' }
}

async function noteForeign({ key, assignment, target }: Existing, { objects, clock }: Adopting): Promise<void> {
  const { permissionSetArn } = target
  const { principal } = assignment
  const seenAt = renderInstant(clock.now())
  await tellFound(objects, { key, at: seenAt }, { principal, permissionSetArn })
  await writeForeign(objects, key, { principal, permissionSetArn, links: [], seenAt }, { isNew: true })
}

async function takeOver(
  existing: Existing,
  context: Adopting,
): Promise<{ readonly key: AssignmentKey } | { readonly complaint: Complaint }> {
  const { key, assignment, target } = existing
  const { ledger, clock, principalNames } = context
  const complain = (received: string) => ({
    complaint: complainAgain(renderAssignmentName(assignment), received, 'the assignment as the import found it'),
  })
  const { principalId, permissionSetArn } = target
  const { principal, type } = assignment
  await principalNames.note({ type, id: principalId, name: principal })
  const now = renderInstant(clock.now())
  const entry: LedgerEntry = {
    ...{ v: 1, state: 'granted', principal, principalId, permissionSetArn, links: [] },
    ...{ grantedAt: now, attempts: 0, updatedAt: now },
  }
  try {
    const begun = await ledger.write(key, { ...entry, releasedAt: now }, undefined)
    // A later deletion of a link finds this entry; an earlier one did not.
    const links = await findLinks(existing, context)
    if (links.length > 0) await ledger.write(key, { ...entry, links: [...links] }, begun)
    else {
      await ledger.remove(begun)
      return complain('no link that grants it')
    }
  } catch (error) {
    if (!(error instanceof RecordChangedError)) throw error
    // Another import may have adopted it.
    if ((await ledger.read(key))?.entry.state !== 'granted')
      return complain('a ledger entry that somebody wrote during the import')
  }
  await finishAdoption(existing, context)
  return { key }
}

/** Steps 7 and 8, for entries that say granted, including interrupted adoptions. */
async function finishAdoption(
  { key }: Pick<Existing, 'key'>,
  { objects, clock }: Pick<AdoptSources, 'objects' | 'clock'>,
): Promise<void> {
  const stored = await new Ledger(objects).read(key)
  const access = stored?.entry
  if (access?.state !== 'granted' || access.grantedAt === undefined || access.releasedAt !== undefined) return
  const known = await readLastWord(objects, key)
  if (known.says !== 'ours')
    await recordHistory(objects, {
      key,
      event: 'adopted',
      at: access.grantedAt,
      access,
      confirmedAt: renderInstant(clock.now()),
    })
  const foreign = await spoiledAsAbsent(readForeign(objects, key))
  if (foreign) await removeForeign(objects, key, foreign)
}

/** Every link that grants it to this principal now, as an evaluation would record them. */
async function findLinks(
  { assignment, target }: Existing,
  { view, selectors: readSelectors, configuration, objects, present: among }: Adopting,
): Promise<readonly GrantingLink[]> {
  const { accounts, managementAccountId } = await view()
  const account = accounts.find(({ id }) => id === assignment.accountId)
  if (!account) return []
  const read = (link: string) => readLink(objects, link, configuration)
  const selectors = await readSelectors()
  const sources = { configuration, managementAccountId, selectors, among, read }
  const { links } = await findGrantingLinks(assignment, account, sources)
  const known = await Promise.all(
    links.map(async (link) => {
      const isOwn = await mayApplyTo(target, link, (key) => readStatus(objects, key))
      return isOwn ? [link] : []
    }),
  )
  return known.flat()
}

/** Lists by principal (100 assignments a call) or by account and permission set (one place a call), whichever needs fewer calls. */
async function listAgain(all: readonly Existing[], ssoAdmin: SsoAdmin): Promise<ReadonlySet<string>> {
  const principals = new Map(all.map(({ target }) => [`${target.principalType} ${target.principalId}`, target]))
  const places = new Map(all.map(({ target }) => [`${target.accountId} ${target.permissionSetArn}`, target]))
  const limit = pLimit(listedAtOnce)
  const byPlace = () =>
    limit.map([...places.values()], (one) => listAssignmentsIn(one.accountId, one.permissionSetArn, ssoAdmin))
  const byPrincipal = () => limit.map([...principals.values()], (one) => listAssignmentsOf(one, ssoAdmin))
  // AWS documents it for the management account: a delegated administrator may be refused.
  const own = principals.size <= places.size ? await unlessCode(byPrincipal(), 'AccessDeniedException') : undefined
  const rows = own ?? (await byPlace())
  const there = new Set(rows.flat().map(renderTarget))
  for (const target of await listDeletions(ssoAdmin)) there.delete(renderTarget(target))
  return there
}

/** Access that is being deleted now may still be listed. */
async function listDeletions(ssoAdmin: SsoAdmin): Promise<readonly AssignmentTarget[]> {
  const pages = (token?: string) => ssoAdmin.listAssignmentRequests('deletion', 'IN_PROGRESS', token)
  const targets: AssignmentTarget[] = []
  for await (const { requestId } of listAll(pages)) {
    const request = await ssoAdmin.describeAssignmentRequest('deletion', requestId)
    if (request && request.state !== 'FAILED') targets.push(request.target)
  }
  return targets
}
