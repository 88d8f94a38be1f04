import pLimit from 'p-limit'
import { desiredState } from '../../domain/assignments/plan.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account, OrganizationView } from '../../domain/organization/organization-view.ts'
import { principalTypes } from '../../domain/principals/principal.ts'
import type { Scoping } from '../../domain/scopes/expand-scope.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import type { ConfiguredPorts } from '../../ports/ports.ts'
import type { TellProgress } from '../../ports/progress.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { patientOrganizations } from '../../reconcile/calls/patient-organizations.ts'
import { findUncontrolled, type LackOfControl } from '../../reconcile/directory/management-account-sets.ts'
import { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { InputReadings } from '../../reconcile/records/input-readings.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { PrincipalNames } from '../../reconcile/records/principal-names.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { type Adopted, adoptAssignments, finishAdoption } from './adopt-assignments.ts'
import { judgeExisting } from './judge-existing.ts'
import { type AssignmentFilter, type ExistingAssignments, type InPortions, listExisting } from './list-existing.ts'
import { type ImportedLink, type ImportPlan, planImport } from './plan-import.ts'
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

/**
 * Picks the wanted assignments from the listed ones. Reports wanted assignments that are not listed, because an import grants
 * nothing.
 */
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
  const complaints = [...missing.values()].map((one) => complainOfMissing(one, instances))
  return { ...existing, rows: kept, unknown: [...existing.unknown, ...complaints] }
}

/** The instance id in the ARN of a permission set; `undefined` for a name. */
function instanceOf(permissionSet: string): string | undefined {
  return permissionSet.startsWith('arn:') ? permissionSet.split('/')[1] : undefined
}

function complainOfMissing(
  { place, ...wanted }: WantedAssignment,
  instances: ReadonlySet<string | undefined>,
): Complaint {
  const object = `${nameOf(wanted)} (${quote(place)})`
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
