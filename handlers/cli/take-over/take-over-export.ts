import { parseAssignmentName, renderAssignmentKey } from '../../../shared/domain/assignments/assignment.ts'
import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import { type Grant, parseLinkKey } from '../../../shared/domain/links/link.ts'
import { splitFolder } from '../../../shared/domain/links/link-fields.ts'
import type { OrganizationView } from '../../../shared/domain/organization/organization-view.ts'
import { parsePermissionSetKey } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../../shared/domain/principals/identity-center-ids.ts'
import { nounOf } from '../../../shared/domain/principals/principal.ts'
import type { Scope } from '../../../shared/domain/scopes/scope.ts'
import { type Complaint, quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { prepareImport } from '../../../shared/modules/take-over/import-assignments.ts'
import type { InPortions } from '../../../shared/modules/take-over/list-existing.ts'
import type { ExportLine } from '../../../shared/modules/take-over/rules/export-line.ts'
import type { WantedAssignment } from '../../../shared/modules/take-over/rules/import-source.ts'
import type { ConfiguredPorts } from '../../../shared/ports/ports.ts'
import type { TellProgress } from '../../../shared/ports/progress.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import {
  faultOfControl,
  findUncontrolled,
  type LackOfControl,
} from '../../../shared/reconcile/directory/management-account-sets.ts'
import { PermissionSetIndex } from '../../../shared/reconcile/directory/permission-set-index.ts'
import { PrincipalIndex } from '../../../shared/reconcile/directory/principal-index.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { adoptPermissionSet } from '../../../shared/reconcile/permission-sets/adopt-permission-set.ts'
import { historyFolder } from '../../../shared/reconcile/records/history.ts'
import { renderJson } from '../../../shared/reconcile/records/stored-json.ts'
import type { ExportFile } from './read-export.ts'

type Options = {
  readonly isDryRun: boolean
  /** Whether the records of the last drift check are read. Only for a dry run. */
  readonly isRecorded?: boolean
  readonly inPortions: InPortions
  readonly onStep: TellProgress
}

/** The result of an export on this side. `there`: it existed already, with the same content. */
export type TakenOver = {
  readonly isDryRun: boolean
  readonly links: Written
  readonly permissionSets: Written & { readonly adopted: number }
  readonly history: Written
  /** Assignments in the other side's ledger: adopted here, owned here before, or left for the links to grant. */
  readonly assignments: { readonly adopted: number; readonly there: number; readonly toGrant: number }
  /** Names from the other side that do not exist here. */
  readonly missing: readonly Complaint[]
  /** Everything that was not taken over. */
  readonly left: readonly Complaint[]
}
export type Written = { readonly written: number; readonly there: number }

const writesAtOnce = 32

/**
 * Writes an export into this bucket. It overwrites no object and writes nothing to SSO Admin, since the deployment does the work that the
 * links require. It may be repeated. History keeps the ids of the instance in which it happened.
 *
 * A permission set that exists here, and was ssofile's there, is taken over as it is here. For the others, the file is written. An
 * assignment in the other ledger becomes ours if Identity Center has it here and a link grants it.
 *
 * The history of access in the other ledger comes last. In the same instance it has the same ids here. If it came before the ledger entry,
 * a dispatcher at work would take the access for ssofile's own with a lost entry. Until then it takes the access for foreign.
 */
export async function takeOverExport(context: ConfiguredPorts, file: ExportFile, options: Options): Promise<TakenOver> {
  const { isDryRun, inPortions, onStep } = options
  onStep('reading the file')
  const found = await findCounterparts(context, file, { inPortions })
  const counts = { link: start(), 'permission-set': start(), history: start() }
  const adoptions: PermissionSetName[] = []
  const assignments: WantedAssignment[] = []
  const left: Complaint[] = []
  const writing = { isDryRun, counts, left, onStep }
  const isLater = (line: ExportLine) => line.kind === 'history' && found.ledger.has(folderOf(line.key))
  const first = async function* () {
    for await (const line of file.lines()) {
      if (line.kind === 'end' || isLater(line)) continue
      if (line.kind === 'assignment') {
        const assignment = parseAssignmentName(line.name)
        if (assignment) assignments.push({ ...assignment, place: 'the export' })
        continue
      }
      const name = line.kind === 'permission-set' && line.isOurs ? parsePermissionSetKey(line.key) : undefined
      if (name?.ok && found.permissionSets.has(name.value)) adoptions.push(name.value)
      else yield line
    }
  }
  const later = async function* () {
    for await (const line of file.lines()) if (line.kind === 'history' && isLater(line)) yield line
  }
  await writeAll(first(), context, writing)
  const adopted = await adoptAll(adoptions, found.permissionSets, { context, isDryRun, inPortions, left })
  const own = assignments.length === 0 ? none : await takeOverLedger(assignments, context, options)
  for (const complaint of own.left) left.push(complaint)
  await writeAll(later(), context, writing)
  return {
    isDryRun,
    links: counts.link,
    permissionSets: { ...counts['permission-set'], adopted },
    history: counts.history,
    assignments: { adopted: own.adopted, there: own.there, toGrant: own.toGrant },
    missing: found.missing,
    left,
  }
}

