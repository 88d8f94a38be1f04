import { unansweredMs } from '../../domain/assignments/access-proof.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { recordPermissionSetHistory } from '../records/history.ts'
import { scheduleWork } from '../records/open-work.ts'
import { isOfClaim, removeOwned, type StoredOwned, writeOwned } from '../records/owned-permission-sets.ts'
import { findExisting } from './claim-permission-set.ts'
import { describeReferences } from './permission-set-references.ts'
import {
  deferPermissionSet,
  type PermissionSetContext,
  type PermissionSetSettlement,
} from './permission-set-settlement.ts'

/**
 * Deletes a permission set of ours whose file is gone, unless something references it. `file-is-back`: it was uploaded
 * again meanwhile. Safe to repeat: one that is gone already is recorded as deleted.
 */
export async function deletePermissionSet(
  name: PermissionSetName,
  owned: StoredOwned,
  context: PermissionSetContext,
): Promise<PermissionSetSettlement | 'file-is-back'> {
  const { objects, clock, permissionSets, log } = context
  const references = await describeReferences(name, context)
  if (references) return blocked(`${references} still use it`)
  // It was claimed, but no ARN is recorded: its creation may have gone unanswered.
  const existing = owned.value.arn === undefined ? await findExisting(name, context) : undefined
  const found = existing && isOfClaim(owned, existing.createdAt) ? existing.arn : owned.value.arn
  if (await objects.head(permissionSetKey(name))) return 'file-is-back'
  // What is forgotten too early would be a stranger's for ever.
  const until = new Date(owned.writtenAt.getTime() + unansweredMs)
  if (found === undefined && owned.value.deletionAt === undefined && clock.now() < until) {
    await scheduleWork(objects, renderInstant(until), permissionSetKey(name))
    return blocked(
      `its creation got no answer and may still take effect until ${renderInstant(until)}`,
      'it is looked at again then; upload the file again to keep it',
    )
  }
  const { deletionAt = renderInstant(clock.now()) } = owned.value
  const isCalled = owned.value.deletionAt !== undefined
  const record = isCalled ? owned : await writeOwned(objects, name, { ...owned.value, arn: found, deletionAt }, owned)
  if (found !== undefined) {
    const refusal = await callDeletion(found, name, record, context)
    if (refusal) return refusal
    const by = (await context.statuses.read(permissionSetKey(name)))?.by
    const body = { arn: found, confirmedAt: renderInstant(clock.now()), by }
    await recordPermissionSetHistory(objects, name, { event: 'deleted', at: deletionAt, body })
  }
  await permissionSets.drop(name)
  await removeOwned(objects, record)
  log.info('the permission set is deleted', { permissionSet: name, arn: found })
  return { status: undefined, exists: false }
}

/** Only the answer of Identity Center proves that nothing uses it any more. `undefined`: it is gone. */
async function callDeletion(
  arn: PermissionSetArn,
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
      const remedy = 'remove the cause; it is tried again every hour'
      return { status: { state: 'failed', permissionSetArn: arn, reason, remedy }, exists: false }
    }
    // "… has ApplicationProfile associated with it.": someone's assignment, or a role that is still being removed.
    if (!isServiceError(error, 'ConflictException') || !/associated/i.test(error.message)) throw error
    const { items } = await context.ssoAdmin.listAccountsForProvisionedPermissionSet(arn)
    await deferPermissionSet(record, 'later', context)
    const references = await describeReferences(name, context)
    if (references) return blocked(`${references} still use it`)
    const where = items.length > 0 ? `, in ${items.slice(0, 10).join(', ')}` : ''
    const more = items.length > 10 ? ' and others' : ''
    return blocked(
      `Identity Center still has assignments of it that are not ssofile's${where}${more} (${error.message})`,
    )
  }
}

function blocked(
  why: string,
  remedy = 'it is deleted by itself when the last one is gone; upload the file again to keep it',
): PermissionSetSettlement {
  return { status: { state: 'blocked', reason: `the file is gone, but ${why}`, remedy }, exists: false }
}
