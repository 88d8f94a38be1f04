import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type {
  FoundObject,
  ObjectHead,
  ObjectStore,
  ReadObject,
  WriteCondition,
  WriteResult,
} from '../ports/object-store.ts'
import { isServiceError, ServiceError } from '../ports/service-error.ts'
import { keepDates, servedAt } from './served-at.ts'
import { isSdkException, toServiceError } from './service-error.ts'

/** A bucket in S3, over a client that the entry file made (Region, endpoint, retries and timeouts are its business). */
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
      // An answer to HEAD has no body, hence no code: a missing object, a missing bucket and a missing permission look
      // alike. Only GET tells them apart, and only NoSuchKey is absence.
      const found = await this.get(key)
      if (found === undefined) return undefined
      const { body: _, ...head } = found
      return head
    }
  }

  async get(key: string, { mostBytes = Number.POSITIVE_INFINITY } = {}): Promise<ReadObject | undefined> {
    try {
      const output = await this.#client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }))
      if ((output.ContentLength ?? 0) > mostBytes) {
        if (output.Body instanceof Readable) output.Body.destroy()
        return { ...toFound(key, output), body: new Uint8Array() }
      }
      const body = (await output.Body?.transformToByteArray()) ?? new Uint8Array()
      return { ...toFound(key, output), body }
    } catch (error) {
      const { code, message, requestId } = toServiceError('s3', error)
      if (code === 'NoSuchKey') return undefined
      // S3's own words name no object, and it may refuse a single one: encrypted by its uploader, or archived.
      throw new ServiceError('s3', code, `${key}: ${message}`, { cause: error, requestId })
    }
  }

  async getIfChanged(key: string, etag: string): Promise<ReadObject | 'unchanged' | undefined> {
    try {
      const command = new GetObjectCommand({ Bucket: this.bucket, Key: key, IfNoneMatch: `"${etag}"` })
      const output = await this.#client.send(command)
      const body = (await output.Body?.transformToByteArray()) ?? new Uint8Array()
      return { ...toFound(key, output), body }
    } catch (error) {
      // The SDK throws for what is no error: S3 API Reference, "GetObject", If-None-Match, 304 without a body.
      if (isSdkException(error) && error.$metadata?.httpStatusCode === 304) return 'unchanged'
      const refusal = toServiceError('s3', error)
      if (refusal.code === 'NoSuchKey') return undefined
      throw refusal
    }
  }

  async put(key: string, body: string | Uint8Array, condition?: WriteCondition): Promise<WriteResult> {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    try {
      const output = await this.#client.send(
        new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: bytes, ...toHeaders(condition) }),
      )
      return { outcome: 'written', etag: unquote(output.ETag), servedAt: servedAt(output) }
    } catch (error) {
      const refusal = toServiceError('s3', error)
      if (condition === undefined || !isLost(refusal)) throw refusal
      return wasRetried(error) ? this.#outcomeOfRetriedPut(key, bytes) : { outcome: 'lost' }
    }
  }

  async delete(key: string, condition?: { readonly ifMatch: string }): Promise<'deleted' | 'lost'> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key, ...toHeaders(condition) }))
      return 'deleted'
    } catch (error) {
      const refusal = toServiceError('s3', error)
      if (condition !== undefined && refusal.code === 'NoSuchKey') return 'deleted'
      if (condition !== undefined && isLost(refusal)) return 'lost'
      throw refusal
    }
  }

  async *list(prefix: string, options: { readonly startAfter?: string } = {}): AsyncGenerator<ObjectHead> {
    let token: string | undefined
    do {
      const page = await this.#listPage(prefix, options.startAfter, token)
      for (const object of page.Contents ?? []) yield toHead(object)
      token = page.NextContinuationToken
    } while (token !== undefined)
  }

  async #listPage(
    prefix: string,
    startAfter: string | undefined,
    token: string | undefined,
  ): Promise<ListObjectsV2CommandOutput> {
    try {
      return await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.bucket,
          Prefix: prefix,
          StartAfter: startAfter,
          ContinuationToken: token,
          // XML 1.0 cannot hold every character that a key can. (S3 API Reference, "ListObjectsV2", encoding-type.)
          EncodingType: 'url',
        }),
      )
    } catch (error) {
      throw toServiceError('s3', error)
    }
  }

  /**
   * The first attempt may have been written and its answer lost; the SDK's next attempt then found its own object in
   * the way. So a lost retry is judged by what is there.
   */
  async #outcomeOfRetriedPut(key: string, bytes: Uint8Array): Promise<WriteResult> {
    const found = await this.get(key)
    if (found === undefined || Buffer.compare(found.body, bytes) !== 0) return { outcome: 'lost' }
    return { outcome: 'written', etag: found.etag, servedAt: found.servedAt }
  }
}

type HeadOutput = { ETag?: string; LastModified?: Date; ContentLength?: number; VersionId?: string }

function toFound(key: string, output: HeadOutput): FoundObject {
  const { ETag, LastModified, ContentLength, VersionId } = output
  return {
    ...required({ key, ETag, LastModified, size: ContentLength }),
    ...(VersionId === undefined ? {} : { versionId: VersionId }),
    servedAt: servedAt(output),
  }
}

function toHead(object: { Key?: string; ETag?: string; LastModified?: Date; Size?: number }): ObjectHead {
  const { Key, ETag, LastModified, Size } = object
  return required({ key: decodeKey(Key ?? ''), ETag, LastModified, size: Size })
}

type Told = {
  key: string
  ETag: string | undefined
  LastModified: Date | undefined
  size: number | undefined
}

function required({ key, ETag, LastModified, size }: Told): ObjectHead {
  if (ETag === undefined || LastModified === undefined || size === undefined) {
    throw new ServiceError('s3', 'IncompleteAnswer', `S3 left out ETag, Last-Modified or size of ${key}`)
  }
  return { key, etag: unquote(ETag), lastModified: LastModified, size }
}

/** `EncodingType: 'url'` encodes as HTML forms do: a space is a plus sign. */
function decodeKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll('+', ' '))
}

function unquote(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '')
}

function toHeaders(condition: WriteCondition | undefined): { IfMatch?: string; IfNoneMatch?: string } {
  if (condition === undefined) return {}
  return 'ifMatch' in condition ? { IfMatch: `"${condition.ifMatch}"` } : { IfNoneMatch: '*' }
}

// S3 User Guide, "Add preconditions to S3 operations with conditional requests": 412, 409, and 404 where If-Match found
// no object.
function isLost(error: ServiceError): boolean {
  return isServiceError(error, 'PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey')
}

function isRefusal(error: unknown): boolean {
  const status = isSdkException(error) ? error.$metadata?.httpStatusCode : undefined
  return status !== undefined && status >= 400 && status < 500
}

function wasRetried(error: unknown): boolean {
  return isSdkException(error) && (error.$metadata?.attempts ?? 1) > 1
}
