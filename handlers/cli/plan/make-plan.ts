import { createHash } from 'node:crypto'
import { openAwsAuditor } from '../../../shared/aws/aws-auditor.ts'
import { openAwsPolicyChecker } from '../../../shared/aws/aws-policy-checker.ts'
import { renderAssignmentName } from '../../../shared/domain/assignments/assignment.ts'
import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import { membershipPrefix } from '../../../shared/domain/files/membership-file.ts'
import { isSystemFile } from '../../../shared/domain/json/system-file.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { AccessChecks } from '../../../shared/modules/access/access-checks.ts'
import { type Preview, previewChanges } from '../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../shared/modules/plan/proposed-objects.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import type { TellProgress } from '../../../shared/ports/progress.ts'
import { ManagedPolicies } from '../../../shared/reconcile/calls/managed-policies.ts'
import type { Owner } from '../../../shared/reconcile/records/owner.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { chooseConfiguration, readDeployed, readOwnOwner } from '../bucket/deployment.ts'
import { readConfiguration } from '../bucket/read-configuration.ts'
import { compareInputs, type InputChanges, type InputScope, isInScope } from '../folder/compare-inputs.ts'
import { findInvalid, type InvalidUpload, warnOfUploads } from '../folder/find-invalid.ts'
import { type FolderListing, type InputFile, listFolder } from '../folder/folder-inputs.ts'
import { type InputPart, pushedPlaces } from '../folder/input-parts.ts'
import { proposeSelectors } from '../guardrails/propose-selectors.ts'
import { findLeftPlaces, type LeftPlace } from './left-places.ts'
import {
  type CheckAccess,
  nameChangedFields,
  type ReadPolicies,
  type ToldPermissionSetChange,
} from './name-changed-fields.ts'
import { isTemporary, planStanding } from './plan-standing.ts'

/** At five calls a second this takes a minute. */
const looksMost = 300

export type ToldPreview = Omit<Preview, 'permissionSets'> & {
  readonly permissionSets: readonly ToldPermissionSetChange[]
}

export type MadePlan = {
  readonly ports: Ports
  readonly preview: ToldPreview
  readonly warnings: readonly string[]
  /** The uploads and deletions of a push. Absent: the plan is about the bucket as it is. */
  readonly push?: Push
}
export type Push = InputChanges & {
  readonly faults: FolderListing['faults']
  readonly invalid: readonly InvalidUpload[]
  /** Absent: the files are of no folder. */
  readonly left?: readonly LeftPlace[] | undefined
  /** Equal for equal changes with equal effect. */
  readonly digest: string
}

export type ScopeOptions = {
  /** Only this folder under `links_data/` and `memberships/`. */
  readonly folder?: string
  /** `false` by `--no-delete`. */
  readonly delete: boolean
  /** All by default. */
  readonly only?: InputPart | undefined
}

/** `invalid`: the keys, as typed, of invalid files that may be uploaded. */
export type InvalidOptions = { readonly invalid?: readonly string[] }

export type PlanOptions = ScopeOptions &
  InvalidOptions & {
    readonly config?: string | undefined
    /** A folder whose selectors replace those of the bucket in this plan. */
    readonly selectors?: string | undefined
    /** Whether IAM Access Analyzer is asked about changed inline policies. */
    readonly checkAccess?: boolean | undefined
  }

type Options = PlanOptions & {
  /** A file that replaces a deployment's configuration is accepted for a forecast: nobody carries the plan out under it. */
  readonly isForetelling?: boolean
  readonly onStep: TellProgress
}

/** Changes of inputs, and remarks about their source. */
type Compared = Pick<Push, 'faults' | 'left'> & Pick<MadePlan, 'warnings'> & { readonly changes: InputChanges }
type FindChanges = (ports: Ports) => Promise<Compared>

/**
 * The changes that a push of these files would make or, without a `source`, the changes that a reconcile of the bucket would make.
 * `source`: a folder, or a function that finds the changes. Writes nothing. Throws Refusal if the bucket belongs to another Identity
 * Center.
 */
