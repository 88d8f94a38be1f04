import * as z from 'zod'
import { author } from '../../domain/by-hand/author.ts'
import { record } from '../../domain/json/record.ts'
import { isSameUpload, type Upload, uploadIdentity } from '../../domain/links/upload.ts'
import { type Hint, permissionSetHint } from '../../domain/messages/hint.ts'
import { accountId } from '../../domain/organization/account-id.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { permissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { endedSession } from '../../domain/sessions/ended-sessions.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { JsonRecord, RecordChangedError } from './json-record.ts'
import { moveTwin } from './open-work.ts'
import { attentionKey } from './status-store.ts'

export const ownedPrefix = 'owned_permission_sets/'

const permissionSetEvents = [
  'created',
  'changed',
  'restored',
  'recreated',
  'provisioned',
  'adopted',
  'held',
  'sessions-ended',
  'denials-removed',
  'deleted',
] as const
export type PermissionSetEvent = (typeof permissionSetEvents)[number]

/** How far the provisioning of a permission set is that is owed to its accounts. Empty: it was not asked for yet. */
const owedProvisioning = record({
  /** The request for all accounts that is in progress. */
  requestId: z.string().optional(),
  /** Account by account: all up to this one were asked for. */
  after: accountId.optional(),
  /** When every account had been asked for, and some of them had failed. */
  askedAt: z.iso.datetime().optional(),
  /** Every other account was told that it is up to date; only these are asked for again. */
  failed: z.array(accountId).optional(),
})
export type OwedProvisioning = z.infer<typeof owedProvisioning>

/** A permission set that ssofile created or adopted. Written before it is created, without an ARN. */
export const ownedPermissionSet = record({
  v: z.literal(1),
  arn: permissionSetArn.optional(),
  claimedAt: z.iso.datetime(),
  /** Someone else deleted ours, so the links that name it have to be applied to the new one. */
  isRecreated: z.boolean().optional(),
  /** The version of the file that Identity Center was last made equal to, its accounts included. */
  applied: record({
    etag: z.string(),
    ...uploadIdentity,
    versionId: z.string().optional(),
    at: z.iso.datetime(),
    warnings: z.array(z.string()).optional(),
  }).optional(),
  /** Written before the first call that changes something. While it stands, the permission set may be half changed. */
  change: record({
    event: z.enum(permissionSetEvents),
    etag: z.string(),
    /** Also the instant under which history records it, so that a replay writes the same key. */
    at: z.iso.datetime(),
    changes: z.array(z.string()),
    /** What may be lost by it, and by how many: the status says it once it is in force. */
    takes: z.string().optional(),
    /** Who made by hand what it undoes; absent: it is not known, or it undoes nothing. */
    undoes: author.optional(),
    /** Owed since the last change of the definition, until a provisioning that was asked for after it SUCCEEDED. */
    provisioning: owedProvisioning.optional(),
  }).optional(),
  /** What someone else changed, where that is only reported. `lastModified`: of the file at that time. */
  drift: record({
    at: z.iso.datetime(),
    lastModified: z.iso.datetime(),
    differences: z.array(z.string()),
    by: author.optional(),
    /** It is only reported because somebody changes it as often as it is restored. */
    isContested: z.boolean().optional(),
  }).optional(),
  /** When it was restored after somebody else had changed it, within the last hour. */
  restoredAt: z.array(z.iso.datetime()).optional(),
  /**
   * Whose sessions its inline policy denies beside what its file says; written before the call. `provisioning`: owed to the
   * accounts since. `refused`: why it does not say what it should. `left`: what has no room in it, as far as it is not denied.
   * `spoiled`: what is wrong with entries about it, which count for nothing.
   */
  sessions: record({
    denied: z.array(endedSession.pick({ user: true, account: true, before: true })),
    at: z.iso.datetime(),
    provisioning: owedProvisioning.optional(),
    refused: z.string().optional(),
    left: z.array(endedSession.pick({ user: true, name: true, account: true, before: true })).optional(),
    spoiled: z.array(z.string()).optional(),
  }).optional(),
  /** When its deletion was first called. */
  deletionAt: z.iso.datetime().optional(),
  /** The next attempt: the instant in the key of its twin under `state/open/`. */
  openUntil: z.iso.datetime().optional(),
  attempts: z.int().min(0).optional(),
})
export type OwnedPermissionSet = z.infer<typeof ownedPermissionSet>

