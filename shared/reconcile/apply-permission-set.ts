import type { Complaint } from '../domain/complaint.ts'
import type { PermissionSetArn } from '../domain/identity-center-ids.ts'
import { renderInstant } from '../domain/instant.ts'
import {
  definitionOf,
  type PermissionSetChange,
  planPermissionSetChanges,
  planWarnings,
  renderChange,
} from '../domain/permission-set-changes.ts'
import { type PermissionSetFile, permissionSetKey } from '../domain/permission-set-file.ts'
import type { PermissionSetName } from '../domain/permission-set-name.ts'
import { removedCause } from '../domain/removed-cause.ts'
import type { FoundObject } from '../ports/object-store.ts'
import { isServiceError, type ServiceError } from '../ports/service-error.ts'
import { rejection } from './assess-link.ts'
import { type ClaimedPermissionSet, claimPermissionSet, refusals } from './claim-permission-set.ts'
import { deletePermissionSet } from './delete-permission-set.ts'
import { makePermissionSetChange } from './make-permission-set-change.ts'
import {
  type OwnedPermissionSet,
  type PermissionSetEvent,
  readOwned,
  recordPermissionSetHistory,
  type StoredOwned,
  writeOwned,
} from './owned-permission-sets.ts'
import { closePermissionSetTwin, deferPermissionSet } from './permission-set-retry.ts'
import type { PermissionSetContext, PermissionSetSettlement } from './permission-set-settlement.ts'
import { type ProvisioningResult, provisionPermissionSet } from './provision-permission-set.ts'
import { readPermissionSetFile } from './read-permission-set-file.ts'
import type { NewStatus } from './status-store.ts'

type Told = Pick<NewStatus, 'etag' | 'lastModified' | 'versionId'>

/** A valid file, and what its status says of it in any case. */
type Applying = {
  readonly name: PermissionSetName
  readonly file: PermissionSetFile
  readonly object: FoundObject
  readonly told: Told
  readonly context: PermissionSetContext
}

/**
 * Makes a permission set equal to its file, or deletes it where the file is gone: reads what Identity Center has, and
 * makes the calls that close the difference. An existing one that ssofile does not own is never touched. Where the file
 * was applied already nothing is read or called, unless this is a drift check. Safe to repeat after any interruption.
 * Throws when something cannot be read or written; the hint then comes again.
 */
export async function applyPermissionSet(
  name: PermissionSetName,
  context: PermissionSetContext,
): Promise<PermissionSetSettlement> {
  const owned = await readOwned(context.objects, name)
  const reading = await readPermissionSetFile(context.objects, permissionSetKey(name))
  if (!reading) {
    if (!owned) return { status: undefined, exists: false }
    const deleted = await deletePermissionSet(name, owned, context)
    return deleted === 'file-is-back' ? applyPermissionSet(name, context) : deleted
  }
  const { object, file } = reading
  const told: Told = {
    etag: object.etag,
    lastModified: renderInstant(object.lastModified),
    ...(object.versionId === undefined ? {} : { versionId: object.versionId }),
  }
  if (!file.ok) return { status: { ...told, ...rejection(file.complaint) }, exists: false }
  const applying: Applying = { name, file: file.value, object, told, context }
  if (owned && isApplied(owned.value, object) && !context.isDriftCheck) return tellApplied(applying, owned.value)
  const claimed = await refusable(applying, owned, () => claimPermissionSet(file.value, owned, context))
  if (claimed === 'not-ours') return { status: { ...told, ...rejection(notOurs(name)) }, exists: false }
  if ('status' in claimed) return claimed
  return refusable(applying, claimed.owned, () => bringUpToDate(applying, claimed))
}

/**
 * An upload after drift was reported is a person's wish to have the file in force again. By the upload, and not by the
 * instant of the report: S3's clock is another than ours, and gives whole seconds.
 */
function isApplied({ arn, applied, change, drift }: OwnedPermissionSet, object: FoundObject): boolean {
  if (arn === undefined || change !== undefined || applied?.etag !== object.etag) return false
  return drift === undefined || drift.lastModified === renderInstant(object.lastModified)
}

