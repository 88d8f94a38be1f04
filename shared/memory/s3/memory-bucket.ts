import { createHash } from 'node:crypto'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectHead, WriteCondition } from '../../ports/object-store.ts'
import type { Randomness } from '../../ports/randomness.ts'
import { ServiceError } from '../../ports/service-error.ts'
import { SeededRandomness } from '../seeded-randomness.ts'
import { memoryTables, type OpenTable } from '../table.ts'
import { compareKeys } from './compare-keys.ts'
import { MultipartUploads } from './multipart-uploads.ts'
import type { Caller, ObjectChange, ObjectCreation } from './object-change.ts'
import { type IsBefore, SortedKeys } from './sorted-keys.ts'

/** What S3 keeps of an object. `headers` (lower-case names) are answered again as they came: Content-Type, x-amz-meta-*. */
export type StoredObject = {
  readonly body: Uint8Array
  readonly etag: string
  readonly lastModified: Date
  readonly headers: Readonly<Record<string, string>>
  /** SSE-C: the MD5 of the key that its uploader encrypted it with. Nobody reads it without that key. */
  readonly customerKeyMd5?: string
}

export type PutOptions = {
  readonly condition?: WriteCondition | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly eventName?: ObjectCreation
  /** Given for multipart uploads only; otherwise the MD5 of the body. */
  readonly etag?: string
  readonly customerKeyMd5?: string | undefined
}

export type PageOptions = {
  readonly prefix?: string
  readonly delimiter?: string | undefined
  /** Exclusive: a key, or a common prefix, all of whose keys are then passed over. */
  readonly startAfter?: string
  /** 0 to 1,000 objects and common prefixes together. */
  readonly most?: number
}

/** `next`, where there is more, is what to start the next page after. */
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
}

// S3 User Guide, "Naming Amazon S3 objects".
const keyMostBytes = 1024
const pageMost = 1000

/**
 * One unversioned general purpose bucket. Throws ServiceError with S3's codes: NoSuchKey, PreconditionFailed,
 * KeyTooLongError, InvalidURI (a key that is empty or not Unicode).
 */
export class MemoryBucket {
  readonly name: string
  readonly uploads: MultipartUploads
  readonly #clock: Clock
  readonly #randomness: Randomness
  readonly #objects: Map<string, StoredObject>
  readonly #counters: Map<string, number>
  /** An index over #objects: nothing in it that cannot be rebuilt. */
  readonly #keys: SortedKeys
  readonly #listeners = new Set<(change: ObjectChange) => void>()

