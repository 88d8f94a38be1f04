import type { Command } from 'commander'
import { quote, renderComplaint } from '../../shared/domain/complaint.ts'
import type { PermissionSetArn } from '../../shared/domain/identity-center-ids.ts'
import type { PermissionSetName } from '../../shared/domain/permission-set-name.ts'
import { listAll } from '../../shared/ports/page.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import type { SsoAdmin } from '../../shared/ports/sso-admin.ts'
import { PermissionSetIndex } from '../../shared/reconcile/directory/permission-set-index.ts'
import { type Adoption, adoptPermissionSet } from '../../shared/reconcile/permission-sets/adopt-permission-set.ts'
import { claimBucket, WrongOwnerError } from '../../shared/reconcile/records/owner.ts'
import { addFilters, parseSetName } from './assignment-filters.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { explainOperatorDenial } from './explain-operator-denial.ts'
import { type ImportAssignmentsOptions, importAssignments } from './import-assignments.ts'
import { repeated } from './options.ts'
import { Refusal } from './refusal.ts'
import { renderJson } from './render-json.ts'
import { turnMs, underLease } from './under-lease.ts'

type Options = ImportAssignmentsOptions & { readonly permissionSets?: true | string[]; readonly assignments?: boolean }

/** `ssofile import`: takes over permission sets and assignments that exist already. */
export function addImport(program: Command): void {
  const command = program
    .command('import')
    .summary('take over permission sets and assignments that exist already')
    .description(
      "Takes over what Identity Center has already. Changes nothing in Identity Center.\n--permission-sets writes existing permission sets as files under permission_sets/, exactly as they are, and makes them ssofile's:\nfrom then on, changing the file changes the permission set, and deleting the file deletes it.\nWithout names: all of them, except those that are ssofile's and whose file was deleted. Name one of those to write its file again.\n--assignments writes links under links_data/ for existing access and makes the access ssofile's:\nfrom then on, deleting the link revokes it. Without a filter: all of it.\nIt may be interrupted: run it again, and it goes on.\nThe dispatcher pauses meanwhile, at most 20 seconds at a time.",
    )
    .option('--permission-sets [names...]', 'names of permission sets; without names, all')
    .option('--assignments', 'account assignments: all, or those of the filters')
  addFilters(command)
    .option('--compact', 'few links: for all accounts or a unit, where each of its accounts has the access now')
    .option('--tag-key <key>', 'with --compact, also links for the values of this tag (may be repeated)', repeated)
    .option('--from <file>', 'only what this file names: CSV, terraform show -json, or a list of links')
    .option('--dry-run', 'show the links and what would be taken over; change nothing')
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the result as JSON')
    .addHelpText('after', help)
    .action(async (options: Options) => {
      const example = options.assignments ? 'import --assignments' : 'import --permission-sets'
      process.exitCode = await importAll(options).catch(explainOperatorDenial('import', example))
    })
}

const help = `
--compact never gives access that is not there now. But a link for all accounts, a unit or a tag also grants to accounts
that join later; without --compact each assignment gets a link of its own. Only tags named by --tag-key become links.
Assignments are listed with a call for each account and permission set, 20 a second (with --dry-run 5); with --principal
with fewer. Afterwards a plan says that nothing would change.
Exit code 0: done; 1: something could not be imported, each with its reason; 2: wrong usage or refused.

Examples:
  ssofile import --permission-sets ReadOnly-ps Billing-ps
  ssofile import --assignments --dry-run
  ssofile import --assignments --compact --tag-key team
  ssofile import --assignments --from assignments.csv       (columns account,permission_set,principal,type)
  ssofile import --assignments --account 233000000002 --permission-set Billing-ps`