/** The file is in force, as far as is known: what was reported of someone else's changes is told until it is gone. */
function tellApplied({ told, file }: Applying, { arn, applied, drift }: OwnedPermissionSet): PermissionSetSettlement {
  const warnings = [...file.warnings, ...(applied?.warnings ?? [])]
  const common = { ...told, owned: true, permissionSetArn: arn, ...(warnings.length === 0 ? {} : { warnings }) }
  if (!drift) return { status: { ...common, state: 'applied' }, exists: true }
  const reason = `someone else changed it in Identity Center; restoring it would: ${drift.differences.join('; ')}`
  const remedy = 'upload the file again to restore it, or write the change into the file ("onDrift" is "report")'
  return { status: { ...common, state: 'failed', reason, remedy }, exists: true }
}

async function refusable<T>(
  { name, told, file, context }: Applying,
  owned: StoredOwned | undefined,
  apply: () => Promise<T>,
): Promise<T | PermissionSetSettlement> {
  try {
    return await apply()
  } catch (error) {
    const arn = owned?.value.arn
    if (!isServiceError(error) || !(await isRefusal(error, arn, context))) throw error
    const lack = arn === undefined ? undefined : await context.managementAccount.explain(error, name, arn)
    const current = lack ? undefined : await readOwned(context.objects, name)
    if (current) await deferPermissionSet(current, 'later', context)
    const refusal = {
      reason: `Identity Center refused it: ${error.code}: ${error.message}`,
      remedy: 'remove the cause; it is tried again by itself, at least every hour',
    }
    const warnings = file.warnings.length === 0 ? {} : { warnings: [...file.warnings] }
    return { status: { ...told, ...warnings, state: 'failed', ...(lack ?? refusal) }, exists: false }
  }
}

/** What is not found while the permission set is there is a policy that it names. */
async function isRefusal(error: ServiceError, arn: PermissionSetArn | undefined, { ssoAdmin }: PermissionSetContext) {
  if (isServiceError(error, ...refusals)) return true
  const isMissing = isServiceError(error, 'ResourceNotFoundException') && arn !== undefined
  return isMissing && (await ssoAdmin.describePermissionSet(arn)) !== undefined
}

async function bringUpToDate(applying: Applying, claimed: ClaimedPermissionSet): Promise<PermissionSetSettlement> {
  const { name, file, object, context } = applying
  const { arn, actual } = claimed
  const { objects, clock, ssoAdmin, configuration } = context
  const wanted = definitionOf(file)
  const changes = planPermissionSetChanges(actual, wanted)
  let owned = claimed.owned
  // Not read because of the file, but to see what someone else did.
  const isOnlyCheck = isApplied(owned.value, object)
  if (isOnlyCheck && configuration.onDrift === 'report' && changes.length > 0)
    return reportDrift(applying, owned, changes)
  const isNew = owned.value.applied === undefined && owned.value.change === undefined
  const mark = async () => {
    owned = await markChange(applying, owned, changes)
  }
  if (changes.length > 0 || isNew) await mark()
  for (const change of changes) await makePermissionSetChange(ssoAdmin, arn, change)
  if (changes.length > 0) await context.managementAccount.disprove(arn)
  await context.permissionSets.remember(name, arn)
  const provisioned = await provisionPermissionSet(arn, {
    ssoAdmin,
    clock,
    provisionings: context.provisionings,
    view: () => context.organization.view(),
    onStart: async () => {
      if (owned.value.change === undefined) await mark()
    },
    onProgress: (accounts) => context.tell({ ...applying.told, state: 'applying', permissionSetArn: arn, accounts }),
    isSuperseded: async () => (await objects.head(permissionSetKey(name)))?.etag !== object.etag,
  })
  const warnings = [...planWarnings(actual, wanted), ...unreachableWarnings(provisioned)]
  if (provisioned.outcome !== 'done') return deferProvisioning(applying, owned, provisioned, warnings)
  return finish(applying, owned, warnings)
}

/** Before the first call that changes something: whoever comes after a crash then does not believe what was applied. */
async function markChange(
  { name, object, context }: Applying,
  owned: StoredOwned,
  changes: readonly PermissionSetChange[],
): Promise<StoredOwned> {
  if (owned.value.change?.etag === object.etag) return owned
  const { isRecreated: _, ...rest } = owned.value
  const change = {
    event: eventOf(owned.value, object),
    etag: object.etag,
    at: renderInstant(context.clock.now()),
    changes: changes.map(renderChange),
  }
  return writeOwned(context.objects, name, { ...rest, change }, owned)
}

