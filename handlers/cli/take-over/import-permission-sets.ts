import {
  planPermissionSetChanges,
  renderChange,
} from '../../../shared/domain/permission-sets/permission-set-changes.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../../shared/domain/principals/identity-center-ids.ts'
import { quote, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import type { WantedPermissionSet } from '../../../shared/modules/take-over/rules/import-source.ts'
import { listAll } from '../../../shared/ports/page.ts'
import type { ConfiguredPorts, Ports } from '../../../shared/ports/ports.ts'
import type { TellProgress } from '../../../shared/ports/progress.ts'
import type { SsoAdmin } from '../../../shared/ports/sso-admin.ts'
import { findUncontrolled } from '../../../shared/reconcile/directory/management-account-sets.ts'
import { PermissionSetIndex } from '../../../shared/reconcile/directory/permission-set-index.ts'
import { type Adoption, adoptPermissionSet } from '../../../shared/reconcile/permission-sets/adopt-permission-set.ts'
import { readPermissionSet } from '../../../shared/reconcile/permission-sets/read-permission-set.ts'
import { Refusal } from '../arguments/refusal.ts'
import { Progress, runAgain } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { parseSetName } from './assignment-filters.ts'
import { openImport } from './open-import.ts'
import { readImportSource } from './read-import-source.ts'
import { slowSsoAdmin, turnMs, underLease } from './under-lease.ts'

export type ImportPermissionSetsOptions = {
  readonly permissionSets?: true | string[]
  readonly from?: string
  readonly dryRun?: boolean
  readonly config?: string
  readonly json?: boolean
}

/** The exit code of a part of an import, and what is ssofile's now. */
export type ImportedPart<Taken> = { readonly exitCode: number; readonly taken: readonly Taken[] }

/** `ssofile import --permission-sets`. */
export async function importPermissionSets(
  options: ImportPermissionSetsOptions,
): Promise<ImportedPart<PermissionSetArn>> {
  const wanted = await readWanted(options)
  const { dryRun: isDryRun = false } = options
  const { ports } = await openImport({ isDryRun, config: options.config })
  using progress = new Progress(runAgain)
  const results = await adoptAll(ports, wanted, isDryRun, progress.tell)
  progress.end()
  if (options.json) process.stdout.write(renderJson(results))
  else {
    for (const result of results) process.stdout.write(`${renderResult(result)}\n`)
    if (isDryRun) process.stdout.write('nothing was changed: this is the plan (--dry-run)\n')
  }
  const taken = results.flatMap((one) => (isTaken(one) ? one.arn : []))
  return { exitCode: taken.length < results.length ? 1 : 0, taken }
}

function isTaken(result: Result): result is Extract<Result, { outcome: 'adopted' | 'restored' | 'already-owned' }> {
  return result.outcome === 'adopted' || result.outcome === 'restored' || result.outcome === 'already-owned'
}

/** `differs`: the settings of the permission set that another tool's file gives with other values than Identity Center. */
type Result =
  | (Adoption & { readonly differs?: string })
  | { readonly name: string; readonly outcome: 'not-found'; readonly near?: string | undefined }
  | { readonly name: string; readonly outcome: 'another'; readonly arn: string; readonly place: string }

/** A permission set that the command line or a file names. */
type Wanted = { readonly name: PermissionSetName } & Partial<Omit<WantedPermissionSet, 'name'>>
type SetToImport = { readonly arn: PermissionSetArn; readonly wanted?: Wanted }

/** The permission sets to import. `undefined`: all of the instance. */
async function readWanted({
  permissionSets,
  from,
}: ImportPermissionSetsOptions): Promise<readonly Wanted[] | undefined> {
  if (from === undefined)
    return Array.isArray(permissionSets) ? permissionSets.map((name) => ({ name: parseSetName(name) })) : undefined
  const source = await readImportSource(from)
  if (source.permissionSets.length === 0)
    throw new Refusal(`${from} names no permission set; name one: --permission-sets NAME…`)
  return source.permissionSets.map((one) => ({ ...one, name: parseSetName(one.name) }))
}

/**
 * Takes over permission sets in portions, each under the dispatcher lease. So the rate limit holds, and changes of access wait only
 * briefly.
 */
export async function adoptAll(
  ports: ConfiguredPorts,
  named: readonly Wanted[] | undefined,
  isDryRun: boolean,
  tell: TellProgress = () => {},
): Promise<readonly Result[]> {
  type Work = Parameters<typeof underLease<readonly SetToImport[]>>[2]
  const inTurn = (work: Work) => (isDryRun ? work(slowSsoAdmin(ports), () => true) : underLease(ports, 'import', work))
  const results: Result[] = []
  const managementAccountId = await ports.organizations.managementAccountId()
  let left: readonly SetToImport[] | undefined
  let [known, of] = [0, 0]
  tell('reading permission sets')
  do {
    if (left) await ports.clock.sleep(turnMs)
    left = await inTurn(async (ssoAdmin, mayGoOn) => {
      const found = left ?? (await findAll(ports, ssoAdmin, named, results))
      const adopting = {
        ...ports,
        ssoAdmin,
        named: named !== undefined,
        lackOf: await findUncontrolled({ ...ports, ssoAdmin, managementAccountId }),
      }
      of ||= found.length
      let done = 0
      for (; done < found.length && (done === 0 || mayGoOn()); done++) {
        const one = found[done]
        const adoption = one && (await adoptPermissionSet(one.arn, adopting))
        if (adoption) results.push({ ...adoption, ...(await findDifference(one, ssoAdmin)) })
        tell('importing permission sets', { done: ++known, of })
      }
      return found.slice(done)
    })
  } while (left.length > 0)
  return results
}

async function findAll(
  ports: Ports,
  ssoAdmin: SsoAdmin,
  named: readonly Wanted[] | undefined,
  results: Result[],
): Promise<readonly SetToImport[]> {
  if (named === undefined) {
    const arns = await Array.fromAsync(listAll((token) => ssoAdmin.listPermissionSets(token)))
    return arns.map((arn) => ({ arn }))
  }
  const index = new PermissionSetIndex({ ...ports, ssoAdmin })
  const found: SetToImport[] = []
  for (const wanted of named) {
    const { name, arn: meant, place = name } = wanted
    const arn = await index.resolve(name)
    if (!arn) results.push({ name, outcome: 'not-found', near: index.findNear(name) })
    // The file's ARN is from another instance, or the permission set was created again after the file was written.
    else if (meant !== undefined && meant !== arn) results.push({ name, outcome: 'another', arn: meant, place })
    else found.push({ arn, wanted })
  }
  return found
}

/** The differences from another tool's file. ssofile takes the permission set over as it is. */
async function findDifference(
  { arn, wanted }: SetToImport,
  ssoAdmin: SsoAdmin,
): Promise<{ readonly differs?: string }> {
  if (wanted?.definition === undefined) return {}
  const actual = await readPermissionSet(ssoAdmin, arn, undefined)
  const changes = actual ? planPermissionSetChanges(actual, wanted.definition) : []
  return changes.length === 0 ? {} : { differs: `${wanted.place}: ${changes.map(renderChange).join('; ')}` }
}

function renderResult(result: Result): string {
  switch (result.outcome) {
    case 'adopted':
    case 'restored':
      return [
        `${result.outcome.padEnd(15)}${result.name}  ${result.file}`,
        ...[...result.notes, ...noteDifference(result)].map((note) => `               ${note}`),
      ].join('\n')
    case 'already-owned':
      return [`already ours   ${result.name}`, ...noteDifference(result)].join('\n               ')
    case 'refused':
      return `refused        ${renderComplaint(result.complaint)}`
    case 'not-found': {
      const near = result.near === undefined ? '' : `; did you mean '${quote(result.near)}'?`
      return `not found      Identity Center has no permission set '${result.name}'${near}`
    }
    case 'another':
      return `not here       ${quote(result.name)} of ${quote(result.place)} has the ARN ${result.arn}, but Identity Center here has another permission set of this name`
    default:
      return result satisfies never
  }
}

function noteDifference({ differs }: { readonly differs?: string }): readonly string[] {
  return differs === undefined ? [] : [`it differs from the file; to apply the file: ${quote(differs, 2_000)}`]
}