export async function makePlan(
  bucket: string,
  source: string | FindChanges | undefined,
  options: Options,
): Promise<MadePlan> {
  const ports = openCliPorts(bucket)
  const owner = await readOwnOwner(ports)
  const { configuration, notes, suffixBefore } = await choose(ports.objects, owner?.deployment, options)
  const now = ports.clock.now()
  const compared = await (typeof source === 'string'
    ? compareFolder(source, ports, configuration.folders, options)
    : source?.(ports))
  const said = options.selectors === undefined ? undefined : await proposeSelectors(options.selectors, ports.objects)
  const objects = new ProposedObjects(ports.objects, now, {
    uploads: [...(compared?.changes.uploads ?? []), ...(said?.uploads ?? [])],
    deletions: [...(compared?.changes.deletions ?? []), ...(said?.deletions ?? [])],
  })
  const how = { looksMost, onStep: options.onStep, suffixBefore }
  const planned = await previewChanges({ ...ports, objects }, configuration, how)
  const buckets = { before: ports.objects, after: objects }
  const readPolicies = throughAuditor(ports, configuration, planned, options.onStep)
  const checks = options.checkAccess ? new AccessChecks({ ...ports, checker: openAwsPolicyChecker() }) : undefined
  const checkAccess: CheckAccess | undefined =
    checks &&
    (async (policies) => {
      options.onStep('asking IAM Access Analyzer')
      return checks.check(policies)
    })
  const permissionSets = await nameChangedFields(planned.permissionSets, buckets, readPolicies, checkAccess)
  const preview = { ...planned, permissionSets }
  if (!compared) return { ports, preview, warnings: notes }
  const { changes, faults, left } = compared
  const warnings = [...notes, ...compared.warnings, ...warnOfUploads(changes.uploads)]
  const standing = await planStanding({ ...ports, objects }, configuration, { preview: planned, changes }, how)
  const invalid = findInvalid(changes.uploads, preview, { ...configuration, now, named: options.invalid })
  const digest = planDigest(bucket, changes, standing)
  return { ports, preview, warnings, push: { ...changes, faults, left, invalid, digest } }
}

/** `suffixBefore`: the suffix in force, if the plan is about another configuration. */
async function choose(
  objects: ObjectStore,
  deployment: Owner['deployment'],
  { config, isForetelling }: Pick<Options, 'config' | 'isForetelling'>,
) {
  if (!isForetelling || !deployment || config === undefined)
    return { configuration: await chooseConfiguration(objects, deployment, config), notes: [] }
  const note = `planned as if ${quote(config, 1024)} were in force; the deployment '${quote(deployment.name)}' uses its own configuration until you deploy this one`
  const { principalSuffix: suffixBefore } = await readDeployed(objects, deployment)
  return { configuration: await readConfiguration(config), notes: [note], suffixBefore }
}

/** Reads managed policies in an account with the permission set, else in one that gets it, else in any account. */
function throughAuditor(
  ports: Ports,
  { auditorRole }: Configuration,
  { holders, grants, view }: Preview,
  onStep: TellProgress,
): ReadPolicies | undefined {
  if (auditorRole === '') return undefined
  const reader = new ManagedPolicies({ ...ports, auditor: openAwsAuditor() }, auditorRole)
  return async (name, policies) => {
    if (policies.length > 0) onStep('reading managed policies')
    const coming = grants.flatMap(({ assignment: one }) => (one.permissionSet === name ? [one.accountId] : []))
    const all = view.accounts.map(({ id }) => id)
    return reader.read(policies, [...(holders.get(name)?.accounts ?? []), ...coming.sort(), ...all.sort()])
  }
}

/** The changes that a push of this folder would make. `left`: places of the bucket that stay, since the folder lacks them. */
export async function compareFolder(
  source: string,
  { objects }: Pick<Ports, 'objects'>,
  folders: readonly string[],
  { onStep, ...options }: ScopeOptions & Pick<Options, 'onStep'>,
): Promise<Compared> {
  const listing = await listFolder(source)
  const scope = chooseScope(listing.prefixes, folders, options)
  const files = listing.files.filter(({ key }) => isInScope(key, scope))
  const inputs = files.filter(({ key }) => !isSystemFile(key))
  if (options.folder !== undefined && inputs.length === 0)
    throw new Refusal(
      `'${quote(source, 1024)}' has no file under ${scope.prefixes.join(' or ')}; expected at least one with --folder; to empty the folder, delete its files from the bucket`,
    )
  onStep('comparing files with the bucket')
  const overlaps = (key: string) => scope.prefixes.some((one) => key.startsWith(one) || one.startsWith(key))
  // If the folder has no files of a kind, the bucket's files of that kind stay: a mistyped name deletes nothing.
  const isNamed = (prefix: string) => inputs.some(({ key }) => key.startsWith(prefix))
  const prefixes = options.folder === undefined ? scope.prefixes : scope.prefixes.filter(isNamed)
  const places = options.folder === undefined ? pushedPlaces(options.only) : scope.prefixes
  const left = scope.isDeleting ? places.filter((place) => !prefixes.includes(place)) : []
  return {
    changes: await compareInputs(objects, files, { ...scope, prefixes }),
    left: await findLeftPlaces(objects, left),
    faults: listing.faults.filter(({ key }) => overlaps(key)),
    warnings: [...listing.warnings, ...warnOfSystemFiles(files)],
  }
}

