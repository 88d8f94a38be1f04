import * as z from 'zod'
import { permissionSetArn } from '../domain/identity-center-ids.ts'
import type { PermissionSetName } from '../domain/permission-set-name.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { readJson, renderJson } from './stored-json.ts'

export const ownedPrefix = 'owned_permission_sets/'

export const permissionSetEvents = ['created', 'updated', 'restored', 'recreated', 'adopted', 'deleted'] as const
export type PermissionSetEvent = (typeof permissionSetEvents)[number]

/** A permission set that ssofile created or adopted. Written before it is created, without an ARN. */
export const ownedPermissionSet = z.strictObject({
  v: z.literal(1),
  arn: permissionSetArn.optional(),
  claimedAt: z.iso.datetime(),
  /** Ours was there before, and someone else deleted it: the links that name it have to be applied to the new one. */
  isRecreated: z.boolean().optional(),
  /** The version of the file that Identity Center was last made equal to, its accounts included. */
  applied: z
    .strictObject({
      etag: z.string(),
      versionId: z.string().optional(),
      at: z.iso.datetime(),
      warnings: z.array(z.string()).optional(),
    })
    .optional(),
  /** Written before the first call that changes something: until it is gone, what is there may be between two files. */
  change: z
    .strictObject({
      event: z.enum(permissionSetEvents),
      etag: z.string(),
      /** Also the instant under which history records it, so that a replay writes the same key. */
      at: z.iso.datetime(),
      changes: z.array(z.string()),
    })
    .optional(),
  /** What someone else changed, where the configuration only reports it; `lastModified`: of the file as it was then. */
  drift: z
    .strictObject({ at: z.iso.datetime(), lastModified: z.iso.datetime(), differences: z.array(z.string()) })
    .optional(),
  /** When its deletion was first called. */
  deletionAt: z.iso.datetime().optional(),
  /** The next attempt: the instant in the key of its twin under `state/open/`. */
  openUntil: z.iso.datetime().optional(),
  attempts: z.int().min(0).optional(),
})
export type OwnedPermissionSet = z.infer<typeof ownedPermissionSet>

export type StoredOwned = {
  readonly name: PermissionSetName
  readonly value: OwnedPermissionSet
  readonly etag: string
  /** By S3's clock. */
  readonly writtenAt: Date
}

/** Somebody else changed the record since we read it: what we know is old, so the hint is evaluated again. */
export class OwnedChangedError extends Error {
  override readonly name = 'OwnedChangedError'
  constructor(name: PermissionSetName) {
    super(`${ownedPrefix}${name} was changed by someone else while it was evaluated; it will be evaluated again`)
  }
}

export async function readOwned(objects: ObjectStore, name: PermissionSetName): Promise<StoredOwned | undefined> {
  const stored = await readJson(objects, ownedPrefix + name, ownedPermissionSet)
  return stored && { name, value: stored.value, etag: stored.object.etag, writtenAt: stored.object.lastModified }
}

/** `previous` is what the caller read: `undefined` where there was nothing. Throws OwnedChangedError. */
export async function writeOwned(
  objects: ObjectStore,
  name: PermissionSetName,
  value: OwnedPermissionSet,
  previous: StoredOwned | undefined,
): Promise<StoredOwned> {
  const condition = previous ? ({ ifMatch: previous.etag } as const) : ({ ifNoneMatch: '*' } as const)
  const written = await objects.put(ownedPrefix + name, renderJson(value), condition)
  if (written.outcome === 'lost') throw new OwnedChangedError(name)
  return { name, value, etag: written.etag, writtenAt: written.servedAt }
}

/**
 * Whether a permission set was made after its record was written, so by a call of ours whose answer was lost. Both
 * instants are AWS's; S3's are whole seconds.
 */
export function isOfClaim({ writtenAt }: StoredOwned, createdAt: Date): boolean {
  return createdAt.getTime() >= Math.floor(writtenAt.getTime() / 1000) * 1000
}

/** Throws OwnedChangedError. */
export async function removeOwned(objects: ObjectStore, { name, etag }: StoredOwned): Promise<void> {
  if ((await objects.delete(ownedPrefix + name, { ifMatch: etag })) === 'lost') throw new OwnedChangedError(name)
}

export type PermissionSetHistory = {
  readonly event: PermissionSetEvent
  /** From the record, so that a replay writes the same key. */
  readonly at: string
  readonly body: Readonly<Record<string, unknown>>
}

/** Writes one write-once object under `history/`. Written twice, the first stands. */
export async function recordPermissionSetHistory(
  objects: ObjectStore,
  name: PermissionSetName,
  { event, at, body }: PermissionSetHistory,
): Promise<void> {
  const key = `history/permission-set%${name}/${at}%${event}.json`
  await objects.put(key, renderJson({ v: 1, event, at, ...body }), { ifNoneMatch: '*' })
}
