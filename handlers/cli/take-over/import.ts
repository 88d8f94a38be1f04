import type { Command } from 'commander'
import { repeated } from '../arguments/options.ts'
import { Refusal } from '../arguments/refusal.ts'
import { isFolder } from '../folder/folder-inputs.ts'
import { explainDenial } from '../operations/explain-denial.ts'
import { addFilters } from './assignment-filters.ts'
import { type ImportAssignmentsOptions, importAssignments } from './import-assignments.ts'
import { importExport } from './import-export.ts'
import { type ImportPermissionSetsOptions, importPermissionSets } from './import-permission-sets.ts'
import { readExport } from './read-export.ts'

type Options = ImportAssignmentsOptions & ImportPermissionSetsOptions & { readonly assignments?: boolean }

/** `ssofile import`: takes over permission sets and assignments that exist already. */
export function addImport(program: Command): void {
  const command = program
    .command('import')
    .description(
      "Takes over what Identity Center has already. Changes nothing in Identity Center.\n--permission-sets writes existing permission sets as files under permission_sets/, exactly as they are, and makes them ssofile's:\nfrom then on, changing the file changes the permission set, and deleting the file deletes it.\nWithout names: all of them, except those that are ssofile's and whose file was deleted. Name one of those to write its file again.\n--assignments writes links under links_data/ for existing access and makes the access ssofile's:\nfrom then on, deleting the link revokes it. Without a filter: all of it.\n--from FILE alone, with a file that ssofile export wrote: takes over another bucket, its links, permission sets, ledger and history.\nIt may be interrupted: run it again, and it goes on.\nThe dispatcher pauses meanwhile, at most 20 seconds at a time.",
    )
    .option('--permission-sets [names...]', 'names of permission sets; without names, all')
    .option('--assignments', 'account assignments: all, or those of the filters')
  addFilters(command)
    .option('--compact', 'few links: for all accounts or a unit, where each of its accounts has the access now')
    .option('--tag-key <key>', 'with --compact, also links for the values of this tag (may be repeated)', repeated)
    .option('--folder <name>', 'write the links into this declared folder')
    .option('--from <file>', 'only what this names: Terraform, CSV, a list of links, or a folder of files')
    .option('--dry-run', 'show what would be taken over, with its files and links; change nothing')
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the result as JSON')
    .addHelpText('after', help)
    .action(async (options: Options) => {
      const example = options.assignments ? 'import --assignments' : 'import --permission-sets'
      process.exitCode = await importAll(options).catch(explainDenial('operators', 'import', example))
    })
}

const help = `
--compact never gives access that is not there now. But a link for all accounts, a unit or a tag also grants to accounts
that join later; without --compact each assignment gets a link of its own. Only tags named by --tag-key become links.
Assignments are listed with a call for each account and permission set, 20 a second; with --user or --group with
fewer; with --dry-run as the last drift check recorded them. Afterwards a plan says that nothing would change.
Exit code 0: done; 1: something could not be imported, each with its reason; 2: wrong usage or refused.

Examples:
  ssofile import --permission-sets ReadOnly-ps Billing-ps
  ssofile import --assignments --dry-run
  ssofile import --assignments --compact --tag-key team
  ssofile import --assignments --from assignments.csv       (columns account,permission_set,principal,type)
  ssofile import --permission-sets --assignments --from terraform.tfstate
  ssofile import --from access.jsonl                        (what ssofile export wrote)
  ssofile import --assignments --account 233000000002 --permission-set Billing-ps`

async function importAll(options: Options): Promise<number> {
  const exported =
    options.from === undefined || (await isFolder(options.from)) ? undefined : await readExport(options.from)
  if (exported) {
    if (options.permissionSets !== undefined || options.assignments || isForAssignments(options))
      throw new Refusal(
        'received an export of ssofile with other options, expected --from alone: it is taken over whole',
      )
    return importExport(exported, options)
  }
  if (options.permissionSets === undefined && !options.assignments)
    throw new Refusal(
      'received nothing to import, expected --permission-sets, with names or without (all of them), --assignments, or --from with an export of ssofile',
    )
  if (!options.assignments && isForAssignments(options))
    throw new Refusal('received an option that is for assignments only, expected it together with --assignments')
  if (Array.isArray(options.permissionSets) && options.from !== undefined)
    throw new Refusal('received names of permission sets and --from, expected one of them: the file names its own')
  const codes = [
    options.permissionSets === undefined ? 0 : await importPermissionSets(options),
    options.assignments ? await importAssignments(options) : 0,
  ]
  return Math.max(...codes)
}

function isForAssignments({ account, permissionSet, user, group, compact, tagKey, folder }: Options): boolean {
  return [account, permissionSet, user, group, compact, tagKey, folder].some((given) => given !== undefined)
}
