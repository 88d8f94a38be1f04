import type { Configuration } from '../../domain/deployment/configuration.ts'
import { defaultHygiene } from '../../domain/files/hygiene-file.ts'
import type { AccessLevel, ActionCatalog } from '../../domain/iam-policies/access-level.ts'
import { accessLevelsOf } from '../../domain/iam-policies/access-levels-of.ts'
import { listManagedPolicies } from '../../domain/iam-policies/compare-permissions.ts'
import type { SetUsage } from '../../domain/iam-policies/set-usage.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { renderTable, type TableColumn } from '../../domain/text/render-csv.ts'
import type { Ports } from '../../ports/ports.ts'
import { ManagedPolicies } from '../../reconcile/calls/managed-policies.ts'
import { readSetPolicies } from '../../reconcile/directory/read-set-policies.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { KeptUsages } from './kept-usages.ts'
import {
  type PermissionSummary,
  permissionOverviewKey,
  permissionReportsPrefix,
  permissionSummary,
  setUsageReport,
} from './permission-reports.ts'
import { readHygieneFile } from './read-hygiene-file.ts'
import { mergeAll, readUsages } from './read-usages.ts'
import { judgeUsage, renderUsage } from './rules/judge-usage.ts'

/** How many accounts' usages to keep in memory; they are read again after a crash. */
const accountsAtOnce = 64

type ReportPorts = Pick<Ports, 'objects' | 'organizations' | 'auditor' | 'clock' | 'randomness' | 'log'>

/**
 * Once a month: unused permissions of each permission set over all its accounts, by IAM. Writes
 * `reports/permissions/<name>.csv`, the same as JSON for `ssofile suggest`, `reports/permissions.csv` with a line for each
 * permission set and its access levels, and last of all `reports/permissions.json`. Begins nothing after `untilMs` (monotonic);
 * the next run continues. `undefined`: no auditor's role is configured, the month has its reports, or something is left for the next run.
 */
export async function writePermissions(
  ports: ReportPorts,
  configuration: Configuration,
  { readActions, untilMs }: { readonly readActions: () => Promise<ActionCatalog>; readonly untilMs: number },
): Promise<PermissionSummary | undefined> {
  const { objects, clock, log } = ports
  if (configuration.auditorRole === '') return undefined
  const isOver = () => clock.monotonicMs() >= untilMs
  const madeAt = renderInstant(clock.now())
  const month = madeAt.slice(0, 7)
  const written = permissionSummary(objects)
  if ((await spoiledAsAbsent(written.read()))?.value.month === month) return undefined
  const kept = new KeptUsages(objects, month)
  if (!(await readAccounts(ports, configuration, { kept, isOver }))) return undefined
  const hygiene = await readHygieneFile(objects)
  // The report of credentials reports an invalid file.
  const unusedDays = (hygiene.ok ? hygiene.value : defaultHygiene).standards.unusedDays
  const reported = new Map(await kept.reported())
  const catalog = await readActions()
  for await (const [name, usage] of kept.merged(reported)) {
    if (isOver()) {
      log.info('ssofile has not written the reports of all permission sets: the next run goes on', {
        written: reported.size,
      })
      return undefined
    }
    const rows = judgeUsage(usage, unusedDays)
    const csv = renderUsage(name, rows, usage.asOf)
    await objects.put(`${permissionReportsPrefix}${name}.csv`, Buffer.from(csv))
    await setUsageReport(objects, name).overwrite(usage)
    const unused = rows.filter(({ finding }) => finding === 'unused')
    const unusedActions = unused.filter(({ action }) => action !== undefined).length
    const set = {
      name,
      levels: [...(await readLevels(ports, configuration, { name, readIn: usage.readIn, catalog }))],
      accounts: usage.accounts,
      unread: usage.unread.length,
      services: Object.keys(usage.services).length,
      unusedServices: unused.length - unusedActions,
      unusedActions,
    }
    await kept.keepReported(set)
    reported.set(name, set)
  }
  const sets = [...reported.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  await objects.put(permissionOverviewKey, Buffer.from(renderOverview(sets, madeAt)))
  const summary: PermissionSummary = { v: 1, month, madeAt, unusedDays, sets }
  await written.overwrite(summary)
  await kept.forget()
  return summary
}

/**
 * The access levels of a permission set: by its file if that is in force, and by its managed policies in the account in which its role was
 * read.
 */
async function readLevels(
  ports: ReportPorts,
  { auditorRole }: Configuration,
  {
    name,
    readIn,
    catalog,
  }: { readonly name: PermissionSetName; readonly catalog: ActionCatalog } & Pick<SetUsage, 'readIn'>,
): Promise<readonly AccessLevel[]> {
  const { auditor, objects } = ports
  const policies = await readSetPolicies(name, { objects, resolve: async () => undefined })
  if (policies === undefined || auditor === undefined) return ['unknown']
  const wanted = listManagedPolicies(policies)
  const accounts = readIn === undefined ? [] : [readIn]
  const read = await new ManagedPolicies({ ...ports, auditor }, auditorRole).read(wanted, accounts)
  return accessLevelsOf(policies, read, catalog)
}

function renderOverview(sets: PermissionSummary['sets'], madeAt: string): string {
  const columns: readonly TableColumn<PermissionSummary['sets'][number]>[] = [
    { title: 'permission set', text: ({ name }) => name },
    { title: 'access levels', text: ({ levels }) => levels.join(' ; ') },
    { title: 'accounts', text: ({ accounts }) => String(accounts) },
    { title: 'not read', text: ({ unread }) => String(unread) },
    { title: 'services', text: ({ services }) => String(services) },
    { title: 'unused services', text: ({ unusedServices }) => String(unusedServices) },
    { title: 'unused actions', text: ({ unusedActions }) => String(unusedActions) },
    { title: 'made at', text: () => madeAt },
  ]
  return renderTable(columns, sets)
}

/** Reads the accounts in parts, by their ids. Returns whether all are read. */
async function readAccounts(
  ports: ReportPorts,
  { auditorRole, folders }: Configuration,
  { kept, isOver }: { readonly kept: KeptUsages; readonly isOver: () => boolean },
): Promise<boolean> {
  const view = await new OrganizationCache(ports, folders).storedView()
  if (view === undefined) throw new Error('the organization has not been read yet')
  const upTo = await kept.readUpTo()
  const left = view.accounts.filter(({ id }) => id > upTo).sort((a, b) => (a.id < b.id ? -1 : 1))
  for (let from = 0; from < left.length; from += accountsAtOnce) {
    const part = left.slice(from, from + accountsAtOnce)
    const last = part.at(-1)
    if (last === undefined) break
    if (isOver()) {
      ports.log.info('ssofile has not read all accounts: the next run goes on', { left: left.length - from })
      return false
    }
    const read = await Promise.all(part.map(({ id }) => readUsages(ports, id, { auditorRole })))
    await kept.keep(last.id, mergeAll(read.flatMap((one) => [...one])))
  }
  return true
}
