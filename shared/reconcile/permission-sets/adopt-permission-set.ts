import { toldUploader } from '../../domain/links/find-uploader.ts'
import {
  definitionOf,
  planPermissionSetChanges,
  renderChange,
} from '../../domain/permission-sets/permission-set-changes.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { renderPermissionSetFile } from '../../domain/permission-sets/render-permission-set-file.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { faultOfControl, type LackOfControl } from '../directory/management-account-sets.ts'
import { recordPermissionSetHistory } from '../records/history.ts'
import { readOwned, writeOwned } from '../records/owned-permission-sets.ts'
import type { InputHead } from '../records/read-input.ts'
import { type PermissionSetReading, readPermissionSetFile } from '../records/read-permission-set-file.ts'
import { StatusStore } from '../records/status-store.ts'
import { uploadOf } from './describe-permission-set.ts'
import { type FoundPermissionSet, readPermissionSet } from './read-permission-set.ts'

/** `restored`: it was ours already, but its file was gone. */
export type Adoption = { readonly name: string; readonly arn: PermissionSetArn } & (
  | { readonly outcome: 'adopted' | 'restored'; readonly file: string; readonly notes: readonly string[] }
  | { readonly outcome: 'already-owned' }
  | { readonly outcome: 'refused'; readonly complaint: Complaint }
)

type Adopting = Pick<Ports, 'objects' | 'clock'> & {
  readonly ssoAdmin: SsoAdmin
  readonly named: boolean
  readonly lackOf: LackOfControl
}

/**
 * Writes an existing permission set as a file, exactly as it is, and records it in `owned_permission_sets/`. Changes nothing in
 * Identity Center. Call it under the dispatcher lease. The file comes first, because a record without a file means deletion.
 * Safe to repeat. `named`: a person asks for exactly this set, so if it is ours and its file is gone, writes the file again.
 * Otherwise the set stays deleted.
 */
export async function adoptPermissionSet(
  arn: PermissionSetArn,
  { named, lackOf, ...ports }: Adopting,
): Promise<Adoption | undefined> {
  const { objects, clock, ssoAdmin } = ports
  const actual = await readPermissionSet(ssoAdmin, arn, undefined)
  if (!actual) return undefined
  const { name } = actual
  const key = permissionSetKey(name)
  const owned = await readOwned(objects, name)
  const isOurs = owned?.value.arn === arn
  const refuse = (complaint: Complaint): Adoption => ({ name, arn, outcome: 'refused', complaint })
  if (owned && !isOurs) return refuse(claimed(name))
  if (isOurs && (await objects.head(key))) return { name, arn, outcome: 'already-owned' }
  if (isOurs && !named) return refuse(deleted(key, name))
  const lack = isOurs ? undefined : lackOf(name, arn)
  if (lack) return refuse({ object: `the permission set '${name}'`, ...faultOfControl(lack) })
  const rendered = renderPermissionSetFile(name, actual)
  if (!rendered.ok) return refuse(rendered.complaint)
  const { outcome } = await objects.put(key, rendered.value.text, { ifNoneMatch: '*' })
  // The upload sends a hint, which writes its status.
  if (isOurs && outcome === 'lost') return { name, arn, outcome: 'already-owned' }
  if (isOurs) return { name, arn, outcome: 'restored', file: key, notes: rendered.value.notes }
  const reading = await readPermissionSetFile(objects, key)
  if (!reading) return refuse(gone(key))
  const complaint = complainOfFile(reading, actual)
  if (complaint) return refuse(complaint)
  const { lastModified: at, etag, versionId, content, value } = uploadOf(reading.object)
  const version = { etag, versionId }
  await recordPermissionSetHistory(objects, name, { event: 'adopted', at, body: { arn, ...version } })
  const now = renderInstant(clock.now())
  await writeOwned(
    objects,
    name,
    { v: 1, arn, claimedAt: now, applied: { ...version, content, value, at: now } },
    undefined,
  )
  await tellAdopted(reading.object, arn, ports)
  return { name, arn, outcome: 'adopted', file: key, notes: rendered.value.notes }
}

/** Keeps an existing file. If it says something else, an adoption would not do what it asks for. */
function complainOfFile(
  { file, object: { key } }: PermissionSetReading,
  actual: FoundPermissionSet,
): Complaint | undefined {
  const { name } = actual
  const changes = file.ok ? planPermissionSetChanges(actual, definitionOf(file.value)) : []
  if (file.ok && changes.length === 0) return undefined
  const received = file.ok
    ? `a file that differs from the permission set; applying it would: ${changes.map(renderChange).join('; ')}`
    : `a file that is not valid: ${file.complaint.received}`
  return {
    object: key,
    received: quote(received, 2_000),
    expected: 'no file, or one that equals the permission set',
    remedy: `keep a copy of the file, delete it, run ssofile import --permission-sets ${name}, then upload the copy to change the permission set`,
  }
}

function gone(object: string): Complaint {
  return {
    object,
    received: 'a file that somebody deleted during the import',
    expected: 'the file as it was written',
    remedy: 'run the import again',
  }
}

function deleted(object: string, name: PermissionSetName): Complaint {
  return {
    object,
    received: 'no file for a permission set of ssofile, which deletes it as soon as nothing uses it',
    expected: 'its file',
    remedy: `to keep the permission set, run ssofile import --permission-sets ${name}`,
  }
}

function claimed(name: PermissionSetName): Complaint {
  return {
    object: `owned_permission_sets/${name}`,
    received: 'a permission set that ssofile is creating, or that somebody else created again',
    expected: 'a permission set that ssofile does not know',
    remedy: `look at its status (ssofile status permission_sets/${name}.json) and run the import again when nothing is open`,
  }
}

async function tellAdopted(
  object: InputHead,
  arn: PermissionSetArn,
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
): Promise<void> {
  const { key, etag } = object
  await new StatusStore(objects, clock).revise(key, async (current) => {
    if ((await objects.head(key))?.etag !== etag) return current
    const upload = uploadOf(object)
    return {
      ...upload,
      by: toldUploader(current, upload),
      state: 'applied',
      owned: true,
      permissionSetArn: arn,
    }
  })
}
