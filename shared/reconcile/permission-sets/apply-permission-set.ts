import {
  complainOfObjections,
  describeObjection,
  judgePermissionSetByPolicies,
} from '../../domain/guardrails/judge-by-policies.ts'
import { describeUpload, isSameUpload } from '../../domain/links/upload.ts'
import {
  definitionOf,
  isOfRoles,
  type PermissionSetChange,
  planPermissionSetChanges,
  planWarnings,
  renderChange,
} from '../../domain/permission-sets/permission-set-changes.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import { rejection } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { isServiceError, type ServiceError } from '../../ports/service-error.ts'
import { findAuthor } from '../records/authors.ts'
import { recordPermissionSetHistory } from '../records/history.ts'
import {
  isAccepted,
  type OwedProvisioning,
  type OwnedPermissionSet,
  readOwned,
  type StoredOwned,
  writeOwned,
} from '../records/owned-permission-sets.ts'
import type { InputHead } from '../records/read-input.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'
import { askBrake } from './ask-brake.ts'
import { type ClaimedPermissionSet, claimPermissionSet, refusals } from './claim-permission-set.ts'
import { deletePermissionSet } from './delete-permission-set.ts'
import { denyEndedSessions, keepDenials } from './deny-ended-sessions.ts'
import {
  describeApplied,
  describeExcess,
  describeProvisioning,
  describeRefusal,
  notOurs,
  type ReadFile,
  unreachableWarnings,
  uploadOf,
  withUnmetDenials,
} from './describe-permission-set.ts'
import { makePermissionSetChange } from './make-permission-set-change.ts'
import {
  deferPermissionSet,
  type PermissionSetContext,
  type PermissionSetSettlement,
} from './permission-set-settlement.ts'
import { listStale, provisionPermissionSet, splitByReach } from './provision-permission-set.ts'
import { provisioningContext } from './provisioning-context.ts'

/**
 * Makes a permission set equal to its file, or deletes it where the file is gone. An existing one that ssofile does not own
 * is never touched. Where the file was applied already nothing is read or called, unless this is a drift check. Safe to
 * repeat after any interruption. Throws when something cannot be read or written; the hint then comes again.
 */
export async function applyPermissionSet(
  name: PermissionSetName,
  context: PermissionSetContext,
): Promise<PermissionSetSettlement> {
  const owned = await denyEndedSessions(name, await readOwned(context.objects, name), context)
  const { status, exists } = await applyFile(name, owned, context)
  return { status: status && withUnmetDenials(status, owned?.value.sessions), exists }
}

async function applyFile(
  name: PermissionSetName,
  owned: StoredOwned | undefined,
  context: PermissionSetContext,
): Promise<PermissionSetSettlement> {
  const reading = await readPermissionSetFile(context.objects, permissionSetKey(name))
  if (!reading) {
    if (!owned) return { status: undefined, exists: false }
    const deleted = await deletePermissionSet(name, owned, context)
    return deleted === 'file-is-back' ? applyFile(name, await readOwned(context.objects, name), context) : deleted
  }
  const { file, object } = reading
  const reject = (complaint: Complaint) => ({ status: { ...uploadOf(object), ...rejection(complaint) }, exists: false })
  if (!file.ok) return reject(file.complaint)
  const read: ReadFile = { file: file.value, object }
  const { refusals, warnings } = judgePermissionSetByPolicies(await context.policies.read(), read.file)
  const isNew = owned === undefined || !isAccepted(owned.value, object)
  const refusal = isNew ? complainOfObjections(permissionSetKey(name), refusals) : undefined
  if (refusal) return reject(refusal)
  const objections = [...refusals, ...warnings].map(describeObjection)
  if (owned && isApplied(owned.value, object) && !context.isDriftCheck)
    return withWarnings({ status: describeApplied(read, owned.value), exists: true }, objections)
  try {
    const claimed = await claimPermissionSet(read.file, owned, context)
    if (claimed === 'not-ours') return reject(notOurs(name))
    return withWarnings(await bringUpToDate(read, claimed, context), objections)
  } catch (error) {
    if (!isServiceError(error)) throw error
    const current = await readOwned(context.objects, name)
    const arn = current?.value.arn
    if (!(await isRefusal(error, arn, context))) throw error
    const lack = arn === undefined ? undefined : await context.managementAccount.explain(error, name, arn)
    if (current && !lack) await deferPermissionSet(current, 'later', context)
    return { status: describeRefusal(read, error, lack), exists: false }
  }
}

/** Where drift was reported, another content, or asking for the file to count as new, is a person's wish to have it in force. */
function isApplied({ arn, applied, change }: OwnedPermissionSet, object: InputHead): boolean {
  return arn !== undefined && change === undefined && applied !== undefined && isSameUpload(applied, object)
}

function withWarnings({ status, ...settlement }: PermissionSetSettlement, more: readonly string[]) {
  if (!status || more.length === 0) return { status, ...settlement }
  return { status: { ...status, warnings: [...(status.warnings ?? []), ...more.slice(0, 20)] }, ...settlement }
}