/** Whether this content is in force, or was begun: policies and the brake keep out only what is new. */
export function isAccepted({ applied, change }: OwnedPermissionSet, upload: Upload): boolean {
  return (
    (change !== undefined && change.etag === upload.etag) || (applied !== undefined && isSameUpload(applied, upload))
  )
}

/** Its twin under `state/open/` moves with it where the next attempt changes. Throws RecordChangedError where `JsonRecord` answers `lost`. */
class OwnedPermissionSetRecord extends JsonRecord<OwnedPermissionSet> {
  readonly #objects: ObjectStore
  readonly #name: PermissionSetName
  /** As it was read. */
  #openUntil: string | undefined

  constructor(objects: ObjectStore, name: PermissionSetName, openUntil?: string) {
    super(objects, ownedPrefix + name, ownedPermissionSet)
    this.#objects = objects
    this.#name = name
    this.#openUntil = openUntil
  }

  override async read() {
    const stored = await super.read()
    this.#openUntil = stored?.value.openUntil
    return stored
  }

  override write(value: OwnedPermissionSet, etag: string | undefined) {
    return this.#withTwin(value.openUntil, async () => {
      const written = await super.write(value, etag)
      if (written.outcome === 'lost') throw new RecordChangedError(this.key)
      return written
    })
  }

  override remove(etag: string) {
    return this.#withTwin(undefined, async () => {
      const removed = await super.remove(etag)
      if (removed === 'lost') throw new RecordChangedError(this.key)
      return removed
    })
  }

  async #withTwin<T>(next: string | undefined, change: () => Promise<T>): Promise<T> {
    const attempts = { before: this.#openUntil, next }
    const done = await moveTwin(this.#objects, permissionSetKey(this.#name), attempts, change)
    this.#openUntil = next
    return done
  }
}

export function ownedPermissionSetRecord(
  objects: ObjectStore,
  name: PermissionSetName,
): JsonRecord<OwnedPermissionSet> {
  return new OwnedPermissionSetRecord(objects, name)
}

export type StoredOwned = {
  readonly name: PermissionSetName
  readonly value: OwnedPermissionSet
  readonly etag: string
  /** By S3's clock. */
  readonly writtenAt: Date
}

export async function readOwned(objects: ObjectStore, name: PermissionSetName): Promise<StoredOwned | undefined> {
  const stored = await ownedPermissionSetRecord(objects, name).read()
  return stored && { name, value: stored.value, etag: stored.object.etag, writtenAt: stored.object.lastModified }
}

/** `previous`: the record that the caller read; `undefined`: there was none. Throws RecordChangedError. */
export async function writeOwned(
  objects: ObjectStore,
  name: PermissionSetName,
  value: OwnedPermissionSet,
  previous: StoredOwned | undefined,
): Promise<StoredOwned> {
  const record = new OwnedPermissionSetRecord(objects, name, previous?.value.openUntil)
  const written = await record.write(value, previous?.etag)
  return { name, value, etag: written.etag, writtenAt: written.servedAt }
}

/** The names of all that ssofile created or adopted, ascending. */
export async function* listOwned(objects: ObjectStore): AsyncGenerator<PermissionSetName> {
  for await (const { key } of objects.list(ownedPrefix)) {
    const name = permissionSetOf(key)
    if (name !== undefined) yield name
  }
}

/** The permission set that a record is about; `undefined`: the key is of no record. */
export function permissionSetOf(key: string): PermissionSetName | undefined {
  return key.startsWith(ownedPrefix) ? permissionSetName.safeParse(key.slice(ownedPrefix.length)).data : undefined
}

/**
 * Whether a permission set was created after its record was written: then a call of ours created it, and its answer was
 * lost. Both instants are AWS's; S3's are whole seconds.
 */
export function isOfClaim({ writtenAt }: StoredOwned, createdAt: Date): boolean {
  return createdAt.getTime() >= Math.floor(writtenAt.getTime() / 1000) * 1000
}

/**
 * The hint at a permission set whose deletion waits for its last reference; `undefined`: it does not wait. Ask after a
 * reference is gone. After `blocked` was told references are looked for once more, so one of the two sees the other.
 */
export async function findBlockedDeletion(name: PermissionSetName, objects: ReadingObjects): Promise<Hint | undefined> {
  const key = permissionSetKey(name)
  const isBlocked = (await objects.head(attentionKey('blocked', key))) !== undefined
  return isBlocked ? permissionSetHint(name, key) : undefined
}
