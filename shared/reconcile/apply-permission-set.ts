import * as z from 'zod'
import type { Complaint, Parsed } from '../domain/complaint.ts'
import { type PermissionSetArn, permissionSetArn } from '../domain/identity-center-ids.ts'
import { renderInstant } from '../domain/instant.ts'
import {
  type PermissionSetFile,
  parsePermissionSetFile,
  permissionSetFileMostBytes,
  permissionSetKey,
  renderSessionDuration,
} from '../domain/permission-set-file.ts'
import type { PermissionSetName } from '../domain/permission-set-name.ts'
import type { FoundObject, ObjectStore } from '../ports/object-store.ts'
import { listAll } from '../ports/page.ts'
import { isServiceError } from '../ports/service-error.ts'
import type { SsoAdmin } from '../ports/sso-admin.ts'
import { rejection } from './assess-link.ts'
import type { SettleContext } from './settlement.ts'
import type { NewStatus } from './status-store.ts'
import { readJson, renderJson, type Stored } from './stored-json.ts'

/** What trying again does not change. */
const refusals = ['ValidationException', 'AccessDeniedException', 'ServiceQuotaExceededException'] as const

export const ownedPrefix = 'owned_permission_sets/'

/** A permission set that ssofile created or adopted. Written before it is created, without an ARN. */
export const ownedPermissionSet = z.strictObject({
  v: z.literal(1),
  arn: permissionSetArn.optional(),
  claimedAt: z.iso.datetime(),
  /** The version of the file that its policies are being attached from: those of another must not be added to them. */
  creating: z.strictObject({ etag: z.string() }).optional(),
  /** The version of the file that Identity Center is equal to. */
  applied: z.strictObject({ etag: z.string(), versionId: z.string().optional(), at: z.iso.datetime() }).optional(),
})
export type OwnedPermissionSet = z.infer<typeof ownedPermissionSet>

export type PermissionSetReading = { readonly object: FoundObject; readonly file: Parsed<PermissionSetFile> }

/** The file as it is now; `undefined`: there is none. One too large to be valid is not read. */
export async function readPermissionSetFile(
  objects: ObjectStore,
  key: string,
): Promise<PermissionSetReading | undefined> {
  const found = await objects.get(key, { mostBytes: permissionSetFileMostBytes })
  if (!found) return undefined
  const { body, ...object } = found
  return { object, file: parsePermissionSetFile(key, body, object.size) }
}

/** What became of a permission set. `exists`: links may wait for it, since whoever made it may have died before it told. */
export type PermissionSetSettlement = { readonly status: NewStatus | undefined; readonly exists: boolean }

/**
 * Makes a permission set exist as its file says. An existing one that ssofile did not create is never touched.
 * Safe to repeat after any interruption: what is attached is read before anything is attached. Throws when something
 * cannot be read or written; the hint then comes again.
 */
export async function applyPermissionSet(
  name: PermissionSetName,
  context: SettleContext,
): Promise<PermissionSetSettlement> {
  const key = permissionSetKey(name)
  const owned = await readJson(context.objects, ownedPrefix + name, ownedPermissionSet)
  const reading = await readPermissionSetFile(context.objects, key)
  if (!reading) return { status: owned && whenFileIsGone(name, owned.value), exists: false }
  const told = {
    etag: reading.object.etag,
    lastModified: renderInstant(reading.object.lastModified),
    ...(reading.object.versionId === undefined ? {} : { versionId: reading.object.versionId }),
  }
  if (!reading.file.ok) return { status: { ...told, ...rejection(reading.file.complaint) }, exists: false }
  const file = reading.file.value
  const warnings = file.warnings.length === 0 ? {} : { warnings: [...file.warnings] }
  if (owned?.value.applied?.etag === reading.object.etag && owned.value.arn) {
    return {
      status: { ...told, ...warnings, state: 'applied', owned: true, permissionSetArn: owned.value.arn },
      exists: true,
    }
  }
  const begun = owned?.value.applied?.etag ?? (owned?.value.arn && owned.value.creating?.etag)
  if (begun !== undefined && begun !== reading.object.etag)
    return { status: { ...told, ...warnings, ...cannotUpdateYet(begun) }, exists: false }
  if (!owned && (await context.permissionSets.resolve(name)))
    return { status: { ...told, ...rejection(notOurs(key, name)) }, exists: false }
  try {
    const arn = await create(file, reading.object, owned, context)
    return { status: { ...told, ...warnings, state: 'applied', owned: true, permissionSetArn: arn }, exists: true }
  } catch (error) {
    if (!isServiceError(error, ...refusals)) throw error
    const reason = `Identity Center refused it: ${error.code}: ${error.message}`
    return {
      status: { ...told, ...warnings, state: 'failed', reason, remedy: 'remove the cause and upload the file again' },
      exists: false,
    }
  }
}

