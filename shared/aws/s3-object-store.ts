import { Readable } from 'node:stream'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectOutput,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { decodeS3Key } from '../domain/messages/s3-event.ts'
import type {
  FoundObject,
  ObjectHead,
  ObjectMetadata,
  ObjectStore,
  PartedUpload,
  ReadObject,
  WriteCondition,
  WriteResult,
} from '../ports/object-store.ts'
import { listAll } from '../ports/page.ts'
import { isObjectRefusal, isServiceError, ServiceError } from '../ports/service-error.ts'
import { answerOf, answerOrAbsent, isSdkException, toServiceError } from './answers.ts'

/** A bucket in S3. The client must try once: only the code that retries a write knows whether it met its own object. */
export class S3ObjectStore implements ObjectStore {
  readonly bucket: string
  readonly #client: S3Client

  constructor(client: S3Client, bucket: string) {
    this.#client = client
    this.bucket = bucket
    keepDates(client)
  }

  async head(key: string): Promise<FoundObject | undefined> {
    try {
      const output = await this.#client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }))
      return toFound(key, output)
    } catch (error) {
      if (!isRefusal(error)) throw toServiceError('s3', error)
      // An answer to HEAD has no body and so no code: a missing object, a missing bucket and a missing permission look alike.
      // Only GET distinguishes them, and only NoSuchKey is absence.
      try {
        const found = await this.get(key)
        if (found === undefined) return undefined
        const { body: _, ...head } = found
        return head
      } catch (again) {
        if (isObjectRefusal(again)) return this.#findListed(key)
        throw again
      }
    }
  }

  /** The listing's data about an object that S3 does not return. `undefined`: there is none. */
  async #findListed(key: string): Promise<FoundObject | undefined> {
    const call = this.#client.send(
      new ListObjectsV2Command({ Bucket: this.bucket, Prefix: key, MaxKeys: 1, EncodingType: 'url' }),
    )
    const output = await answerOf('s3', call)
    const [first] = output.Contents ?? []
    // The key itself comes before all keys that begin with it.
    if (first?.Key === undefined || decodeS3Key(first.Key) !== key) return undefined
    return toFound(key, { ...first, ContentLength: first.Size }, servedAt(output))
  }

  async get(key: string, { mostBytes = Number.POSITIVE_INFINITY } = {}): Promise<ReadObject | undefined> {
    return this.#get(key, mostBytes)
  }

  async getIfChanged(key: string, etag: string): Promise<ReadObject | 'unchanged' | undefined> {
    try {
      return await this.#get(key, Number.POSITIVE_INFINITY, etag)
    } catch (error) {
      // The SDK throws although this is no error: S3Client API Reference, "GetObject", If-None-Match, 304 without a body.
      if (isServiceError(error) && error.httpStatus === 304) return 'unchanged'
      throw error
    }
  }

  async put(
    key: string,
    body: string | Uint8Array,
    condition?: WriteCondition,
    metadata?: ObjectMetadata,
  ): Promise<WriteResult> {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    const input = { Bucket: this.bucket, Key: key, Body: bytes, Metadata: metadata, ...toHeaders(condition) }
    const isLostHere = (error: ServiceError) => condition !== undefined && isLost(error)
    const output = await answerOrAbsent('s3', this.#client.send(new PutObjectCommand(input)), isLostHere)
    if (output === undefined) return { outcome: 'lost' }
    return { outcome: 'written', etag: unquote(output.ETag), servedAt: servedAt(output) }
  }

  async beginUpload(key: string): Promise<PartedUpload> {
    const call = this.#client.send(new CreateMultipartUploadCommand({ Bucket: this.bucket, Key: key }))
    const { UploadId } = await answerOf('s3', call)
    if (UploadId === undefined) throw new ServiceError('s3', 'IncompleteAnswer', `S3 left out the upload id of ${key}`)
    return { key, uploadId: UploadId }
  }

  async uploadPart({ key, uploadId }: PartedUpload, number: number, body: Uint8Array): Promise<string> {
    const about = { Bucket: this.bucket, Key: key, UploadId: uploadId, PartNumber: number }
    return unquote((await answerOf('s3', this.#client.send(new UploadPartCommand({ ...about, Body: body })))).ETag)
  }

  async completeUpload({ key, uploadId }: PartedUpload, etags: readonly string[]): Promise<void> {
    const Parts = etags.map((etag, index) => ({ ETag: `"${etag}"`, PartNumber: index + 1 }))
    const about = { Bucket: this.bucket, Key: key, UploadId: uploadId, MultipartUpload: { Parts } }
    await answerOf('s3', this.#client.send(new CompleteMultipartUploadCommand(about)))
  }

  async delete(key: string, condition?: { readonly ifMatch: string }): Promise<'deleted' | 'lost'> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key, ...toHeaders(condition) }))
      return 'deleted'
    } catch (error) {
      const refusal = toServiceError('s3', error)
      if (condition === undefined || !isLost(refusal)) throw refusal
      return refusal.code === 'NoSuchKey' ? 'deleted' : 'lost'
    }
  }

  async *list(prefix: string, { startAfter: StartAfter }: { readonly startAfter?: string } = {}) {
    // XML 1.0 cannot hold every character that a key can. (S3 API Reference, "ListObjectsV2", encoding-type.)
    const input = { Bucket: this.bucket, Prefix: prefix, StartAfter, EncodingType: 'url' } as const
    yield* listAll(async (ContinuationToken) => {
      const call = this.#client.send(new ListObjectsV2Command({ ...input, ContinuationToken }))
      const { Contents = [], NextContinuationToken } = await answerOf('s3', call)
      return {
        items: Contents.map(({ Key = '', Size, ...head }) =>
          toHead(decodeS3Key(Key), { ...head, ContentLength: Size }),
        ),
        nextToken: NextContinuationToken,
      }
    })
  }

  async lastDeletion(key: string, versionsMost: number): Promise<Date | undefined> {
    const about = { Bucket: this.bucket, Prefix: key, EncodingType: 'url' } as const
    let read = 0
    for (let KeyMarker: string | undefined, VersionIdMarker: string | undefined; ; ) {
      const call = this.#client.send(new ListObjectVersionsCommand({ ...about, KeyMarker, VersionIdMarker }))
      const { Versions = [], DeleteMarkers = [], ...page } = await answerOf('s3', call)
      const isOwn = ({ Key = '' }: { readonly Key?: string | undefined }) => decodeS3Key(Key) === key
      const times = DeleteMarkers.filter(isOwn).flatMap(({ LastModified }) => LastModified?.getTime() ?? [])
      if (times.length > 0) return new Date(Math.max(...times))
      // The versions of the key itself come before those of all keys that begin with it, the newest first.
      const isPast = ![...Versions, ...DeleteMarkers].every(isOwn)
      if (isPast || page.IsTruncated !== true) return undefined
      read += Versions.length
      if (read >= versionsMost) return Versions.at(-1)?.LastModified
      KeyMarker = decodeS3Key(page.NextKeyMarker ?? '')
      VersionIdMarker = page.NextVersionIdMarker
    }
  }

  /**
   * Whether a denied object is missing: S3 also denies a missing object to callers that may not list. For this it checks the right to list
   * without a prefix, so callers that may list only some prefixes (a condition on `s3:prefix`) are denied too. A listing tells whether the
   * object exists. (S3 API Reference, "GetObject", Permissions; IAM condition keys of S3, `s3:prefix`.)
   */
  async #isMissing(key: string, refusal: ServiceError): Promise<boolean> {
    if (refusal.code !== 'AccessDenied') return false
    try {
      return (await this.#findListed(key)) === undefined
    } catch (error) {
      if (isObjectRefusal(error)) return false
      throw error
    }
  }

  async #get(key: string, mostBytes: number, knownEtag?: string): Promise<ReadObject | undefined> {
    const IfNoneMatch = knownEtag && `"${knownEtag}"`
    try {
      const output = await this.#client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, IfNoneMatch }))
      if ((output.ContentLength ?? 0) > mostBytes) {
        if (output.Body instanceof Readable) output.Body.destroy()
        return { ...toFound(key, output), body: new Uint8Array() }
      }
      return { ...toFound(key, output), body: (await output.Body?.transformToByteArray()) ?? new Uint8Array() }
    } catch (error) {
      const refusal = toServiceError('s3', error)
      const { code, message, requestId, httpStatus } = refusal
      if (code === 'NoSuchKey' || (await this.#isMissing(key, refusal))) return undefined
      // S3's text does not name the object. S3 may refuse just this one: its uploader encrypted it, or it is archived.
      throw new ServiceError('s3', code, `${key}: ${message}`, { cause: error, requestId, httpStatus })
    }
  }
}