function eventOf({ applied, change, isRecreated }: OwnedPermissionSet, { etag }: FoundObject): PermissionSetEvent {
  if (applied === undefined) return isRecreated || change?.event === 'recreated' ? 'recreated' : 'created'
  return change === undefined && applied.etag === etag ? 'restored' : 'updated'
}

async function reportDrift(
  applying: Applying,
  owned: StoredOwned,
  changes: readonly PermissionSetChange[],
): Promise<PermissionSetSettlement> {
  const { name, object, context } = applying
  const drift = {
    at: renderInstant(context.clock.now()),
    lastModified: renderInstant(object.lastModified),
    differences: changes.map(renderChange),
  }
  context.log.warn('someone else changed the permission set; it is only reported', { permissionSet: name, ...drift })
  const written = await writeOwned(context.objects, name, { ...owned.value, drift }, owned)
  return tellApplied(applying, written.value)
}

async function deferProvisioning(
  { told, file, context }: Applying,
  owned: StoredOwned,
  { outcome, accounts }: ProvisioningResult,
  warnings: readonly string[],
): Promise<PermissionSetSettlement> {
  await deferPermissionSet(owned, outcome === 'failed' ? 'later' : 'now', context)
  const all = [...file.warnings, ...warnings]
  const common = {
    ...told,
    permissionSetArn: owned.value.arn,
    ...(accounts && { accounts }),
    ...(all.length === 0 ? {} : { warnings: all }),
  }
  if (outcome === 'unfinished') return { status: { ...common, state: 'applying' }, exists: true }
  const failed = accounts?.failed ?? []
  const [first] = failed
  const status: NewStatus = {
    ...common,
    state: 'failed',
    reason: `it could not be brought to ${failed.length} of ${accounts?.desired} accounts, which keep the version before: ${first?.account}: ${first?.reason}`,
    remedy: `${removedCause(failed.map(({ reason }) => reason))}; only these accounts are tried again by themselves, at least every hour`,
  }
  return { status, exists: true }
}

/** History first, under an instant that a replay repeats: what is applied is not looked at again. */
async function finish(
  applying: Applying,
  owned: StoredOwned,
  warnings: readonly string[],
): Promise<PermissionSetSettlement> {
  const { name, object, context } = applying
  const { objects, clock, log } = context
  const { arn, claimedAt, change, drift, openUntil } = owned.value
  if (isApplied(owned.value, object) && !drift && openUntil === undefined) return tellApplied(applying, owned.value)
  const at = renderInstant(clock.now())
  if (change) {
    const by = (await context.statuses.read(permissionSetKey(name)))?.by
    const body = { arn, etag: object.etag, versionId: object.versionId, changes: change.changes, confirmedAt: at, by }
    await recordPermissionSetHistory(objects, name, { event: change.event, at: change.at, body })
    if (change.event === 'recreated') await context.wakeLinks(name)
    log.info(`the permission set is ${change.event}`, { permissionSet: name, arn, changes: change.changes })
  }
  const applied = {
    etag: object.etag,
    at,
    ...(object.versionId === undefined ? {} : { versionId: object.versionId }),
    ...(warnings.length === 0 ? {} : { warnings: [...warnings] }),
  }
  const written = await writeOwned(objects, name, { v: 1, arn, claimedAt, applied }, owned)
  await closePermissionSetTwin(objects, owned)
  return tellApplied(applying, written.value)
}

function unreachableWarnings({ unreachable }: ProvisioningResult): readonly string[] {
  if (unreachable.length === 0) return []
  const named = unreachable.slice(0, 10).join(', ')
  return [
    `${unreachable.length} accounts that are suspended or closed keep the version before (${named}${unreachable.length > 10 ? ', …' : ''}); those that are reinstated are brought up to date by the next drift check`,
  ]
}

/** Said of a file whose permission set someone else made. */
export function notOurs(name: PermissionSetName): Complaint {
  return {
    object: permissionSetKey(name),
    received: `a file for the permission set '${name}', which exists already and was not created by ssofile`,
    expected: 'the name of a new permission set, or of one that ssofile created or adopted',
    remedy: `to take it over, delete this file and run: ssofile import --permission-sets ${name} (it writes the permission set as it is; then change that file); otherwise use another name. Links may use the existing one without a file`,
  }
}