/** Trying again does not help. If the permission set itself is there, a policy that it names is what was not found. */
async function isRefusal(
  error: ServiceError,
  arn: StoredOwned['value']['arn'],
  { ssoAdmin }: PermissionSetContext,
): Promise<boolean> {
  if (isServiceError(error, ...refusals)) return true
  const isMissing = isServiceError(error, 'ResourceNotFoundException') && arn !== undefined
  return isMissing && (await ssoAdmin.describePermissionSet(arn)) !== undefined
}

async function bringUpToDate(
  read: ReadFile,
  { owned: claimed, arn, actual }: ClaimedPermissionSet,
  context: PermissionSetContext,
): Promise<PermissionSetSettlement> {
  const { file, object } = read
  const { name } = file
  const { objects } = context
  const wanted = definitionOf(file)
  const changes = planPermissionSetChanges(actual, wanted).map((change) => keepDenials(change, claimed.value))
  const isReported = context.configuration.onDrift === 'report' || isContested(claimed.value, context.clock.now())
  if (isReported && isApplied(claimed.value, object) && changes.length > 0)
    return reportDrift(read, claimed, changes, context)
  const asked = await askBrake(read, { owned: claimed, actual }, context)
  if (asked.outcome === 'held') {
    // What else it may have open waits with it.
    if (claimed.value.openUntil !== undefined) await deferPermissionSet(claimed, 'later', context)
    return { status: asked.status, exists: true }
  }
  const excess = describeExcess(read, claimed.value, changes)
  if (excess) {
    await deferPermissionSet(claimed, 'later', context)
    return { status: excess, exists: true }
  }
  let owned = claimed
  const save = async (change: OwnedPermissionSet['change']) => {
    owned = await writeOwned(objects, name, { ...owned.value, isRecreated: undefined, change }, owned)
  }
  // Before the first call that changes something: a successor then does not believe what was applied.
  const owed = await findOwed(claimed, changes, context)
  const at = renderInstant(context.clock.now())
  const undoes = isApplied(owned.value, object) && changes.length > 0 ? await findChanger(owned, context) : undefined
  // Once for each edit: what is changed already is in the record.
  if (owned.value.change === undefined && isApplied(owned.value, object) && changes.length > 0)
    context.metrics.record('LoudByHand')
  const next = nextChange(owned.value, changes, { owed, etag: object.etag, at, takes: asked.loss, undoes })
  if (next !== owned.value.change) await save(next)
  for (const change of changes) await makePermissionSetChange(asked.admission, arn, change, context)
  if (next) await tellChange(read, owned, next, context)
  if (changes.length > 0) await context.managementAccount.disprove(arn)
  await context.permissionSets.remember(name, arn)
  const warnings = [
    ...planWarnings(actual, wanted),
    ...(next?.takes === undefined ? [] : [`compared with what was in force before, the file ${next.takes}`]),
  ]
  let provisionedAccounts = 0
  if (next?.provisioning) {
    const provisioned = await provisionPermissionSet(arn, next.provisioning, {
      ...provisioningContext(name, context),
      save: (provisioning) => save({ ...next, provisioning }),
      onProgress: (accounts) =>
        context.tell({ ...uploadOf(object), state: 'applying', permissionSetArn: arn, accounts }),
      isSuperseded: async () => (await objects.head(permissionSetKey(name)))?.etag !== object.etag,
    })
    warnings.push(...unreachableWarnings(provisioned))
    if (provisioned.outcome !== 'done') {
      await deferPermissionSet(owned, provisioned.outcome === 'failed' ? 'later' : provisioned.until, context)
      return { status: describeProvisioning(read, owned.value, provisioned, warnings), exists: true }
    }
    provisionedAccounts = provisioned.accounts
  }
  if (provisionedAccounts > 0) await tellProvisioned(read, owned, provisionedAccounts, context)
  return finish(read, owned, warnings, context)
}

/** The provisioning that is owed to the accounts; `undefined`: none. */
async function findOwed(
  { value }: StoredOwned,
  changes: readonly PermissionSetChange[],
  { isDriftCheck, ssoAdmin, organization }: PermissionSetContext,
): Promise<OwedProvisioning | undefined> {
  const { arn, applied, change } = value
  if (changes.some(isOfRoles)) return {}
  if (change?.provisioning || !isDriftCheck || arn === undefined) return change?.provisioning
  // A listing alone proves no account up to date, but is enough to provision the ones that it names.
  const { reachable } = splitByReach(await listStale(ssoAdmin, arn), await organization.view())
  return reachable.length > 0 ? { askedAt: applied?.at } : undefined
}

const contestedMs = 60 * 60_000
/** So often it is restored within an hour. */
const restorationsMost = 3

function restorationsBefore({ restoredAt = [] }: OwnedPermissionSet, now: Date): readonly string[] {
  return restoredAt.filter((at) => now.getTime() - Date.parse(at) < contestedMs)
}

