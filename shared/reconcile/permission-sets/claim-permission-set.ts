import { definitionOf } from '../../domain/permission-sets/permission-set-changes.ts'
import type { PermissionSetDefinition, PermissionSetFile } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { isOfClaim, removeOwned, type StoredOwned, writeOwned } from '../records/owned-permission-sets.ts'
import type { PermissionSetContext } from './permission-set-settlement.ts'
import { readPermissionSet } from './read-permission-set.ts'

/** Trying again does not help against these. */
export const refusals = ['ValidationException', 'AccessDeniedException', 'ServiceQuotaExceededException'] as const

export type ClaimedPermissionSet = {
  readonly owned: StoredOwned
  readonly arn: PermissionSetArn
  readonly actual: PermissionSetDefinition
}

/**
 * The permission set as it is now; created where it does not exist. `not-ours`: one of this name exists, and ssofile
 * neither created nor adopted it. The claim is written before the create call, so nothing of ours is ever taken for
 * someone else's. CreatePermissionSet itself tells that a name is taken, so nothing is listed to find out.
 */
export async function claimPermissionSet(
  file: PermissionSetFile,
  owned: StoredOwned | undefined,
  context: PermissionSetContext,
): Promise<ClaimedPermissionSet | 'not-ours'> {
  const { objects, clock, ssoAdmin, permissionSets, log } = context
  const claimedAt = renderInstant(clock.now())
  if (owned?.value.arn !== undefined) {
    const { arn } = owned.value
    const actual = await readPermissionSet(ssoAdmin, arn)
    if (actual) return { owned, arn, actual }
    log.warn('the permission set was deleted by someone else; it is created again', { permissionSet: file.name, arn })
    await permissionSets.forget(file.name)
    const { openUntil } = owned.value
    const claim = await writeOwned(objects, file.name, { v: 1, claimedAt, isRecreated: true, openUntil }, owned)
    return create(file, { owned: claim, isFresh: true }, context)
  }
  if (owned) return create(file, { owned, isFresh: false }, context)
  const known = await permissionSets.lookUp(file.name)
  if (known !== undefined && (await ssoAdmin.describePermissionSet(known))) return 'not-ours'
  if (known !== undefined) await permissionSets.forget(file.name)
  const claim = await writeOwned(objects, file.name, { v: 1, claimedAt }, undefined)
  return create(file, { owned: claim, isFresh: true }, context)
}

async function create(
  file: PermissionSetFile,
  { owned, isFresh }: { readonly owned: StoredOwned; readonly isFresh: boolean },
  context: PermissionSetContext,
): Promise<ClaimedPermissionSet | 'not-ours'> {
  const { objects, ssoAdmin } = context
  const { description, relayState, sessionDuration, tags } = definitionOf(file)
  const attributes = { sessionDuration, tags, description, relayState }
  const record = async (arn: PermissionSetArn) => writeOwned(objects, file.name, { ...owned.value, arn }, owned)
  try {
    const arn = await ssoAdmin.createPermissionSet({ name: file.name, ...attributes })
    const actual = { ...attributes, managedPolicyArns: [], customerManagedPolicies: [] }
    return { owned: await record(arn), arn, actual }
  } catch (error) {
    // It was refused, so nothing of ours is there. If someone else creates it later, that one is not ours.
    if (isServiceError(error, ...refusals)) await removeOwned(objects, owned)
    if (!isServiceError(error, 'ConflictException') || !/already exists/i.test(error.message)) throw error
    // A call of ours whose answer was lost may have created it: then it is not older than our claim, by AWS's clocks.
    const existing = isFresh ? undefined : await findExisting(file.name, context)
    if (existing && isOfClaim(owned, existing.createdAt)) {
      const actual = await readPermissionSet(ssoAdmin, existing.arn)
      if (!actual) throw error
      return { owned: await record(existing.arn), arn: existing.arn, actual }
    }
    if (!isFresh && !existing) throw error
    await removeOwned(objects, owned)
    return 'not-ours'
  }
}

/** The permission set that has this name in Identity Center now. */
export async function findExisting(name: PermissionSetName, { permissionSets, ssoAdmin }: PermissionSetContext) {
  await permissionSets.forget(name)
  const arn = await permissionSets.resolve(name)
  return arn === undefined ? undefined : ssoAdmin.describePermissionSet(arn)
}
