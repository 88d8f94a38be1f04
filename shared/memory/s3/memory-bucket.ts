import { hash } from 'node:crypto'
import { compareKeys } from '../../domain/text/compare-keys.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectHead, WriteCondition } from '../../ports/object-store.ts'
import type { Randomness } from '../../ports/randomness.ts'
import { ServiceError } from '../../ports/service-error.ts'
import { SeededRandomness } from '../seeded-randomness.ts'
import { memoryTables, type OpenTable } from '../table.ts'
import { MultipartUploads } from './multipart-uploads.ts'
import type { Caller, ObjectChange, ObjectCreation } from './object-change.ts'
import { type KeptVersion, ObjectVersions, type VersionLifecycle } from './object-versions.ts'
import { type IsBefore, SortedKeys } from './sorted-keys.ts'
import type { StoredObject } from './stored-object.ts'

/** Absent in a bucket that was never versioned. Source: S3 API Reference, "PutBucketVersioning". */
export type Versioning = 'Enabled' | 'Suspended'

/** One version of a key in a listing. Without an object it is a delete marker. */
export type ListedVersion = KeptVersion & { readonly isLatest: boolean }

export type VersionPageOptions = Omit<PageOptions, 'startAfter'> & {
  /** The page starts after this key, or after this version of the key. */
  readonly keyMarker?: string
  readonly versionIdMarker?: string | undefined
}

/** `next`, if there is more: the markers of the next page. */
export type VersionPage = {
  readonly versions: readonly ListedVersion[]
  readonly commonPrefixes: readonly string[]
  readonly next?: { readonly keyMarker: string; readonly versionIdMarker?: string }
}

/** The result of a deletion. Both absent: an object is gone for good, or there was none. */
export type Deletion = { readonly versionId?: string; readonly isDeleteMarker?: boolean }

export type PutOptions = {
  readonly condition?: WriteCondition | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly eventName?: ObjectCreation
  /** Given for multipart uploads only; otherwise the MD5 of the body. */
  readonly etag?: string
  /** Dates a multipart upload; otherwise now. (S3 User Guide, "Working with object metadata": the date of the initiation.) */
  readonly begunAt?: Date
  readonly customerKeyMd5?: string | undefined
}

export type PageOptions = {
  readonly prefix?: string
  readonly delimiter?: string | undefined
  /** Exclusive: a key, or a common prefix, whose keys are then all skipped. */
  readonly startAfter?: string
  /** 0 to 1,000 objects and common prefixes together. */
  readonly most?: number
}

/** `next`, if there is more: the start of the next page, exclusive. */
export type ObjectPage = {
  readonly objects: readonly ObjectHead[]
  readonly commonPrefixes: readonly string[]
  readonly next?: string
}

export type BucketOptions = {
  readonly bucket: string
  readonly clock: Clock
  readonly openTable?: OpenTable
  readonly randomness?: Randomness
  /** `true`: versioned; `false`: suspended if it was versioned; absent: unchanged, at first not versioned. */
  readonly versioned?: boolean | undefined
  /** For noncurrent versions; default: they stay. */
  readonly lifecycle?: readonly VersionLifecycle[]
}

// S3 User Guide, "Naming Amazon S3 objects".
const keyMostBytes = 1024
const pageMost = 1000

/** The version id of objects written while a bucket is not versioned. (S3 User Guide, "How S3 Versioning works".) */
const nullVersion = 'null'

/**
 * One general purpose bucket, versioned or not. Throws ServiceError with S3's codes: NoSuchKey, PreconditionFailed,
 * KeyTooLongError, InvalidURI (a key that is empty or not Unicode).
 */
export class MemoryBucket {
  readonly name: string
  readonly uploads: MultipartUploads
  readonly #clock: Clock
  readonly #randomness: Randomness
  readonly #objects: Map<string, StoredObject>
  readonly #counters: Map<string, number>
  /** An index over #objects: everything in it can be rebuilt. */
  readonly #keys: SortedKeys
  readonly #versioning: Map<string, Versioning>
  readonly #versions: ObjectVersions
  /** Every key with an object, a noncurrent version or a delete marker. */
  readonly #keysOfVersions: SortedKeys
  readonly #listeners = new Set<(change: ObjectChange) => void>()