const none = { adopted: 0, there: 0, toGrant: 0, left: [] as readonly Complaint[] }

/** Adopts the assignments of the other ledger. A dry run writes no links, so it counts the assignments as if each had a link of its own. */
async function takeOverLedger(
  assignments: readonly WantedAssignment[],
  context: ConfiguredPorts,
  { isDryRun, isRecorded, inPortions, onStep }: Options,
): Promise<typeof none> {
  const source = { assignments, links: [] }
  const filter = { accounts: [], permissionSets: [], principals: [] }
  const steps = {
    filter,
    source,
    byPresentLinks: !isDryRun,
    isCompact: false,
    tagKeys: [],
    isRecorded,
    inPortions,
    onStep,
  }
  const prepared = await prepareImport(context, steps)
  const done = isDryRun ? [] : await prepared.carryOut(inPortions)
  const planned = prepared.links.flatMap((link) => link.toAdopt)
  return {
    adopted: isDryRun ? planned.length : done.flatMap(({ keys }) => keys).length,
    there: prepared.ours,
    toGrant: assignments.length - prepared.listed,
    left: [...prepared.left, ...done.flatMap((one) => one.left)],
  }
}

function start(): { written: number; there: number } {
  return { written: 0, there: 0 }
}

type Writing = Pick<Options, 'isDryRun' | 'onStep'> & {
  readonly counts: Readonly<Record<'link' | 'permission-set' | 'history', { written: number; there: number }>>
  readonly left: Complaint[]
}

type Writable = Exclude<ExportLine, { kind: 'end' | 'assignment' }>

/**
 * The group of a line. Lines of a group are written one after the other, since readers take the events of one permission set in one account
 * in the order of S3's write times.
 */
function groupOf({ kind, key }: Writable): string {
  return kind === 'history' ? key.split('%', 3).join('%') : key
}

/** The access of an event in history: the folder of its key. */
function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}

async function writeAll(lines: AsyncIterable<Writable>, context: ConfiguredPorts, writing: Writing): Promise<void> {
  const { isDryRun, counts, onStep } = writing
  let portion: Writable[] = []
  const writePortion = async () => {
    await Promise.all([...Map.groupBy(portion, groupOf).values()].map((group) => writeInTurn(group, context, writing)))
    portion = []
    const kinds = Object.values(counts)
    const compared = kinds.reduce((sum, { written, there }) => sum + written + there, 0)
    const written = kinds.reduce((sum, one) => sum + one.written, 0)
    onStep(isDryRun ? `${count(compared, 'object')} compared` : `${count(written, 'object')} written`)
  }
  for await (const line of lines) {
    portion.push(line)
    if (portion.length === writesAtOnce) await writePortion()
  }
  if (portion.length > 0) await writePortion()
}

async function writeInTurn(lines: readonly Writable[], context: ConfiguredPorts, writing: Writing): Promise<void> {
  for (const line of lines) await writeOne(line, context, writing)
}

async function writeOne(
  line: Writable,
  { objects }: ConfiguredPorts,
  { isDryRun, counts, left }: Writing,
): Promise<void> {
  const body = new TextEncoder().encode(line.kind === 'history' ? renderJson(line.record) : line.body)
  const written = isDryRun
    ? (await objects.head(line.key)) === undefined
    : (await objects.put(line.key, body, { ifNoneMatch: '*' })).outcome === 'written'
  if (written) counts[line.kind].written++
  else if (Buffer.compare((await objects.get(line.key))?.body ?? new Uint8Array(), body) === 0)
    counts[line.kind].there++
  else
    left.push({
      object: line.key,
      received: 'another content than in the file',
      expected: 'no object, or the same content',
      remedy: 'compare the two, and upload the right one; the import keeps the existing object',
    })
}

type Adopting = Pick<Options, 'isDryRun' | 'inPortions'> & {
  readonly context: ConfiguredPorts
  readonly left: Complaint[]
}

