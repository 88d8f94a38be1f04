import * as z from 'zod'
import { author } from '../../domain/by-hand/author.ts'
import { record } from '../../domain/json/record.ts'
import { isSameUpload, type Upload, uploadIdentity } from '../../domain/links/upload.ts'
import { type Hint, permissionSetHint } from '../../domain/messages/hint.ts'
import { accountId } from '../../domain/organization/account-id.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { permissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { type DenialStatement, denialsOf, endedSession } from '../../domain/sessions/ended-sessions.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { definePlace } from './define-record.ts'
import { JsonRecord, RecordChangedError } from './json-record.ts'
import { type Attempt, moveTwin, openKeyOf } from './open-work.ts'
import { attentionKey } from './status-store.ts'

export const ownedPermissionSets = definePlace({
  at: 'owned_permission_sets/',
  meaning: 'one permission set that ssofile made or took over',
  source: { is: 'primary' },
})

export const permissionSetEvents = [
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

/** Progress of a provisioning that the accounts still need. Empty: not requested yet. */
const owedProvisioning = record({
  /** The request in progress for all accounts. */
  requestId: z.string().optional(),
  /**
   * Provisioning account by account: the accounts behind `from`, up to `after`, have a request since the last change; behind the last account
   * comes the first one. `from` absent: begun with the first one.
   */
  from: accountId.optional(),
  after: accountId.optional(),
  /** When every account had its request, if some failed. */
  askedAt: z.iso.datetime().optional(),
  /** The accounts that failed; all others are up to date. */
  failed: z.array(accountId).optional(),
})
export type OwedProvisioning = z.infer<typeof owedProvisioning>

/** A permission set that ssofile created or adopted. Written before it is created, without an ARN. */
export const ownedPermissionSet = record({
  v: z.literal(1),
  arn: permissionSetArn.optional(),
  claimedAt: z.iso.datetime(),
  /** Someone else deleted our permission set, so the links that name it must apply to the new one. */
  isRecreated: z.boolean().optional(),
  /** The version of the file that Identity Center and all its accounts last matched. */
  applied: record({
    etag: z.string(),
    ...uploadIdentity,
    versionId: z.string().optional(),
    at: z.iso.datetime(),
    warnings: z.array(z.string()).optional(),
  }).optional(),
  /** Written before the first changing call. While it exists, the permission set may be half changed. */
  change: record({
    event: z.enum(permissionSetEvents),
    etag: z.string(),
    /** Also the instant in history, so that a replay writes the same key. */
    at: z.iso.datetime(),
    changes: z.array(z.string()),
    /** The access that this change may take away, and from how many: for the status once the change is in force. */
    takes: z.string().optional(),
    /** The author of the manual change that this one undoes. Absent: unknown, or it undoes nothing. */
    undoes: author.optional(),
    /** Needed since the last change of the definition, until a later provisioning SUCCEEDED. */
    provisioning: owedProvisioning.optional(),
  }).optional(),
  /** Someone else's change that ssofile only reports. `lastModified`: of the file at that time. */
  drift: record({
    at: z.iso.datetime(),
    lastModified: z.iso.datetime(),
    differences: z.array(z.string()),
    by: author.optional(),
    /** Only reported, because someone changes it as often as ssofile restores it. */
    isContested: z.boolean().optional(),
  }).optional(),
  /** When ssofile restored it after someone else's changes, within the last hour. */
  restoredAt: z.array(z.iso.datetime()).optional(),
  /**
   * Sessions that its inline policy denies in addition to the file; written before the call. `provisioning`: the accounts still
   * need it. `refused`: why the policy lacks a denial. `left`: sessions without room in the policy that are not denied.
   * `spoiled`: what is wrong with ignored entries about this permission set.
   */
  sessions: record({
    denied: z.array(endedSession.pick({ user: true, account: true, before: true })),
    at: z.iso.datetime(),
    provisioning: owedProvisioning.optional(),
    refused: z.string().optional(),
    left: z.array(endedSession.pick({ user: true, name: true, account: true, before: true })).optional(),
    spoiled: z.array(z.string()).optional(),
  }).optional(),
  /** When ssofile first called its deletion. */
  deletionAt: z.iso.datetime().optional(),
  /** The next attempt: the instant in the key of its twin under `state/open/`. */
  openUntil: z.iso.datetime().optional(),
  attempts: z.int().min(0).optional(),
})
export type OwnedPermissionSet = z.infer<typeof ownedPermissionSet>

/** Whether this content is in force or begun: policies and the brake judge only new content. */
export function isAccepted({ applied, change }: OwnedPermissionSet, upload: Upload): boolean {
  return (
    (change !== undefined && change.etag === upload.etag) || (applied !== undefined && isSameUpload(applied, upload))
  )
}

/**
 * The denials of ended sessions in its inline policy. `undefined`: a change of them is on its way, so the policy may still have the former
 * ones.
 */
export function deniedBy({ sessions }: OwnedPermissionSet): readonly DenialStatement[] | undefined {
  return sessions?.provisioning === undefined ? denialsOf(sessions?.denied ?? []) : undefined
}

/** A record whose twin under `state/open/` moves with the next attempt. Throws RecordChangedError instead of returning `lost`. */
class OwnedPermissionSetRecord extends JsonRecord<OwnedPermissionSet> {
  readonly #objects: ObjectStore
  readonly #name: PermissionSetName
  /** The value at the last read. */
  #before: Attempt | undefined

  constructor(objects: ObjectStore, name: PermissionSetName, before?: OwnedPermissionSet) {
    super(objects, ownedPermissionSets.at + name, ownedPermissionSet)
    this.#objects = objects
    this.#name = name
    this.#before = before && attemptOf(before)
  }

  override async read() {
    const stored = await super.read()
    this.#before = stored && attemptOf(stored.value)
    return stored
  }

  override write(value: OwnedPermissionSet, etag: string | undefined) {
    return this.#withTwin(attemptOf(value), async () => {
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

  async #withTwin<T>(next: Attempt | undefined, change: () => Promise<T>): Promise<T> {
    const attempts = { before: this.#before, next }
    const done = await moveTwin(this.#objects, openKeyOf(permissionSetKey(this.#name)), attempts, change)
    this.#before = next
    return done
  }
}

/** A denial of ended sessions that has to reach accounts takes access away. */
function attemptOf({ openUntil, sessions }: OwnedPermissionSet): Attempt | undefined {
  return openUntil === undefined ? undefined : { at: openUntil, isUrgent: sessions?.provisioning !== undefined }
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

/** `previous`: the record that the caller read; `undefined`: none. Throws RecordChangedError. */
export async function writeOwned(
  objects: ObjectStore,
  name: PermissionSetName,
  value: OwnedPermissionSet,
  previous: StoredOwned | undefined,
): Promise<StoredOwned> {
  const record = new OwnedPermissionSetRecord(objects, name, previous?.value)
  const written = await record.write(value, previous?.etag)
  return { name, value, etag: written.etag, writtenAt: written.servedAt }
}

/** The names of all permission sets that ssofile created or adopted, ascending. */
export async function* listOwned(objects: ObjectStore): AsyncGenerator<PermissionSetName> {
  for await (const { key } of objects.list(ownedPermissionSets.at)) {
    const name = permissionSetOf(key)
    if (name !== undefined) yield name
  }
}

/** The permission set of a record; `undefined`: not a key of a record. */
export function permissionSetOf(key: string): PermissionSetName | undefined {
  return key.startsWith(ownedPermissionSets.at)
    ? permissionSetName.safeParse(key.slice(ownedPermissionSets.at.length)).data
    : undefined
}

/**
 * Whether a permission set was created after its record was written: then our call created it and the answer was lost. Both
 * instants are AWS's; S3's are whole seconds.
 */
export function isOfClaim({ writtenAt }: StoredOwned, createdAt: Date): boolean {
  return createdAt.getTime() >= Math.floor(writtenAt.getTime() / 1000) * 1000
}

/**
 * The hint for a permission set whose deletion waits for its last reference; `undefined`: it does not wait. Call it after a
 * reference is gone. The deletion looks for references again after it writes `blocked`, so one of the two sees the other.
 */
export async function findBlockedDeletion(name: PermissionSetName, objects: ReadingObjects): Promise<Hint | undefined> {
  const key = permissionSetKey(name)
  const isBlocked = (await objects.head(attentionKey('blocked', key))) !== undefined
  return isBlocked ? permissionSetHint(name, key) : undefined
}
