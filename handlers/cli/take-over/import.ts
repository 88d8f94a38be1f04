import type { Command } from 'commander'
import { SystemClock } from '../../../shared/aws/system-clock.ts'
import {
  type AssignmentKey,
  assignmentOf,
  nameAssignment,
  renderAssignmentName,
} from '../../../shared/domain/assignments/assignment.ts'
import { type LinkKey, renderGrant } from '../../../shared/domain/links/link.ts'
import { splitLinkFields } from '../../../shared/domain/links/link-fields.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import { renderScope } from '../../../shared/domain/scopes/scope.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { prepareImport } from '../../../shared/modules/take-over/import-assignments.ts'
import type { Obstacle } from '../../../shared/modules/take-over/rules/compact-links.ts'
import type { TerraformHolding } from '../../../shared/modules/take-over/rules/import-source.ts'
import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import { dryRunOption } from '../arguments/change-options.ts'
import { repeated } from '../arguments/options.ts'
import { Refusal } from '../arguments/refusal.ts'
import { isFolder } from '../folder/folder-inputs.ts'
import { explainDenial } from '../operations/explain-denial.ts'
import { Progress, runAgain } from '../terminal/progress.ts'
import { renderComplaints } from '../terminal/render-complaints.ts'
import { renderJson } from '../terminal/render-json.ts'
import { addFilters, type FilterOptions, parseFilters } from './assignment-filters.ts'
import { importExport } from './import-export.ts'
import { type ImportedPart, type ImportPermissionSetsOptions, importPermissionSets } from './import-permission-sets.ts'
import { readListedAt, renderListedAt } from './listed-at.ts'
import { beginMoved, divideHoldings, writeMoved } from './moved-addresses.ts'
import { openImport } from './open-import.ts'
import { readExport } from './read-export.ts'
import { readImportSource } from './read-import-source.ts'
import { leasePortions, slowPortions } from './under-lease.ts'

type Options = ImportAssignmentsOptions &
  ImportPermissionSetsOptions & { readonly assignments?: boolean; readonly moved?: string }

/** `ssofile import`: takes over permission sets and assignments that exist already. */
export function addImport(program: Command): void {
  const command = program
    .command('import')
    .description(
      "Takes over existing access, without a change in Identity Center. Run it again after an interruption. More: docs/coming-from.md.\n--permission-sets writes existing permission sets as files and makes them ssofile's: then changing or deleting the file changes or deletes the permission set. A set of ssofile whose file was deleted must be named.\n--assignments writes links for existing access and makes it ssofile's: then deleting the link revokes it.\n--from FILE alone takes over a file of ssofile export.",
    )
    .option('--permission-sets [names...]', 'names of permission sets; without names, all')
    .option('--assignments', 'account assignments: all, or those that match the filters')
  addFilters(command)
    .option('--compact', 'few links: for all accounts or a unit, if each of its accounts has the access now')
    .option('--tag-key <key>', 'with --compact, also links for the values of this tag (may be repeated)', repeated)
    .option('--folder <name>', 'write the links into this declared folder')
    .option(
      '--from <file>',
      'only the access in this file: Terraform, CSV, list-stack-resources, a list of links, or a folder of files',
    )
    .option(
      '--moved <file>',
      'with a state of Terraform in --from: write the addresses that Terraform can forget into this file',
    )
    .addOption(dryRunOption())
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the result as JSON')
    .addHelpText('after', help)
    .action(async (options: Options) => {
      const example = options.assignments ? 'import --assignments' : 'import --permission-sets'
      process.exitCode = await importAll(options).catch(explainDenial('operators', 'import', example))
    })
}

const help = `
--compact gives no new access now, but a link for all accounts, a unit or a tag also grants to accounts that join later.
Without it each assignment gets a link of its own.
Exit code 1: FILE names no assignment, or something was not imported, each with its reason.
--moved lists what is ssofile's now, permission sets with all their attachments. It leaves out everything else.

Examples:
  ssofile import --permission-sets ReadOnly-ps Billing-ps
  ssofile import --assignments --dry-run
  ssofile import --assignments --compact --tag-key team
  ssofile import --from assignments.csv                     (columns account,permission_set,principal,type)
  ssofile import --permission-sets --assignments --from terraform.tfstate --moved moved.txt
  ssofile import --from access.jsonl                        (of ssofile export)
  ssofile import --assignments --account 233000000002 --permission-set Billing-ps`

