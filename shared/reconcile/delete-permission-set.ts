import { renderInstant } from '../domain/instant.ts'
import { permissionSetKey } from '../domain/permission-set-file.ts'
import type { PermissionSetName } from '../domain/permission-set-name.ts'
import { isServiceError } from '../ports/service-error.ts'
import {
  isOfClaim,
  recordPermissionSetHistory,
  removeOwned,
  type StoredOwned,
  writeOwned,
} from './owned-permission-sets.ts'
import { findReferences, isReferenced, renderReferences } from './permission-set-references.ts'
import { closePermissionSetTwin, deferPermissionSet } from './permission-set-retry.ts'
import type { PermissionSetContext, PermissionSetSettlement } from './permission-set-settlement.ts'
import type { NewStatus } from './status-store.ts'

const remedy = 'it is deleted by itself when the last one is gone; upload the file again to keep it'

/**
 * The file of a permission set of ours is gone: deletes it, unless something references it. `file-is-back`: it was
 * uploaded again meanwhile. Safe to repeat: what is gone already is recorded as deleted.
 */
export async function deletePermissionSet(
  name: PermissionSetName,
  owned: StoredOwned,
  context: PermissionSetContext,
): Promise<PermissionSetSettlement | 'file-is-back'> {
  const { objects, clock, permissionSets, log } = context
  const references = await findReferences(name, context)
  if (isReferenced(references)) return blocked(`${renderReferences(references)} still use it`)
  // Claimed, but nobody recorded the ARN: its creation may have gone unanswered.
  if (owned.value.arn === undefined) await permissionSets.forget(name)
  const found = owned.value.arn ?? (await findClaimed(name, owned, context))
  if (await objects.head(permissionSetKey(name))) return 'file-is-back'
  const deletionAt = owned.value.deletionAt ?? renderInstant(clock.now())
  const record =
    owned.value.deletionAt === undefined
      ? await writeOwned(objects, name, { ...owned.value, ...(found && { arn: found }), deletionAt }, owned)
      : owned
  if (found !== undefined) {
    const refusal = await callDeletion(found, name, record, context)
    if (refusal) return refusal
    const body = { arn: found, confirmedAt: renderInstant(clock.now()), by: await uploaderOf(name, context) }
    await recordPermissionSetHistory(objects, name, { event: 'deleted', at: deletionAt, body })
  }
  await permissionSets.drop(name)
  await removeOwned(objects, record)
  await closePermissionSetTwin(objects, record)
  log.info('the permission set is deleted', { permissionSet: name, arn: found })
  return { status: undefined, exists: false }
}

async function findClaimed(name: PermissionSetName, owned: StoredOwned, context: PermissionSetContext) {
  const arn = await context.permissionSets.resolve(name)
  const attributes = arn === undefined ? undefined : await context.ssoAdmin.describePermissionSet(arn)
  return attributes && isOfClaim(owned, attributes.createdAt) ? attributes.arn : undefined
}

/** `undefined`: it is gone. */
async function callDeletion(
  arn: NonNullable<StoredOwned['value']['arn']>,
  name: PermissionSetName,
  record: StoredOwned,
  context: PermissionSetContext,
): Promise<PermissionSetSettlement | undefined> {
  try {
    await context.ssoAdmin.deletePermissionSet(arn)
    return undefined
  } catch (error) {
    if (isServiceError(error, 'ResourceNotFoundException')) return undefined
    const explained = await context.managementAccount.explain(error, name, arn)
    if (explained) return { status: { state: 'failed', permissionSetArn: arn, ...explained }, exists: false }
    if (isServiceError(error, 'AccessDeniedException', 'ValidationException')) {
      const reason = `Identity Center refused to delete it: ${error.code}: ${error.message}`
      const way = 'remove the cause; it is tried again every hour'
      return { status: { state: 'failed', permissionSetArn: arn, reason, remedy: way }, exists: false }
    }
    // "… has ApplicationProfile associated with it.": someone's assignment, or a role that is still being removed.
    if (!isServiceError(error, 'ConflictException') || !/associated/i.test(error.message)) throw error
    const references = await findReferences(name, context)
    const { items } = await context.ssoAdmin.listAccountsForProvisionedPermissionSet(arn)
    await deferPermissionSet(record, 'later', context)
    const where =
      items.length === 0 ? '' : `, in ${items.slice(0, 10).join(', ')}${items.length > 10 ? ' and others' : ''}`
    return isReferenced(references)
      ? blocked(`${renderReferences(references)} still use it`)
      : blocked(`Identity Center still has assignments of it that are not ssofile's${where} (${error.message})`)
  }
}

function blocked(why: string): PermissionSetSettlement {
  const status: NewStatus = { state: 'blocked', reason: `the file is gone, but ${why}`, remedy }
  return { status, exists: false }
}

async function uploaderOf(name: PermissionSetName, { statuses }: PermissionSetContext) {
  return (await statuses.read(permissionSetKey(name)))?.by
}