async function importAll(options: Options): Promise<number> {
  if (options.permissionSets === undefined && !options.assignments)
    throw new Refusal(
      'received nothing to import, expected --permission-sets, with names or without (all of them), or --assignments',
    )
  if (!options.assignments && isForAssignments(options))
    throw new Refusal('received an option that is for assignments only, expected it together with --assignments')
  if (options.permissionSets !== undefined && options.dryRun)
    throw new Refusal('received --dry-run with --permission-sets, expected it with --assignments alone')
  const codes = [
    options.permissionSets === undefined ? 0 : await importPermissionSets(options),
    options.assignments ? await importAssignments(options) : 0,
  ]
  return Math.max(...codes)
}

function isForAssignments({ account, permissionSet, principal, compact, tagKey, from, dryRun }: Options): boolean {
  return [account, permissionSet, principal, compact, tagKey, from, dryRun].some((given) => given !== undefined)
}

async function importPermissionSets(options: Pick<Options, 'permissionSets' | 'json'>): Promise<number> {
  const names = Array.isArray(options.permissionSets) ? options.permissionSets.map(parseSetName) : undefined
  const ports = openCliPorts(bucketOf(undefined))
  await claimBucket(ports).catch((error: unknown) => {
    throw error instanceof WrongOwnerError ? new Refusal(error.message) : error
  })
  const results = await adoptAll(ports, names)
  if (options.json) process.stdout.write(renderJson(results))
  else for (const result of results) process.stdout.write(`${renderResult(result)}\n`)
  return results.some(({ outcome }) => outcome === 'refused' || outcome === 'not-found') ? 1 : 0
}

type Result = Adoption | { readonly name: string; readonly outcome: 'not-found'; readonly near?: string | undefined }

/** In portions, each under the dispatcher lease: so the rate limit holds, and changes of access wait only briefly. */
async function adoptAll(ports: Ports, names: readonly PermissionSetName[] | undefined): Promise<readonly Result[]> {
  const results: Result[] = []
  let left: readonly PermissionSetArn[] | undefined
  do {
    if (left) await ports.clock.sleep(turnMs)
    left = await underLease(ports, 'import', async (ssoAdmin, mayGoOn) => {
      const wanted = left ?? (await findAll(ports, ssoAdmin, names, results))
      let done = 0
      for (; done < wanted.length && (done === 0 || mayGoOn()); done++) {
        const arn = wanted[done]
        const adoption = arn && (await adoptPermissionSet(arn, { ...ports, ssoAdmin, named: names !== undefined }))
        if (adoption) results.push(adoption)
      }
      if (done < wanted.length) process.stderr.write(`${done} of ${wanted.length} done\n`)
      return wanted.slice(done)
    })
  } while (left.length > 0)
  return results
}

async function findAll(
  ports: Ports,
  ssoAdmin: SsoAdmin,
  names: readonly PermissionSetName[] | undefined,
  results: Result[],
): Promise<readonly PermissionSetArn[]> {
  if (names === undefined) return Array.fromAsync(listAll((token) => ssoAdmin.listPermissionSets(token)))
  const index = new PermissionSetIndex({ ...ports, ssoAdmin })
  const arns: PermissionSetArn[] = []
  for (const name of names) {
    const arn = await index.resolve(name)
    if (arn) arns.push(arn)
    else results.push({ name, outcome: 'not-found', near: index.findNear(name) })
  }
  return arns
}

function renderResult(result: Result): string {
  switch (result.outcome) {
    case 'adopted':
    case 'restored':
      return [
        `${result.outcome.padEnd(15)}${result.name}  ${result.file}`,
        ...result.notes.map((note) => `               ${note}`),
      ].join('\n')
    case 'already-owned':
      return `already ours   ${result.name}`
    case 'refused':
      return `refused        ${renderComplaint(result.complaint)}`
    case 'not-found': {
      const near = result.near === undefined ? '' : `; did you mean '${quote(result.near)}'?`
      return `not found      Identity Center has no permission set '${result.name}'${near}`
    }
    default:
      return result satisfies never
  }
}
