import { principalIdOf } from '../../../shared/memory/iam/person-sessions.ts'
import {
  checkCustomerKey,
  checkIsNoArchive,
  type MemoryBucket,
  storageClassHeader,
} from '../../../shared/memory/s3/memory-bucket.ts'
import type { Caller } from '../../../shared/memory/s3/object-change.ts'
import type { StoredObject } from '../../../shared/memory/s3/stored-object.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { localRegion } from '../local-account.ts'
import { currentRequest } from '../local-request.ts'
import type { WriteAction } from './local-bucket-policy.ts'
import { checkMayDeleteVersion, checkMayKnowAbsence, checkMayRead, checkMayWrite } from './permissions.ts'

/** The parts of fauxqs's `S3Object` that are read here. Its etags are in quotation marks. */
type FauxqsObject = {
  readonly key: string
  readonly body: Buffer
  readonly contentType: string
  readonly contentLength: number
  readonly etag: string
  readonly lastModified: Date
  readonly metadata: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}
type SystemMetadata = Readonly<Partial<Record<(typeof systemHeaders)[number][0], string>>>
type Checksum = { readonly algorithm: string; readonly value: string; readonly type: string }

const systemHeaders = [
  ['contentLanguage', 'content-language'],
  ['contentDisposition', 'content-disposition'],
  ['cacheControl', 'cache-control'],
  ['contentEncoding', 'content-encoding'],
] as const
const metadataPrefix = 'x-amz-meta-'
const checksumPrefix = 'x-amz-checksum-'

/**
 * The methods of fauxqs's `S3Store` that its S3 actions call, on our own bucket. Conditions, caller and event name, which fauxqs does not
 * pass on, come from the current request. Listings and DeleteObjects are not served by fauxqs.
 */
export class FauxqsS3Store {
  readonly #bucket: MemoryBucket

  constructor(bucket: MemoryBucket) {
    this.#bucket = bucket
  }

  // S3 API Reference, "CreateBucket": only us-east-1 answers a second creation by the owner with success.
  createBucket(name: string): void {
    if (name !== this.#bucket.name)
      throw new ServiceError('s3', 'TooManyBuckets', `There is only the bucket '${this.#bucket.name}' here`)
    if (currentRequest().region === localRegion) return
    throw new ServiceError(
      's3',
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
    )
  }

  deleteBucket(): void {
    throw new ServiceError('s3', 'AccessDenied', 'Access Denied: the bucket stays as long as the local system runs')
  }

  hasBucket(name: string): boolean {
    return name === this.#bucket.name
  }

  listBuckets(): readonly { readonly name: string; readonly creationDate: Date }[] {
    return [{ name: this.#bucket.name, creationDate: this.#bucket.createdAt }]
  }

  putObject(
    _bucket: string,
    key: string,
    body: Buffer,
    contentType: string,
    metadata: Readonly<Record<string, string>> = {},
    system: SystemMetadata = {},
    checksum?: Checksum,
  ): FauxqsObject {
    const { condition, creation, customerKeyMd5 } = currentRequest()
    const headers = { ...headersOf(contentType, metadata, system), ...checksumHeadersOf(checksum) }
    const stored = this.#bucket.put(writerOf(key), key, body, {
      condition,
      headers,
      eventName: creation,
      customerKeyMd5,
    })
    this.#tellVersion(stored)
    return toFauxqs(key, stored)
  }

  #tellVersion({ versionId }: StoredObject): void {
    if (versionId !== undefined) currentRequest().tell('x-amz-version-id', versionId)
  }

  getObject(bucket: string, key: string): FauxqsObject {
    const { stored, found } = this.#found(bucket, key)
    checkIsNoArchive(stored)
    return found
  }

