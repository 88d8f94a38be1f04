import type { Command } from 'commander'
import {
  type Assignment,
  type AssignmentKey,
  assignmentOf,
  nameAssignment,
  renderAssignmentName,
} from '../../../shared/domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../../shared/domain/assignments/ledger-entry.ts'
import type { PrincipalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import { quote, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { AssignmentFilter } from '../../../shared/modules/take-over/list-existing.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { type Released, releaseAssignment } from '../../../shared/reconcile/assignments/release-assignment.ts'
import { listAssignmentKeys } from '../../../shared/reconcile/records/ledger.ts'
import { NameIndex } from '../../../shared/reconcile/records/principal-names.ts'
import { dryRunOption, yesOption } from '../arguments/change-options.ts'
import { Refusal } from '../arguments/refusal.ts'
import { askRights, keysOfImport } from '../bucket/ask-rights.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { explainDenial } from '../operations/explain-denial.ts'
import { confirm } from '../terminal/confirm.ts'
import { Progress } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { addFilters, type FilterOptions, parseFilters } from './assignment-filters.ts'
import { leasePortions } from './under-lease.ts'

type Options = FilterOptions & {
  readonly all?: boolean
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** `ssofile release`: gives up assignments, so that others manage them. */
export function addRelease(program: Command): void {
  addFilters(
    program
      .command('release')
      .description(
        'Gives access back: it stays in Identity Center, its record moves from assignments/ to foreign/, and ssofile never revokes it again.\nThe files stay. Delete them afterwards: nothing is revoked then. While a link stays, it grants again what somebody removes by hand.\nTo take the access over again: ssofile import --assignments.',
      )
      .option('--all', 'all access of ssofile'),
  )
    .addOption(yesOption())
    .addOption(dryRunOption())
    .option('--json', 'the result for each as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile release --account 233000000002 --dry-run\n  ssofile release --permission-set Billing-ps --group team-Accountants\n  ssofile release --all --yes',
    )
    .action(async (options: Options) => {
      process.exitCode = await release(options).catch(explainDenial('operators', 'release', 'release --all'))
    })
}

async function release(options: Options): Promise<number> {
  const { account = [], permissionSet = [], user = [], group = [] } = options
  const isFiltered = [account, permissionSet, user, group].flat().length > 0
  if (isFiltered === (options.all === true))
    throw new Refusal(
      'expected either --all, or at least one of --account, --permission-set, --user and --group; received ' +
        (isFiltered ? 'both' : 'neither'),
    )
  const ports = await openBucket()
  const keys = await listMeant(ports, await parseFilters(options, ports))
  if (options.dryRun || keys.length === 0) {
    process.stdout.write(options.json ? renderJson(keys) : renderMeant(keys))
    return 0
  }
  if (!options.yes) {
    process.stderr.write(renderMeant(keys))
    await confirm({ bucket: ports.objects.bucket, question: 'Release them?', undone: 'released' })
  }
  await askRights(ports.objects, { puts: keysOfImport.filter((key) => !/^(permission_sets|links_data)/.test(key)) })
  const released = await releaseAll(ports, keys)
  process.stdout.write(options.json ? renderJson(released) : render(released, ports.objects))
  return released.some(({ outcome }) => outcome === 'refused') ? 1 : 0
}

type Meant = { readonly key: AssignmentKey; readonly name: string }

async function listMeant({ objects }: Ports, filter: AssignmentFilter): Promise<readonly Meant[]> {
  const names = await NameIndex.read(objects)
  const keys = await Array.fromAsync(listAssignmentKeys(objects, ledgerPrefix))
  const meant = keys.flatMap((key) => {
    const id = assignmentOf(key)
    const principal = names.namesOf(id.type, id.principalId)[0] ?? principalName.parse(id.principalId)
    const assignment = nameAssignment(id, principal)
    return isMeant({ ...assignment, id: id.principalId }, filter)
      ? [{ key, name: renderAssignmentName(assignment) }]
      : []
  })
  return meant.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function isMeant(
  { accountId, permissionSet, principal, type, id }: Assignment & { readonly id: PrincipalId },
  filter: AssignmentFilter,
): boolean {
  const { accounts, permissionSets, principals } = filter
  return (
    (accounts.length === 0 || accounts.includes(accountId)) &&
    (permissionSets.length === 0 || permissionSets.includes(permissionSet)) &&
    (principals.length === 0 ||
      principals.some((one) => one.type === type && (one.name === principal || one.name === principalName.parse(id))))
  )
}

async function releaseAll(ports: Ports, keys: readonly Meant[]): Promise<readonly (Released & Meant)[]> {
  using progress = new Progress()
  const released: (Released & Meant)[] = []
  const inPortions = leasePortions(ports, 'release', progress.tell)
  await inPortions(keys, 'assignments', async (one) => {
    released.push({ ...(await releaseAssignment(one.key, ports)), ...one })
  })
  return released
}

function renderMeant(keys: readonly Meant[]): string {
  const lines = keys.map(({ name }) => `  ${quote(name, 1024)}`)
  return `${[`${count(keys.length, 'assignment')} to release`, ...lines].join('\n')}\n`
}

function render(released: readonly (Released & Meant)[], { bucket }: ObjectStore): string {
  const lines = released.map((one) =>
    one.outcome === 'released'
      ? `released       ${quote(one.name, 1024)}`
      : `refused        ${renderComplaint(one.complaint)}`,
  )
  const done = released.filter(({ outcome }) => outcome === 'released').length
  return `${[...lines, '', `${count(done, 'assignment')} of bucket ${bucket} released: the access stays, and ssofile will not revoke it`].join('\n')}\n`
}