async function importAll(given: Options): Promise<number> {
  const options = await withImplied(given)
  const exported =
    options.from === undefined || (await isFolder(options.from))
      ? undefined
      : await readExport(options.from, new SystemClock().now())
  if (exported) {
    if (options.moved !== undefined) throw notOfTerraform(options.from)
    if (options.permissionSets !== undefined || options.assignments || isForAssignments(options))
      throw new Refusal(
        'received an export of ssofile with other options, expected --from alone: you can only take it over as a whole',
      )
    return importExport(exported, options)
  }
  if (options.permissionSets === undefined && !options.assignments)
    throw new Refusal(
      'received nothing to import, expected --permission-sets, with names or without (all of them), --assignments, or --from with an export of ssofile',
    )
  if (!options.assignments && isForAssignments(options))
    throw new Refusal('received an option for assignments, expected it together with --assignments')
  if (Array.isArray(options.permissionSets) && options.from !== undefined)
    throw new Refusal('received names of permission sets and --from, expected one of them: the file names its own')
  const holdings = await readHoldings(options)
  const sets = options.permissionSets === undefined ? nothing : await importPermissionSets(options)
  const access = options.assignments ? await importAssignments(options) : nothing
  const exitCode = Math.max(sets.exitCode, access.exitCode)
  if (options.moved === undefined) return exitCode
  const moved = divideHoldings(holdings, { permissionSets: sets.taken, assignments: access.taken })
  const told = await writeMoved(options.moved, moved)
  process.stdout.write(options.json ? renderJson(moved) : told)
  return moved.stays.length > 0 ? 1 : exitCode
}

const nothing = { exitCode: 0, taken: [] }

/** What the state holds, if the import is to say what Terraform can forget. */
async function readHoldings({ moved, from, dryRun }: Options): Promise<readonly TerraformHolding[]> {
  if (moved === undefined) return []
  if (dryRun) throw new Refusal('received --moved with --dry-run, expected one of them: a dry run takes nothing over')
  const { holdings } = from === undefined ? {} : await readImportSource(from)
  if (from === undefined || holdings === undefined) throw notOfTerraform(from)
  await beginMoved(moved, from)
  return holdings
}

function notOfTerraform(from: string | undefined): Refusal {
  const received = from === undefined ? 'no --from' : `'${quote(from, 1024)}', which has no addresses of Terraform`
  return new Refusal(
    `received --moved with ${received}, expected a state of Terraform in --from: terraform state pull > FILE`,
  )
}

/** A file that names only assignments needs no `--assignments`. */
export async function withImplied(options: Options): Promise<Options> {
  const { from, assignments, permissionSets } = options
  if (from === undefined || assignments || permissionSets !== undefined) return options
  if ((await isFolder(from)) || (await readExport(from, new SystemClock().now()))) return options
  const source = await readImportSource(from)
  const isOnly = source.permissionSets.length === 0 && source.assignments.length + source.links.length > 0
  return isOnly ? { ...options, assignments: true } : options
}

function isForAssignments({ account, permissionSet, user, group, compact, tagKey, folder }: Options): boolean {
  return [account, permissionSet, user, group, compact, tagKey, folder].some((given) => given !== undefined)
}

type ImportAssignmentsOptions = FilterOptions & {
  readonly compact?: boolean
  readonly tagKey?: readonly string[]
  readonly from?: string
  readonly folder?: string
  readonly dryRun?: boolean
  readonly config?: string
  readonly json?: boolean
}