async function adoptAll(
  names: readonly PermissionSetName[],
  arns: Awaited<ReturnType<typeof findCounterparts>>['permissionSets'],
  { context, isDryRun, inPortions, left }: Adopting,
): Promise<number> {
  let adopted = 0
  const managementAccountId = await context.organizations.managementAccountId()
  let lackOf: LackOfControl | undefined
  await inPortions(names, 'permission sets', async (name, ssoAdmin) => {
    const arn = arns.get(name)
    lackOf ??= await findUncontrolled({ ...context, ssoAdmin, managementAccountId })
    const lack = arn && isDryRun ? lackOf(name, arn) : undefined
    if (lack) left.push({ object: `the permission set '${name}'`, ...faultOfControl(lack) })
    else if (isDryRun) adopted++
    if (isDryRun) return
    const adopting = { ...context, ssoAdmin, named: true, lackOf }
    const adoption = arn && (await adoptPermissionSet(arn, adopting))
    if (adoption?.outcome === 'refused') left.push(adoption.complaint)
    else if (adoption && adoption.outcome !== 'already-owned') adopted++
    else if (!adoption)
      left.push({
        object: `the permission set '${quote(name)}'`,
        received: 'a deleted one',
        expected: 'one that can be read',
        remedy: 'run the import again',
      })
  })
  return adopted
}

/**
 * Reads the whole file, and looks up each name here. Both sides have the same names but different ids. `permissionSets`: all of this
 * instance, by name. `missing`: names in the file that do not exist here, each once. Throws Refusal.
 */
async function findCounterparts(
  context: ConfiguredPorts,
  file: ExportFile,
  { inPortions }: { readonly inPortions: InPortions },
) {
  const { clock, configuration } = context
  const names = await collectNames(file, configuration)
  const index = new Map<PermissionSetName, PermissionSetArn>()
  await inPortions(['all'], 'permission sets', async (_, ssoAdmin) => {
    for (const [name, arn] of await new PermissionSetIndex({ ...context, ssoAdmin }).list()) index.set(name, arn)
  })
  const missing: Complaint[] = []
  for (const name of names.permissionSets)
    if (!index.has(name) && !names.files.has(name))
      missing.push(
        lack(`the permission set '${name}'`, 'no such permission set here, and no file for it in the export'),
      )
  const principals = new PrincipalIndex(patientIdentityStore(context), clock, configuration.principalSuffix)
  for (const { type, principal } of await principals.foresee(names.principals.values()))
    missing.push(lack(`the ${nounOf(type)} '${quote(principal)}'`, 'a name that does not exist here'))
  const view = await new OrganizationCache(context, configuration.folders).view()
  for (const place of listMissingPlaces(names.scopes.values(), view)) missing.push(lack(place, 'none of this id here'))
  for (const folder of names.folders)
    missing.push(lack(`the folder '${quote(folder)}'`, 'one that is not declared here'))
  missing.sort((a, b) => (a.object < b.object ? -1 : 1))
  return { permissionSets: index, missing, ledger: names.ledger }
}

function lack(object: string, received: string): Complaint {
  return {
    object,
    received,
    expected: 'the same name on this side',
    remedy: 'its links wait or are rejected until it exists: create it, or delete the links',
  }
}

async function collectNames({ lines }: ExportFile, { folders: declared }: Configuration) {
  const names = {
    permissionSets: new Set<PermissionSetName>(),
    /** The permission sets with a file in the export. */
    files: new Set<PermissionSetName>(),
    principals: new Map<string, Pick<Grant, 'type' | 'principal'>>(),
    scopes: new Map<string, Scope>(),
    /** Folders of links that are not declared here. */
    folders: new Set<string>(),
    /** The access of the other ledger: its folders in history. */
    ledger: new Set<string>(),
  }
  const note = ({ permissionSet, type, principal }: Grant, scope: Scope) => {
    names.permissionSets.add(permissionSet)
    names.principals.set(`${type} ${principal}`, { type, principal })
    names.scopes.set(JSON.stringify(scope), scope)
  }
  for await (const line of lines()) {
    if (line.kind === 'permission-set') {
      const name = parsePermissionSetKey(line.key)
      if (name.ok) names.files.add(name.value)
    } else if (line.kind === 'assignment') {
      const assignment = parseAssignmentName(line.name)
      if (!assignment) continue
      note(assignment, { kind: 'account', id: assignment.accountId })
      names.ledger.add(historyFolder(renderAssignmentKey({ ...assignment, principalId: line.principalId })))
    } else if (line.kind === 'link') {
      const { folder } = splitFolder(line.key.slice('links_data/'.length))
      if (folder !== undefined && !declared.includes(folder)) names.folders.add(folder)
      const link = parseLinkKey(line.key, folder === undefined ? [] : [folder])
      if (link.ok) note(link.value, link.value.scope)
    }
  }
  return names
}

/** The accounts that are missing, and the units without accounts. ssofile does not know whether an empty unit exists here. */
function listMissingPlaces(scopes: Iterable<Scope>, { accounts }: OrganizationView): readonly string[] {
  const ids = new Set(accounts.map(({ id }) => id))
  const units = new Set(accounts.flatMap(({ parents }) => parents))
  return [...scopes].flatMap((scope) => {
    if (scope.kind === 'account' && !ids.has(scope.id)) return [`the account ${scope.id}`]
    return scope.kind === 'ou_id' && !units.has(scope.id) ? [`accounts of the unit ${scope.id}`] : []
  })
}
