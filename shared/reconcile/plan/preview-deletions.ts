import { renderProvisionedSet } from '../../domain/assignments/vanishing-roles.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listAll } from '../../ports/page.ts'
import type { PermissionSetPreview } from '../preview/preview-permission-sets.ts'
import { listKnown } from '../records/foreign-assignments.ts'
import type { InputReadings } from '../records/input-readings.ts'
import type { PlannedRevocation } from './planned-access.ts'

type DeletionSources = {
  readonly objects: ObjectStore
  readonly readings: InputReadings
  readonly revocations: readonly PlannedRevocation[]
  readonly permissionSets: PermissionSetPreview
}

/**
 * Picks the permission sets without a file that cannot be deleted: a link names them, or an assignment stays, ours or foreign.
 * An account that has the permission set and loses no assignment of it keeps one.
 */
export async function listBlockedDeletions(
  names: readonly PermissionSetName[],
  { objects, readings, revocations, permissionSets }: DeletionSources,
): Promise<ReadonlySet<string>> {
  const used = new Set<string>()
  if (names.length === 0) return used
  for (const key of readings.keys) {
    const reading = await readings.read(key)
    if (reading.state === 'in-force' || reading.state === 'not-yet') used.add(reading.link.permissionSet)
  }
  const revoked = new Set<string>(revocations.map(({ key }) => key))
  for await (const { key, assignment } of listKnown(objects)) {
    if (!revoked.has(key)) used.add(assignment.permissionSet)
  }
  const emptied = new Set(revocations.map(({ assignment }) => renderProvisionedSet(assignment)))
  for (const permissionSet of names.filter((name) => !used.has(name))) {
    const arn = await permissionSets.resolve(permissionSet)
    if (arn === undefined || arn === 'new') continue
    const pages = (token?: string) =>
      permissionSets.ssoAdmin.listAccountsForProvisionedPermissionSet(arn, undefined, token)
    for await (const accountId of listAll(pages)) {
      if (emptied.has(renderProvisionedSet({ accountId, permissionSet }))) continue
      used.add(permissionSet)
      break
    }
  }
  return used
}
