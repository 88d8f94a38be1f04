import type { PermissionSetArn } from '../domain/identity-center-ids.ts'
import { renderInstant } from '../domain/instant.ts'
import { definitionOf, type PermissionSetDefinition } from '../domain/permission-set-changes.ts'
import type { PermissionSetFile } from '../domain/permission-set-file.ts'
import { isServiceError } from '../ports/service-error.ts'
import { isOfClaim, removeOwned, type StoredOwned, writeOwned } from './owned-permission-sets.ts'
import type { PermissionSetContext } from './permission-set-settlement.ts'
import { readPermissionSet } from './read-permission-set.ts'

/** What trying again does not change. */
export const refusals = ['ValidationException', 'AccessDeniedException', 'ServiceQuotaExceededException'] as const

export type ClaimedPermissionSet = {
  readonly owned: StoredOwned
  readonly arn: PermissionSetArn
  readonly actual: PermissionSetDefinition
  /** `recreated`: someone deleted ours. */
  readonly event: 'created' | 'recreated' | undefined
}

type Claim = { readonly owned: StoredOwned; readonly event: 'created' | 'recreated'; readonly isFresh: boolean }

/**
 * The permission set as it is, created where it does not exist; `not-ours`: one of this name exists that ssofile neither
 * created nor adopted. The claim is written before the create call, so that nothing of ours is ever taken for someone
 * else's; CreatePermissionSet itself tells that the name is taken, so nothing is listed to find out.
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
    if (actual) return { owned, arn, actual, event: undefined }
    log.warn('the permission set was deleted by someone else; it is created again', { permissionSet: file.name, arn })
    await permissionSets.forget(file.name)
    const { openUntil } = owned.value
    const claim = { v: 1 as const, claimedAt, isRecreated: true, ...(openUntil === undefined ? {} : { openUntil }) }
    return create(
      file,
      { owned: await writeOwned(objects, file.name, claim, owned), event: 'recreated', isFresh: true },
      context,
    )
  }
  if (owned) {
    const event = owned.value.isRecreated ? 'recreated' : 'created'
    return create(file, { owned, event, isFresh: false }, context)
  }
  const known = await permissionSets.lookUp(file.name)
  if (known !== undefined && (await ssoAdmin.describePermissionSet(known))) return 'not-ours'
  if (known !== undefined) await permissionSets.forget(file.name)
  const claim = await writeOwned(objects, file.name, { v: 1, claimedAt }, undefined)
  return create(file, { owned: claim, event: 'created', isFresh: true }, context)
}

async function create(
  file: PermissionSetFile,
  { owned, event, isFresh }: Claim,
  context: PermissionSetContext,
): Promise<ClaimedPermissionSet | 'not-ours'> {
  const { objects, ssoAdmin, permissionSets } = context
  const { description, relayState, sessionDuration, tags } = definitionOf(file)
  const attributes = {
    sessionDuration,
    tags,
    ...(description === undefined ? {} : { description }),
    ...(relayState === undefined ? {} : { relayState }),
  }
  const record = async (arn: PermissionSetArn) => writeOwned(objects, file.name, { ...owned.value, arn }, owned)
  try {
    const arn = await ssoAdmin.createPermissionSet({ name: file.name, ...attributes })
    const actual = { ...attributes, managedPolicyArns: [], customerManagedPolicies: [] }
    return { owned: await record(arn), arn, actual, event }
  } catch (error) {
    // Refused: nothing of ours is there, and what someone else makes under this name later is not ours.
    if (isServiceError(error, ...refusals)) await removeOwned(objects, owned)
    if (!isServiceError(error, 'ConflictException') || !/already exists/i.test(error.message)) throw error
    // Maybe created by a call of ours whose answer was lost: then it is not older than our claim, by AWS's clocks.
    const existing = isFresh ? undefined : await findExisting(file, permissionSets, ssoAdmin)
    if (existing && isOfClaim(owned, existing.createdAt)) {
      const actual = await readPermissionSet(ssoAdmin, existing.arn)
      if (!actual) throw error
      return { owned: await record(existing.arn), arn: existing.arn, actual, event }
    }
    if (!isFresh && !existing) throw error
    await removeOwned(objects, owned)
    return 'not-ours'
  }
}

async function findExisting(
  { name }: PermissionSetFile,
  permissionSets: PermissionSetContext['permissionSets'],
  ssoAdmin: PermissionSetContext['ssoAdmin'],
) {
  await permissionSets.forget(name)
  const arn = await permissionSets.resolve(name)
  return arn === undefined ? undefined : ssoAdmin.describePermissionSet(arn)
}