/** Throws Refusal if the configuration does not declare the folder: links there have no effect. */
export function chooseScope(
  prefixes: readonly string[],
  folders: readonly string[],
  { folder, delete: isDeleting, only }: ScopeOptions,
): InputScope {
  const isMeant = (prefix: string) => only === undefined || pushedPlaces(only).includes(prefix)
  if (folder === undefined) return { prefixes: prefixes.filter(isMeant), isDeleting }
  if (folders.includes(folder))
    return { prefixes: [linkPrefix, membershipPrefix].map((prefix) => `${prefix}${folder}/`), isDeleting }
  const declared = folders.length === 0 ? 'none is declared' : folders.map((name) => `'${quote(name)}'`).join(', ')
  throw new Refusal(
    `received --folder '${quote(folder)}', expected a folder that the configuration declares ("folders"): ${declared}`,
  )
}

function warnOfSystemFiles(files: readonly InputFile[]): readonly string[] {
  const [first, ...more] = files.filter(({ key }) => isSystemFile(key))
  if (first === undefined) return []
  return [
    `${count(more.length + 1, 'file')} of a system or an editor left out, for instance '${quote(first.key, 1024)}'`,
  ]
}

/** 128 bits: an author of the files must not find a harmless and a harmful plan with the same digest. */
const digits = 32

/**
 * Equal for equal changes with equal effect. It covers files by their content and by the content they replace, access by name, links and
 * the id behind the name, and permission sets with the people who have them. It leaves out waiting links and the age of the organization,
 * which change nothing; what AWS may change by itself; and what changes with time: how much the brake would hold now, and temporary access.
 * `standing`: the changes without temporary access (`planStanding`).
 */
export function planDigest(bucket: string, { uploads, deletions }: InputChanges, standing: Preview): string {
  const shown = {
    bucket,
    uploads: uploads.map(({ key, body, over }) => [key, sha256(body), over?.etag]),
    deletions: deletions.map(({ key, etag }) => [key, etag]),
    grants: standing.grants
      .map(({ assignment, links, principalId }) => [renderAssignmentName(assignment), links, principalId])
      .sort(byKey),
    revocations: standing.revocations
      .map(({ key, links }) => [key, links.filter((link) => !isTemporary(link))])
      .sort(byKey),
    bindings: standing.bindings.map(({ link, from, to }) => [link, from, to]).sort(byKey),
    memberships: [standing.memberships.added, standing.memberships.removed].map((all) =>
      all.map(({ group, user, ids, files, access }) => [group, user, ids?.group, ids?.user, files, access]),
    ),
    groups: standing.memberships.groups.map(({ name, change }) => [name, change]),
    // Waiting and ended ones change with time.
    ...(standing.people.length > 0 && {
      people: standing.people.flatMap(({ name, change, fields, at }) =>
        at === undefined ? [[name, change, fields]] : [],
      ),
    }),
    // A blocked one is deleted with its last access, even if that is temporary.
    permissionSets: standing.permissionSets.map(({ name, change }) => [
      name,
      change === 'blocked' ? 'delete' : change,
      standing.holders.get(name)?.reach,
    ]),
    vanishingRoles: standing.vanishingRoles,
    ...(Array.isArray(standing.attributes) && {
      attributes: standing.attributes.map(({ key, from, to }) => [key, from, to]),
    }),
  }
  return sha256(JSON.stringify(shown)).slice(0, digits)
}

function byKey([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}