  constructor(options: BucketOptions) {
    const { bucket, clock, openTable = memoryTables, randomness, versioned, lifecycle = [] } = options
    this.name = bucket
    this.#clock = clock
    this.#objects = openTable('objects')
    this.#counters = openTable('object-counters')
    this.uploads = new MultipartUploads(openTable)
    this.#keys = new SortedKeys(this.#objects.keys())
    this.#versioning = openTable('bucket-versioning')
    if (versioned) this.#versioning.set(bucket, 'Enabled')
    else if (versioned === false && this.versioning !== undefined) this.#versioning.set(bucket, 'Suspended')
    this.#versions = new ObjectVersions(openTable, lifecycle)
    this.#keysOfVersions = new SortedKeys(new Set([...this.#objects.keys(), ...this.#versions.keys()]))
    this.#randomness = randomness ?? new SeededRandomness(this.#counters.get('sequencer') ?? 0)
    if (!this.#counters.has('createdAtMs')) this.#counters.set('createdAtMs', clock.now().getTime())
  }

  get createdAt(): Date {
    return new Date(this.#counters.get('createdAtMs') ?? 0)
  }

  get versioning(): Versioning | undefined {
    return this.#versioning.get(this.name)
  }

  /** Takes effect from now on. Versioning cannot be removed again, only suspended. */
  setVersioning(versioning: Versioning): void {
    this.#versioning.set(this.name, versioning)
  }

  /** The Date header of an answer given now: whole seconds, like Last-Modified. */
  servedAt(): Date {
    return wholeSecond(this.#clock.now())
  }

  /** Calls `listener` after each change, in their order, before the request is answered. It must not throw. */
  onChange(listener: (change: ObjectChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  find(key: string): StoredObject | undefined {
    checkKey(key)
    return this.#objects.get(key)
  }

  /** S3's description of an object found by its key; a listing leaves the version out. */
  describe(key: string, stored: StoredObject): ObjectHead {
    const head = headOf(key, stored)
    return this.versioning === undefined ? head : { ...head, versionId: versionIdOf(stored) }
  }

  /** The object, or the delete marker, that is this version. */
  findVersion(key: string, versionId: string): KeptVersion | undefined {
    checkKey(key)
    return this.#allOf(key).find((version) => version.versionId === versionId)
  }

  /** The delete marker that hides a key with older versions, or formerly with some. */
  findDeleteMarker(key: string): KeptVersion | undefined {
    return this.#objects.has(key) ? undefined : this.#versions.of(key)[0]
  }

  /**
   * When the key was last deleted, by its newest delete marker. If the newest `versionsMost` older versions have no marker and there are more:
   * the time of the oldest of them.
   */
  lastDeletion(key: string, versionsMost: number): Date | undefined {
    checkKey(key)
    const versions = this.#versions.of(key)
    const newest = versions.slice(0, versionsMost)
    const marker = newest.find(({ object }) => object === undefined)
    return (marker ?? (versions.length > versionsMost ? newest.at(-1) : undefined))?.lastModified
  }

  put(caller: Caller, key: string, body: Uint8Array, options: PutOptions = {}): StoredObject {
    checkKey(key)
    const existing = this.#objects.get(key)
    checkCondition(existing, options.condition)
    const now = this.#clock.now()
    const { customerKeyMd5 } = options
    const { version, change } = this.#nextChange(key, caller, now)
    const stored: StoredObject = {
      body: new Uint8Array(body), // a copy; a Buffer's slice would share its memory
      etag: options.etag ?? (customerKeyMd5 ? this.#newEtag() : hash('md5', body)),
      lastModified: options.begunAt ?? wholeSecond(now),
      headers: options.headers ?? {},
      customerKeyMd5,
      ...version,
    }
    this.#supersede(key, now)
    this.#objects.set(key, stored)
    this.#indexKey(key)
    this.#tell({
      ...change,
      eventName: options.eventName ?? 'ObjectCreated:Put',
      size: body.byteLength,
      etag: stored.etag,
    })
    return stored
  }

  /**
   * Deleting a missing object succeeds, unless there is a condition: then NoSuchKey. `ifMatch: '*'`: any object. A versioned bucket loses
   * nothing: a delete marker becomes the newest version, even if there was no object.
   */
  delete(caller: Caller, key: string, condition?: { readonly ifMatch: string }): Deletion {
    checkKey(key)
    const existing = this.#objects.get(key)
    if (condition?.ifMatch !== '*' || existing === undefined) checkCondition(existing, condition)
    if (existing === undefined && this.versioning === undefined) return {} // nothing changed: there is no notification
    const now = this.#clock.now()
    const { version, change } = this.#nextChange(key, caller, now)
    this.#supersede(key, now)
    this.#objects.delete(key)
    if (version === undefined) {
      this.#indexKey(key)
      this.#tell({ ...change, eventName: 'ObjectRemoved:Delete' })
      return {}
    }
    this.#versions.add({ key, lastModified: wholeSecond(now), ...version }, now)
    this.#indexKey(key)
    this.#expire(key, now)
    this.#tell({ ...change, eventName: 'ObjectRemoved:DeleteMarkerCreated' })
    return { versionId: version.versionId, isDeleteMarker: true }
  }

  /**
   * Deletes one version for good. If it was the newest, the previous one becomes the object again, and no event reports a creation.
   * Deleting a missing version succeeds too. (S3 User Guide, "Removing delete markers".)
   */
  deleteVersion(caller: Caller, key: string, versionId: string): Deletion {
    const version = this.findVersion(key, versionId)
    if (version === undefined) return { versionId }
    const { change } = this.#nextChange(key, caller, this.#clock.now())
    const current = this.#objects.get(key)
    if (current !== undefined && versionIdOf(current) === versionId) this.#objects.delete(key)
    else this.#versions.remove(version)
    const [newest] = this.#versions.of(key)
    if (!this.#objects.has(key) && newest?.object !== undefined) {
      this.#versions.remove(newest)
      this.#objects.set(key, newest.object)
    }
    this.#indexKey(key)
    this.#tell({ ...change, versionId, eventName: 'ObjectRemoved:Delete' })
    return { versionId, ...(version.object === undefined ? { isDeleteMarker: true } : {}) }
  }

  /** One page in the order of the keys' UTF-8 bytes; it costs as much as the page holds, not the bucket. */
  listPage({ prefix = '', delimiter, startAfter = '', most = pageMost }: PageOptions = {}): ObjectPage {
    const objects: ObjectHead[] = []
    const commonPrefixes: string[] = []
    let last: string | undefined
    for (const { key, group } of walk(this.#keys, placeAfter(startAfter, prefix, delimiter), prefix, delimiter)) {
      if (objects.length + commonPrefixes.length >= Math.min(most, pageMost))
        return { objects, commonPrefixes, next: last }
      last = group ?? key
      if (group === undefined) objects.push(this.#headOf(key))
      else commonPrefixes.push(group)
    }
    return { objects, commonPrefixes }
  }

  /** One page of all versions: keys as in `listPage`, the newest version of a key first. */
  listVersionsPage(options: VersionPageOptions = {}): VersionPage {
    const { prefix = '', delimiter, keyMarker = '', versionIdMarker, most = pageMost } = options
    const versions: ListedVersion[] = []
    const commonPrefixes: string[] = []
    let next: { keyMarker: string; versionIdMarker?: string } | undefined
    const isFull = () => versions.length + commonPrefixes.length >= Math.min(most, pageMost)
    const before = placeAfter(keyMarker, prefix, delimiter)
    const start: IsBefore = (key) => before(key) && (versionIdMarker === undefined || key !== keyMarker)
    for (const { key, group } of walk(this.#keysOfVersions, start, prefix, delimiter)) {
      if (group !== undefined) {
        if (isFull()) return { versions, commonPrefixes, next }
        commonPrefixes.push(group)
        next = { keyMarker: group }
        continue
      }
      for (const version of this.#after(key, key === keyMarker ? versionIdMarker : undefined)) {
        if (isFull()) return { versions, commonPrefixes, next }
        versions.push(version)
        next = { keyMarker: key, versionIdMarker: version.versionId }
      }
    }
    return { versions, commonPrefixes }
  }

  #after(key: string, versionId: string | undefined): readonly ListedVersion[] {
    const all = this.#allOf(key).map((version, index) => ({ ...version, isLatest: index === 0 }))
    return versionId === undefined ? all : all.slice(1 + all.findIndex((version) => version.versionId === versionId))
  }

  /** The newest first. */
  #allOf(key: string): readonly KeptVersion[] {
    const current = this.#objects.get(key)
    const kept = this.#versions.of(key)
    return current === undefined ? kept : [asVersion(key, current), ...kept]
  }

  /** Keeps the object before it is replaced or deleted, unless the bucket does not keep versions. */
  #supersede(key: string, now: Date): void {
    const existing = this.#objects.get(key)
    const isSuspended = this.versioning === 'Suspended'
    if (isSuspended) {
      const [oldNull] = this.#versions.of(key).filter(({ versionId }) => versionId === nullVersion)
      if (oldNull !== undefined) this.#versions.remove(oldNull)
    }
    const isKept = this.versioning === 'Enabled' || (isSuspended && existing && versionIdOf(existing) !== nullVersion)
    if (existing === undefined || !isKept) return
    this.#versions.add(asVersion(key, existing), now)
    this.#expire(key, now)
  }

  #expire(key: string, now: Date): void {
    for (const touched of this.#versions.expire(key, now, (version) => this.#isLatest(version))) this.#indexKey(touched)
  }

  #isLatest({ key, versionId }: KeptVersion): boolean {
    return !this.#objects.has(key) && this.#versions.of(key)[0]?.versionId === versionId
  }

  #indexKey(key: string): void {
    if (this.#objects.has(key)) this.#keys.add(key)
    else this.#keys.delete(key)
    if (this.#objects.has(key) || this.#versions.of(key).length > 0) this.#keysOfVersions.add(key)
    else this.#keysOfVersions.delete(key)
  }

  #headOf(key: string): ObjectHead {
    const stored = this.#objects.get(key)
    if (stored === undefined) throw new Error(`the index names a key that is not stored: ${key}`)
    return headOf(key, stored)
  }

  /** The names of the next change of a key. `version`: of the written object; absent in a bucket that was never versioned. */
  #nextChange(key: string, caller: Caller, at: Date) {
    const sequence = (this.#counters.get('sequencer') ?? 0) + 1
    this.#counters.set('sequencer', sequence)
    const sequencer = sequence.toString(16).toUpperCase().padStart(18, '0')
    const versionId = this.versioning && (this.versioning === 'Enabled' ? this.#versionIdOf(sequence) : nullVersion)
    const common = { key, caller, at, sequencer, requestId: this.newRequestId() }
    if (versionId === undefined) return { change: common }
    return { version: { versionId, sequence }, change: { ...common, versionId } }
  }

  /** 32 characters without an order, like S3's. */
  #versionIdOf(sequence: number): string {
    const text = `${this.name}/${this.createdAt.getTime()}/${sequence}`
    return hash('sha256', text, 'base64url').replaceAll('-', '.').slice(0, 32)
  }

  /** Sixteen hexadecimal digits, as S3's request ids look. */
  newRequestId(): string {
    return this.#randomness.id().replaceAll('-', '').slice(-16).toUpperCase()
  }

  /** An object encrypted with a customer's key has an etag that is no MD5 (S3 API Reference, "Object", ETag). */
  #newEtag(): string {
    return (this.newRequestId() + this.newRequestId()).toLowerCase()
  }

  #tell(change: ObjectChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

/** The header of an upload, and of answers about an object that is not in STANDARD. */
export const storageClassHeader = 'x-amz-storage-class'
const archives = new Set(['GLACIER', 'DEEP_ARCHIVE'])

/**
 * Throws ServiceError for an archived object, which S3 describes but does not give before it is restored. (S3 API Reference, "GetObject":
 * InvalidObjectState, 403. GLACIER_IR is no archive in this sense.)
 */
export function checkIsNoArchive({ headers }: StoredObject): void {
  if (!archives.has(headers[storageClassHeader] ?? '')) return
  const words = "The operation is not valid for the object's storage class"
  throw new ServiceError('s3', 'InvalidObjectState', words, { httpStatus: 403 })
}

/**
 * Throws ServiceError if S3 refuses to give or describe the object with this key or without one: 400, or 403 for another key. (S3 User
 * Guide, "Using server-side encryption with customer-provided keys"; the words are those of S3.)
 */
export function checkCustomerKey({ customerKeyMd5: own }: StoredObject, given?: string): void {
  if (own === given) return
  const refuse = (code: string, httpStatus: number, words: string) =>
    new ServiceError('s3', code, words, { httpStatus })
  if (own === undefined)
    throw refuse('InvalidRequest', 400, 'The encryption parameters are not applicable to this object.')
  if (given !== undefined) throw refuse('AccessDenied', 403, 'Access Denied')
  throw refuse(
    'InvalidRequest',
    400,
    'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
  )
}

function headOf(key: string, { etag, lastModified, body }: StoredObject): ObjectHead {
  return { key, etag, lastModified, size: body.byteLength }
}

function versionIdOf({ versionId = nullVersion }: StoredObject): string {
  return versionId
}

function asVersion(key: string, object: StoredObject): KeptVersion {
  const { lastModified, sequence = 0 } = object
  return { key, versionId: versionIdOf(object), sequence, lastModified, object }
}

function wholeSecond(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1000) * 1000)
}

function checkKey(key: string): void {
  if (key === '' || !key.isWellFormed()) throw new ServiceError('s3', 'InvalidURI', "Couldn't parse the specified URI.")
  if (Buffer.byteLength(key) > keyMostBytes) throw new ServiceError('s3', 'KeyTooLongError', 'Your key is too long')
}

// S3 User Guide, "Add preconditions to S3 operations with conditional requests": If-Match on a missing object answers 404.
function checkCondition(existing: StoredObject | undefined, condition: WriteCondition | undefined): void {
  if (condition === undefined) return
  if ('ifMatch' in condition && existing === undefined)
    throw new ServiceError('s3', 'NoSuchKey', 'The specified key does not exist.')
  const holds = 'ifMatch' in condition ? existing?.etag === condition.ifMatch : existing === undefined
  if (!holds)
    throw new ServiceError('s3', 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
}

/** The keys with the prefix, and for each common prefix only its first key. */
function* walk(
  keys: SortedKeys,
  start: IsBefore,
  prefix: string,
  delimiter: string | undefined,
): Generator<{ readonly key: string; readonly group: string | undefined }> {
  let from: IsBefore | undefined = start
  while (from !== undefined) {
    const rest: Iterable<string> = keys.from(from)
    from = undefined
    for (const key of rest) {
      if (!key.startsWith(prefix)) break
      const group = commonPrefixOf(key, prefix, delimiter)
      yield { key, group }
      if (group === undefined) continue
      from = placeAfterAllIn(group)
      break
    }
  }
}

function commonPrefixOf(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (!delimiter) return undefined
  const end = key.indexOf(delimiter, prefix.length)
  return end < 0 ? undefined : key.slice(0, end + delimiter.length)
}

function placeAfter(startAfter: string, prefix: string, delimiter: string | undefined): IsBefore {
  const isCommonPrefix = startAfter.startsWith(prefix) && commonPrefixOf(startAfter, prefix, delimiter) === startAfter
  if (isCommonPrefix) return placeAfterAllIn(startAfter)
  if (compareKeys(startAfter, prefix) < 0 || startAfter === '') return (key) => compareKeys(key, prefix) < 0
  return (key) => compareKeys(key, startAfter) <= 0
}

function placeAfterAllIn(group: string): IsBefore {
  return (key) => key.startsWith(group) || compareKeys(key, group) < 0
}