  constructor({ bucket, clock, openTable = memoryTables, randomness }: BucketOptions) {
    this.name = bucket
    this.#clock = clock
    this.#objects = openTable('objects')
    this.#counters = openTable('object-counters')
    this.uploads = new MultipartUploads(openTable)
    this.#keys = new SortedKeys(this.#objects.keys())
    this.#randomness = randomness ?? new SeededRandomness(this.#counters.get('sequencer') ?? 0)
    if (!this.#counters.has('createdAtMs')) this.#counters.set('createdAtMs', clock.now().getTime())
  }

  get createdAt(): Date {
    return new Date(this.#counters.get('createdAtMs') ?? 0)
  }

  /** The Date header of an answer given now: whole seconds, like Last-Modified. */
  servedAt(): Date {
    return wholeSecond(this.#clock.now())
  }

  /** `listener` is called after each change, in their order, before the request is answered. It must not throw. */
  onChange(listener: (change: ObjectChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  find(key: string): StoredObject | undefined {
    checkKey(key)
    return this.#objects.get(key)
  }

  put(caller: Caller, key: string, body: Uint8Array, options: PutOptions = {}): StoredObject {
    checkKey(key)
    const existing = this.#objects.get(key)
    checkCondition(existing, options.condition)
    const now = this.#clock.now()
    const { customerKeyMd5 } = options
    const stored: StoredObject = {
      body: new Uint8Array(body), // a copy; a Buffer's slice would share its memory
      etag: options.etag ?? (customerKeyMd5 ? this.#newEtag() : createHash('md5').update(body).digest('hex')),
      lastModified: wholeSecond(now),
      headers: options.headers ?? {},
      ...(customerKeyMd5 === undefined ? {} : { customerKeyMd5 }),
    }
    this.#objects.set(key, stored)
    if (existing === undefined) this.#keys.add(key)
    this.#tell({
      ...this.#changeOf(key, caller, now),
      eventName: options.eventName ?? 'ObjectCreated:Put',
      size: body.byteLength,
      etag: stored.etag,
    })
    return stored
  }

  /** Deleting what is absent succeeds, unless there is a condition: then NoSuchKey. `ifMatch: '*'`: any object. */
  delete(caller: Caller, key: string, condition?: { readonly ifMatch: string }): void {
    checkKey(key)
    const existing = this.#objects.get(key)
    if (condition?.ifMatch !== '*' || existing === undefined) checkCondition(existing, condition)
    if (existing === undefined) return // nothing changed, so there is no notification
    this.#objects.delete(key)
    this.#keys.delete(key)
    this.#tell({ ...this.#changeOf(key, caller, this.#clock.now()), eventName: 'ObjectRemoved:Delete' })
  }

  /** One page in the order of the keys' UTF-8 bytes; it costs what it holds, not what the bucket holds. */
  listPage({ prefix = '', delimiter, startAfter = '', most = pageMost }: PageOptions = {}): ObjectPage {
    const objects: ObjectHead[] = []
    const commonPrefixes: string[] = []
    let last: string | undefined
    let from: IsBefore | undefined = placeAfter(startAfter, prefix, delimiter)
    while (from !== undefined) {
      const keys: Iterable<string> = this.#keys.from(from)
      from = undefined
      for (const key of keys) {
        if (!key.startsWith(prefix)) break
        if (objects.length + commonPrefixes.length >= Math.min(most, pageMost)) {
          return { objects, commonPrefixes, next: last }
        }
        const group = commonPrefixOf(key, prefix, delimiter)
        last = group ?? key
        if (group !== undefined) {
          commonPrefixes.push(group)
          from = placeAfterAllIn(group)
          break
        }
        objects.push(this.#headOf(key))
      }
    }
    return { objects, commonPrefixes }
  }

  #headOf(key: string): ObjectHead {
    const stored = this.#objects.get(key)
    if (stored === undefined) throw new Error(`the index names a key that is not stored: ${key}`)
    return headOf(key, stored)
  }

  #changeOf(key: string, caller: Caller, at: Date) {
    const count = (this.#counters.get('sequencer') ?? 0) + 1
    this.#counters.set('sequencer', count)
    const sequencer = count.toString(16).toUpperCase().padStart(18, '0')
    return { key, caller, at, sequencer, requestId: this.newRequestId() }
  }

  /** Sixteen hexadecimal digits, as S3's request ids look. */
  newRequestId(): string {
    return this.#randomness.id().replaceAll('-', '').slice(-16).toUpperCase()
  }

  /** Of an object that is encrypted with a customer's key the etag is no MD5 (S3 API Reference, "Object", ETag). */
  #newEtag(): string {
    return (this.newRequestId() + this.newRequestId()).toLowerCase()
  }

  #tell(change: ObjectChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

/**
 * Throws ServiceError where S3 refuses to give the object, or to tell of it, with this key or without one: 400, or 403 for
 * another key. (S3 User Guide, "Using server-side encryption with customer-provided keys"; the words are those of S3.)
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

export function headOf(key: string, { etag, lastModified, body }: StoredObject): ObjectHead {
  return { key, etag, lastModified, size: body.byteLength }
}

function wholeSecond(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1000) * 1000)
}

function checkKey(key: string): void {
  if (key === '' || !key.isWellFormed()) throw new ServiceError('s3', 'InvalidURI', "Couldn't parse the specified URI.")
  if (Buffer.byteLength(key) > keyMostBytes) throw new ServiceError('s3', 'KeyTooLongError', 'Your key is too long')
}

// S3 User Guide, "Add preconditions to S3 operations with conditional requests": If-Match where nothing is answers 404.
function checkCondition(existing: StoredObject | undefined, condition: WriteCondition | undefined): void {
  if (condition === undefined) return
  if ('ifMatch' in condition && existing === undefined) {
    throw new ServiceError('s3', 'NoSuchKey', 'The specified key does not exist.')
  }
  const holds = 'ifMatch' in condition ? existing?.etag === condition.ifMatch : existing === undefined
  if (!holds) {
    throw new ServiceError('s3', 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
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