/** `ssofile import --assignments`. */
async function importAssignments(options: ImportAssignmentsOptions): Promise<ImportedPart<AssignmentTarget>> {
  const { compact: isCompact = false, tagKey: tagKeys = [], dryRun: isDryRun = false } = options
  if (tagKeys.length > 0 && !isCompact)
    throw new Refusal('received --tag-key without --compact, expected both: only --compact writes links for tags')
  const source = options.from === undefined ? undefined : await readImportSource(options.from)
  if (source && source.assignments.length + source.links.length === 0) {
    const { others = [] } = source
    const has = others.length > 0 ? `; it has ${others.slice(0, 20).join(', ')}` : ''
    process.stderr.write(
      `${quote(options.from ?? '', 1024)} names no assignment, so there is nothing to take over${has}\n`,
    )
    return { exitCode: 1, taken: [] }
  }
  const { opened, ports, hasDispatcher } = await openImport({ isDryRun, config: options.config })
  const { configuration } = ports
  const filter = await parseFilters(options, opened)
  const { folder } = options
  if (folder !== undefined && !configuration.folders.includes(folder))
    throw new Refusal(
      `received the folder '${quote(folder)}', expected a declared one: ${configuration.folders.map((one) => `'${one}'`).join(', ') || 'the configuration has none'}`,
    )
  using progress = new Progress(runAgain)
  const { tell } = progress
  const inPortions = isDryRun ? slowPortions(ports, tell, hasDispatcher) : leasePortions(ports, 'import', tell)
  const listedAt = isDryRun ? await readListedAt(opened.objects) : undefined
  const steps = {
    filter,
    source,
    isCompact,
    tagKeys,
    folder,
    isRecorded: listedAt !== undefined,
    inPortions,
    onStep: tell,
  }
  const prepared = await prepareImport(ports, steps)
  const adopted = isDryRun ? undefined : await prepared.carryOut(inPortions)
  progress.end()
  const result = { ...toResult(prepared, adopted, isDryRun), listedAt }
  process.stdout.write(options.json ? renderJson(result) : renderImport(result))
  const keys = new Set(adopted?.flatMap((one) => one.keys))
  const fresh = prepared.links.flatMap(({ toAdopt }) => toAdopt.filter(({ key }) => keys.has(key)))
  const taken = [...prepared.kept, ...fresh].map(({ target }) => target)
  return { exitCode: result.left.length > 0 ? 1 : 0, taken }
}

type Prepared = Awaited<ReturnType<typeof prepareImport>>

function toResult(
  { listed, ours, obstacles, links, left, unknown }: Prepared,
  adopted: Awaited<ReturnType<Prepared['carryOut']>> | undefined,
  isDryRun: boolean,
) {
  const planned = links.map(({ key, isNew, toAdopt }) => ({ key, isNew, keys: toAdopt.map((one) => one.key) }))
  const done = adopted?.map(({ link, isWritten, keys }) => ({ key: link, isNew: isWritten, keys }))
  const failed = adopted?.flatMap((one) => one.left) ?? []
  return {
    isDryRun,
    listed,
    alreadyOurs: ours,
    links: (done ?? planned)
      .filter(({ isNew, keys }) => isNew || keys.length > 0)
      // `isNew`: this import wrote the link. `assignments`: the access that ssofile owns since this import because of the link.
      .map(({ keys, ...link }) => ({ ...link, assignments: keys.map((key) => nameByLink(key, link.key)).sort() }))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
    obstacles,
    left: [...unknown, ...left, ...failed],
  }
}

/** The name of an assignment, in the form of a link to its account. */
function nameByLink(key: AssignmentKey, link: LinkKey): string {
  const named = principalName.parse(splitLinkFields(link)?.principal)
  return renderAssignmentName(nameAssignment(assignmentOf(key), named))
}

/** `listedAt`: the instant of the drift check that supplied the records. Absent: the import asked Identity Center. */
type ImportResult = ReturnType<typeof toResult> & { readonly listedAt?: string | undefined }

const accountsShown = 5

function renderImport({ isDryRun, listedAt, listed, alreadyOurs, links, obstacles, left }: ImportResult): string {
  const written = links.filter(({ isNew }) => isNew)
  const adopted = links.reduce((sum, { assignments }) => sum + assignments.length, 0)
  const lines = [
    ...links.map(({ key, isNew, assignments }) => {
      const what = isNew ? (isDryRun ? 'would write' : 'written') : 'there already'
      return `${what.padEnd(14)}${quote(key, 1024)}  ${count(assignments.length, 'assignment')}`
    }),
    ...section('Wider links were not possible:', obstacles.map(renderObstacle)),
    ...section('Not imported:', renderComplaints(left)),
    ...(links.length + obstacles.length + left.length > 0 ? [''] : []),
    `${count(listed, 'assignment')} listed: ${alreadyOurs} ssofile's before, ${adopted} ${isDryRun ? 'would become' : 'became'} ssofile's by ${count(links.length, 'link')} (${written.length} new), ${left.length} not imported`,
  ]
  return `${lines.join('\n')}\n${renderListedAt(listedAt)}`
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

function renderObstacle({ grant, scope, accounts, lacking, links }: Obstacle): string {
  const shown = lacking.slice(0, accountsShown).join(', ')
  const more = lacking.length > accountsShown ? ` and ${lacking.length - accountsShown} more` : ''
  const link = quote(`${renderScope(scope)}%${renderGrant(grant)}`, 1024)
  const verb = lacking.length === 1 ? 'lacks' : 'lack'
  return `${link}: ${lacking.length} of ${accounts} accounts ${verb} it: ${shown}${more}; it would replace ${links} links`
}
