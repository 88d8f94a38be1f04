import { realpath, writeFile } from 'node:fs/promises'
import type { PermissionSetArn } from '../../../shared/domain/principals/identity-center-ids.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { TerraformHolding } from '../../../shared/modules/take-over/rules/import-source.ts'
import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import { renderTarget } from '../../../shared/reconcile/calls/assignment-listings.ts'
import { Refusal } from '../arguments/refusal.ts'

/** What is ssofile's after an import: by this import, or before it. */
export type TakenOver = {
  readonly permissionSets: readonly PermissionSetArn[]
  readonly assignments: readonly AssignmentTarget[]
}

type Staying = { readonly address: string; readonly because: string }
export type Moved = { readonly moved: readonly string[]; readonly stays: readonly Staying[] }

/**
 * Which addresses Terraform can forget: those that hold nothing but what ssofile took over. A permission set goes with all its parts.
 *
 * | Terraform holds | taken over | a deposed object | the address is also that of instances which stay | |
 * | --- | --- | --- | --- | --- |
 * | anything | no | | | stays |
 * | anything | yes | yes | | stays: Terraform would forget the deposed object too |
 * | anything | yes | no | yes | stays: `state rm` of a resource without an index forgets all its instances |
 * | anything | yes | no | no | moved |
 */
export function divideHoldings(holdings: readonly TerraformHolding[], taken: TakenOver): Moved {
  const sets = new Set(taken.permissionSets)
  const assignments = new Set(taken.assignments.map(renderTarget))
  const judged = holdings.map((holding) => ({ ...holding, because: findObstacle(holding, sets, assignments) }))
  const kept = judged.filter(({ because }) => because !== undefined)
  const isShared = (address: string) => kept.some((one) => one.address.startsWith(`${address}[`))
  const all = judged.map(({ address, because }) => ({
    address,
    because: because ?? (isShared(address) ? 'other instances of this resource stay' : undefined),
  }))
  return {
    moved: all.flatMap(({ address, because }) => (because === undefined ? address : [])),
    stays: all.flatMap(({ address, because }) => (because === undefined ? [] : { address, because })),
  }
}

function findObstacle(
  { permissionSetArn, assignedTo, hasDeposed }: TerraformHolding,
  sets: ReadonlySet<PermissionSetArn>,
  assignments: ReadonlySet<string>,
): string | undefined {
  const isTaken = assignedTo
    ? assignments.has(renderTarget({ ...assignedTo, permissionSetArn }))
    : sets.has(permissionSetArn)
  if (!isTaken) return assignedTo ? 'this access was not imported' : 'its permission set was not imported'
  return hasDeposed
    ? 'it has a deposed object: finish its replacement with terraform apply, then import again'
    : undefined
}

/**
 * Makes sure that the list can be written, before anything is taken over. It is empty until the import has ended, so that an interrupted
 * import makes Terraform forget nothing.
 */
export async function beginMoved(file: string, source: string): Promise<void> {
  const isSource = (await realpath(file).catch(() => undefined)) === (await realpath(source))
  if (isSource) throw new Refusal(`received '${quote(file, 1024)}' as --from and as --moved, expected two files`)
  await writeFile(file, '').catch((error: unknown) => {
    const said = error instanceof Error ? error.message : String(error)
    throw new Refusal(`'${quote(file, 1024)}' cannot be written: ${said}`, { cause: error })
  })
}

/** Writes the list, and answers the lines for a person. */
export async function writeMoved(file: string, { moved, stays }: Moved): Promise<string> {
  await writeFile(file, moved.map((address) => `${address}\n`).join(''))
  const lines = [
    '',
    `${quote(file, 1024)}: ${count(moved.length, 'address', 'addresses')} of Terraform with access and permission sets of ssofile`,
    ...(stays.length === 0 ? [] : [`${count(stays.length, 'address', 'addresses')} must stay in its state:`]),
    ...[...Map.groupBy(stays, ({ because }) => because)].flatMap(([because, those]) => [
      `${because}:`,
      ...those.map(({ address }) => `  ${quote(address, 1024)}`),
    ]),
  ]
  return `${lines.join('\n')}\n`
}