async function create(
  file: PermissionSetFile,
  object: FoundObject,
  owned: Stored<OwnedPermissionSet> | undefined,
  context: SettleContext,
): Promise<PermissionSetArn> {
  const { objects, clock, ssoAdmin, permissionSets } = context
  const ownedKey = ownedPrefix + file.name
  const claim: OwnedPermissionSet = owned?.value ?? { v: 1, claimedAt: renderInstant(clock.now()) }
  if (!owned) await objects.put(ownedKey, renderJson(claim), { ifNoneMatch: '*' })
  const arn = claim.arn ?? (await createDefinition(file, context))
  const creating = { etag: object.etag }
  if (!claim.arn) await objects.put(ownedKey, renderJson({ ...claim, arn, creating }))
  await permissionSets.remember(file.name, arn)
  await attachPolicies(arn, file, ssoAdmin)
  const at = renderInstant(clock.now())
  const applied = { etag: object.etag, at, ...(object.versionId === undefined ? {} : { versionId: object.versionId }) }
  // History first, under an instant that a replay repeats: what is applied is not looked at again.
  await objects.put(
    `history/permission-set%${file.name}/${claim.claimedAt}%created.json`,
    renderJson({ v: 1, event: 'created', at, arn, etag: object.etag }),
    { ifNoneMatch: '*' },
  )
  await objects.put(ownedKey, renderJson({ v: 1, claimedAt: claim.claimedAt, arn, applied }))
  context.log.info('the permission set is created', { permissionSet: file.name, arn })
  return arn
}

/** A conflict means that it exists: claimed by us and not there before, so created by a call whose answer was lost. */
async function createDefinition(
  file: PermissionSetFile,
  { objects, ssoAdmin, permissionSets }: SettleContext,
): Promise<PermissionSetArn> {
  const known = await permissionSets.resolve(file.name)
  if (known) return known
  const { name, description, relayState, tags } = file
  try {
    return await ssoAdmin.createPermissionSet({
      name,
      ...(description === undefined ? {} : { description }),
      ...(relayState === undefined ? {} : { relayState }),
      sessionDuration: renderSessionDuration(file.sessionDurationMinutes),
      tags,
    })
  } catch (error) {
    // Refused: nothing of ours is there, and what someone else makes under this name later is not ours.
    if (isServiceError(error, ...refusals)) await objects.delete(ownedPrefix + name)
    if (!isServiceError(error, 'ConflictException')) throw error
    await permissionSets.forget(name)
    const existing = await permissionSets.resolve(name)
    if (!existing) throw error
    return existing
  }
}

/** Attaches what the file names and is not attached yet: attaching twice is a conflict that no retry heals. */
async function attachPolicies(arn: PermissionSetArn, file: PermissionSetFile, ssoAdmin: SsoAdmin): Promise<void> {
  if (file.managedPolicyArns.length > 0) {
    const attached = new Set(await Array.fromAsync(listAll((token) => ssoAdmin.listManagedPolicies(arn, token))))
    for (const policyArn of file.managedPolicyArns) {
      if (!attached.has(policyArn)) await ssoAdmin.attachManagedPolicy(arn, policyArn)
    }
  }
  if (file.customerManagedPolicies.length > 0) {
    const listed = await Array.fromAsync(listAll((token) => ssoAdmin.listCustomerManagedPolicies(arn, token)))
    const attached = new Set(listed.map(({ Name, Path = '/' }) => Path + Name))
    for (const policy of file.customerManagedPolicies) {
      if (!attached.has((policy.Path ?? '/') + policy.Name)) await ssoAdmin.attachCustomerManagedPolicy(arn, policy)
    }
  }
  // The boundary goes on before the inline policy: between the two the permission set grants less, never more.
  if (file.permissionsBoundary) await ssoAdmin.putPermissionsBoundary(arn, file.permissionsBoundary)
  if (file.inlinePolicy !== undefined) await ssoAdmin.putInlinePolicy(arn, file.inlinePolicy)
}

function notOurs(key: string, name: PermissionSetName): Complaint {
  return {
    object: key,
    received: `a file for the permission set '${name}', which exists already and was not created by ssofile`,
    expected: 'the name of a new permission set, or of one that ssofile created',
    remedy: 'use another name; links may use the existing one without a file',
  }
}

function cannotUpdateYet(appliedEtag: string): NewStatus {
  return {
    state: 'failed',
    reason: `the permission set exists as an earlier version of this file (etag ${appliedEtag}) said; this version of ssofile creates permission sets but does not update them`,
    remedy: 'change it in Identity Center, or restore the earlier file',
  }
}

function whenFileIsGone(name: PermissionSetName, { arn }: OwnedPermissionSet): NewStatus {
  return {
    state: 'blocked',
    reason: `the file is gone; this version of ssofile does not delete permission sets, so '${name}' still exists${arn ? ` (${arn})` : ''} and links to it keep working`,
    remedy: 'upload the file again, or delete the permission set in Identity Center',
  }
}