type HeadOutput = Pick<HeadObjectOutput, 'ETag' | 'LastModified' | 'ContentLength' | 'VersionId' | 'Metadata'>

function toFound(key: string, output: HeadOutput, at: Date = servedAt(output)): FoundObject {
  const { VersionId: versionId, Metadata: metadata = {} } = output
  const found = { ...toHead(key, output), versionId, servedAt: at }
  return Object.keys(metadata).length === 0 ? found : { ...found, metadata }
}

function toHead(key: string, { ETag, LastModified, ContentLength: size }: HeadOutput): ObjectHead {
  if (ETag === undefined || LastModified === undefined || size === undefined)
    throw new ServiceError('s3', 'IncompleteAnswer', `S3 left out ETag, Last-Modified or size of ${key}`)
  return { key, etag: unquote(ETag), lastModified: LastModified, size }
}

function unquote(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '')
}

function toHeaders(condition: WriteCondition | undefined): { IfMatch?: string; IfNoneMatch?: string } {
  if (condition === undefined) return {}
  return 'ifMatch' in condition ? { IfMatch: `"${condition.ifMatch}"` } : { IfNoneMatch: '*' }
}

// S3 User Guide, "Add preconditions to S3 operations with conditional requests": 412, and 404 if If-Match found no object. A 409 tells
// nothing about the condition, because the other write may have failed. Then make the request again.
function isLost(error: ServiceError): boolean {
  return isServiceError(error, 'PreconditionFailed', 'NoSuchKey')
}

function isRefusal(error: unknown): boolean {
  const status = isSdkException(error) ? error.$metadata?.httpStatusCode : undefined
  return status !== undefined && status >= 400 && status < 500
}

/** The Date headers of answers, by the SDK's output objects. */
const dates = new WeakMap<object, Date>()

/** Makes `servedAt` work for this client's answers, because the SDK's outputs leave out the Date header. */
function keepDates(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const date = dateHeaderOf(result.response)
      if (date !== undefined && result.output !== undefined) dates.set(result.output, date)
      return result
    },
    // Before the SDK's own deserializer in the stack, so after it on the way back, when the output exists.
    { name: 'keepDates', step: 'deserialize', priority: 'high', override: true },
  )
}

/** S3's clock at the time of this answer, to the second. */
function servedAt(output: object): Date {
  const date = dates.get(output)
  if (date === undefined) throw new ServiceError('s3', 'NoDate', 'S3 answered without a Date header')
  return date
}

function dateHeaderOf(response: unknown): Date | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined
  const { headers } = response
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined
  const date = new Date(String(headers.date))
  return Number.isNaN(date.getTime()) ? undefined : date
}