  #found(bucket: string, key: string): { readonly stored: StoredObject; readonly found: FauxqsObject } {
    if (!this.hasBucket(bucket)) throw new ServiceError('s3', 'NoSuchBucket', 'The specified bucket does not exist')
    const { creation, versionId, sourceVersionId, readingKeyMd5, tell } = currentRequest()
    const isCopy = creation === 'ObjectCreated:Copy'
    const stored = this.#read(key, isCopy ? sourceVersionId : versionId)
    checkCustomerKey(stored, readingKeyMd5)
    const { versionId: version } = this.#bucket.describe(key, stored)
    if (version !== undefined) tell(isCopy ? 'x-amz-copy-source-version-id' : 'x-amz-version-id', version)
    const storageClass = stored.headers[storageClassHeader]
    if (storageClass !== undefined && !isCopy) tell(storageClassHeader, storageClass)
    return { stored, found: toFauxqs(key, stored) }
  }

  /** S3 API Reference, "GetObject": its answer if there is no object. */
  #read(key: string, versionId: string | undefined): StoredObject {
    const { accessKeyId, tell } = currentRequest()
    checkMayRead(accessKeyId, key)
    const found = versionId === undefined ? undefined : this.#bucket.findVersion(key, versionId)
    const stored = versionId === undefined ? this.#bucket.find(key) : found?.object
    if (stored !== undefined) return stored
    checkMayKnowAbsence(accessKeyId)
    const marker = versionId === undefined ? this.#bucket.findDeleteMarker(key) : found
    if (marker !== undefined) {
      tell('x-amz-delete-marker', 'true')
      tell('x-amz-version-id', marker.versionId)
    }
    if (versionId === undefined) throw new ServiceError('s3', 'NoSuchKey', 'The specified key does not exist.')
    if (marker === undefined) throw new ServiceError('s3', 'NoSuchVersion', 'The specified version does not exist.')
    throw new ServiceError('s3', 'MethodNotAllowed', 'The specified method is not allowed against this resource.')
  }

  headObject(bucket: string, key: string): FauxqsObject {
    return this.#found(bucket, key).found
  }

  deleteObject(_bucket: string, key: string): void {
    const { condition, versionId, tell } = currentRequest()
    const caller = writerOf(key, 'DeleteObject')
    if (versionId !== undefined) checkMayDeleteVersion(caller.accessKeyId, key)
    const deletion =
      versionId === undefined
        ? this.#bucket.delete(caller, key, condition !== undefined && 'ifMatch' in condition ? condition : undefined)
        : this.#bucket.deleteVersion(caller, key, versionId)
    if (deletion.versionId !== undefined) tell('x-amz-version-id', deletion.versionId)
    if (deletion.isDeleteMarker) tell('x-amz-delete-marker', 'true')
  }

  createMultipartUpload(
    _bucket: string,
    key: string,
    contentType: string,
    metadata: Readonly<Record<string, string>> = {},
    system: SystemMetadata = {},
  ): string {
    writerOf(key)
    const uploadId = this.#bucket.newRequestId() + this.#bucket.newRequestId()
    const { customerKeyMd5 } = currentRequest()
    const headers = headersOf(contentType, metadata, system)
    this.#bucket.uploads.create(uploadId, { key, headers, customerKeyMd5, begunAt: this.#bucket.servedAt() })
    return uploadId
  }

  uploadPart(uploadId: string, partNumber: number, body: Buffer, checksumValue?: string) {
    writerOf(this.#bucket.uploads.find(uploadId).key)
    if (!(partNumber >= 1 && partNumber <= 10_000))
      throw new ServiceError('s3', 'InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive')
    return {
      etag: `"${this.#bucket.uploads.putPart(uploadId, partNumber, body, this.#bucket.servedAt())}"`,
      checksumValue,
    }
  }

  completeMultipartUpload(
    uploadId: string,
    parts: readonly { readonly partNumber: number; readonly etag: string }[],
  ): FauxqsObject {
    const unquoted = parts.map(({ partNumber, etag }) => ({ partNumber, etag: etag.replaceAll('"', '') }))
    const { key, body, ...upload } = this.#bucket.uploads.assemble(uploadId, unquoted)
    const { condition } = currentRequest()
    const eventName = 'ObjectCreated:CompleteMultipartUpload'
    const stored = this.#bucket.put(writerOf(key), key, body, { condition, eventName, ...upload })
    this.#bucket.uploads.remove(uploadId)
    this.#tellVersion(stored)
    return toFauxqs(key, stored)
  }

  abortMultipartUpload(uploadId: string): void {
    writerOf(this.#bucket.uploads.find(uploadId).key)
    this.#bucket.uploads.remove(uploadId)
  }
}

/**
 * The sender of the current request. Throws ServiceError AccessDenied if the sender may not write this key, and ConditionalRequestConflict
 * if the request has met another one.
 */
function writerOf(key: string, action: WriteAction = 'PutObject'): Caller {
  const { accessKeyId, person, sourceIpAddress, race } = currentRequest()
  if (accessKeyId === undefined)
    throw new ServiceError('s3', 'AccessDenied', 'Access Denied: the request is not signed')
  checkMayWrite({ accessKeyId, person }, action, key)
  race?.check()
  return { accessKeyId: person === undefined ? accessKeyId : principalIdOf(person), sourceIpAddress }
}

const standard = 'STANDARD'
/** S3 API Reference, "PutObject", x-amz-storage-class: the classes of a general purpose bucket. */
const storageClasses = new Set([
  standard,
  ...[
    'REDUCED_REDUNDANCY',
    'STANDARD_IA',
    'ONEZONE_IA',
    'INTELLIGENT_TIERING',
    'GLACIER',
    'DEEP_ARCHIVE',
    'GLACIER_IR',
  ],
])

function headersOf(
  contentType: string,
  metadata: Readonly<Record<string, string>>,
  system: SystemMetadata,
): Record<string, string> {
  const { storageClass = standard } = currentRequest()
  if (!storageClasses.has(storageClass))
    throw new ServiceError('s3', 'InvalidStorageClass', 'The storage class you specified is not valid')
  const headers: Record<string, string> = {
    'content-type': contentType,
    ...(storageClass !== standard && { [storageClassHeader]: storageClass }),
  }
  for (const [name, value] of Object.entries(metadata)) headers[metadataPrefix + name] = value
  for (const [field, header] of systemHeaders) {
    const value = system[field]
    if (value !== undefined) headers[header] = value
  }
  return headers
}

function checksumHeadersOf(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {}
  return {
    [checksumPrefix + checksum.algorithm.toLowerCase()]: checksum.value,
    [`${checksumPrefix}type`]: checksum.type,
  }
}

function toFauxqs(key: string, { body, etag, lastModified, headers }: StoredObject): FauxqsObject {
  const named = (prefix: string) => Object.entries(headers).filter(([name]) => name.startsWith(prefix))
  const checksum = named(checksumPrefix).find(([name]) => name !== `${checksumPrefix}type`)
  return {
    key,
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
    contentType: headers['content-type'] ?? 'binary/octet-stream',
    contentLength: body.byteLength,
    etag: `"${etag}"`,
    lastModified,
    metadata: Object.fromEntries(
      named(metadataPrefix).map(([name, value]) => [name.slice(metadataPrefix.length), value]),
    ),
    ...Object.fromEntries(systemHeaders.map(([field, header]) => [field, headers[header]])),
    ...(checksum && {
      checksumAlgorithm: checksum[0].slice(checksumPrefix.length).toUpperCase(),
      checksumValue: checksum[1],
      checksumType: headers[`${checksumPrefix}type`],
    }),
  }
}