/** Somebody changes it as often as it is restored, such as Terraform: it is left until a person asks for it. */
function isContested(owned: OwnedPermissionSet, now: Date): boolean {
  return owned.drift?.isContested === true || restorationsBefore(owned, now).length >= restorationsMost
}

type Change = NonNullable<OwnedPermissionSet['change']>

/** What the record says while the permission set, or an account of it, may still be as before. */
function nextChange(
  { applied, change, isRecreated }: OwnedPermissionSet,
  changes: readonly PermissionSetChange[],
  {
    etag,
    owed,
    ...rest
  }: Pick<Change, 'etag' | 'at' | 'takes' | 'undoes'> & { readonly owed: OwedProvisioning | undefined },
): OwnedPermissionSet['change'] {
  const isNew = applied === undefined && change === undefined
  if (changes.length === 0 && owed === change?.provisioning && !isNew) return change
  if (change?.etag === etag) return { ...change, provisioning: owed }
  const created = isRecreated || change?.event === 'recreated' ? 'recreated' : 'created'
  const changed = change === undefined && applied?.etag === etag ? 'restored' : 'changed'
  const event = applied === undefined ? created : changed
  return { event, etag, ...rest, changes: changes.map(renderChange), provisioning: owed }
}

async function reportDrift(
  read: ReadFile,
  owned: StoredOwned,
  changes: readonly PermissionSetChange[],
  context: PermissionSetContext,
): Promise<PermissionSetSettlement> {
  const { objects, clock, log, metrics } = context
  const { name } = read.file
  const at = renderInstant(clock.now())
  const { lastModified } = uploadOf(read.object)
  const before = owned.value.drift
  const by = before?.by ?? (await findChanger(owned, context))
  const contested = isContested(owned.value, clock.now()) ? true : undefined
  const drift = { at, lastModified, differences: changes.map(renderChange), by, isContested: contested }
  log.warn('someone else changed the permission set; it is only reported', { permissionSet: name, ...drift })
  if (!before) metrics.record('LoudByHand')
  const written = await writeOwned(objects, name, { ...owned.value, drift }, owned)
  return { status: describeApplied(read, written.value), exists: true }
}

/** Who changed it by hand; `undefined`: it is not known. */
async function findChanger({ value: { arn } }: StoredOwned, context: PermissionSetContext) {
  return arn && findAuthor(context, arn, '')
}

/**
 * Under an instant that a repeated run writes again, before the record says that the change is over: an applied file is not
 * looked at any more.
 */
async function tellChange(
  { object }: ReadFile,
  { name, value: { arn } }: StoredOwned,
  { event, at, changes, undoes }: NonNullable<OwnedPermissionSet['change']>,
  { objects, clock, statuses }: PermissionSetContext,
): Promise<void> {
  const { etag, versionId } = object
  const by = (await statuses.read(permissionSetKey(name)))?.by
  const body = { arn, etag, versionId, changes, confirmedAt: renderInstant(clock.now()), by, undoes }
  await recordPermissionSetHistory(objects, name, { event, at, body, by: undoes })
}

/** Every account that has it is as the file says. */
async function tellProvisioned(
  { object }: ReadFile,
  { name, value: { arn, change } }: StoredOwned,
  accounts: number,
  { objects, clock }: PermissionSetContext,
): Promise<void> {
  const { etag, versionId } = object
  const body = { arn, etag, versionId, accounts, changedAt: change?.at }
  await recordPermissionSetHistory(objects, name, { event: 'provisioned', at: renderInstant(clock.now()), body })
}

async function finish(
  read: ReadFile,
  owned: StoredOwned,
  warnings: readonly string[],
  context: PermissionSetContext,
): Promise<PermissionSetSettlement> {
  const { object, file } = read
  const { name } = file
  const { objects, clock, log } = context
  const { arn, claimedAt, change, drift, openUntil, sessions } = owned.value
  const { etag, versionId } = object
  if (isApplied(owned.value, object) && !drift && openUntil === undefined)
    return { status: describeApplied(read, owned.value), exists: true }
  const at = renderInstant(clock.now())
  if (change) {
    // Also those that do not wait any more: it exists before it is complete, so other access of theirs may have been granted.
    if (change.event === 'created' || change.event === 'recreated') await context.wakeLinks(name)
    log.info(`the permission set is ${change.event}`, { permissionSet: name, arn, changes: change.changes })
  }
  const { content, rebind } = describeUpload(owned.value.applied, uploadOf(object))
  const applied = { etag, content, rebind, at, versionId, warnings: warnings.length > 0 ? [...warnings] : undefined }
  const isRestored = change?.event === 'restored' && change.changes.length > 0
  // A file that a person asks for again, or changes, counts anew.
  const isSame = isSameUpload(owned.value.applied, uploadOf(object))
  const restoredAt = isSame ? [...restorationsBefore(owned.value, clock.now()), ...(isRestored ? [at] : [])] : []
  const { value } = await writeOwned(
    objects,
    name,
    { v: 1, arn, claimedAt, applied, sessions, ...(restoredAt.length > 0 && { restoredAt }) },
    owned,
  )
  return { status: describeApplied(read, value), exists: true }
}
