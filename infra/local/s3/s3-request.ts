import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { ObjectCreation } from '../../../shared/memory/s3/object-change.ts'
import type { WriteCondition } from '../../../shared/ports/object-store.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'

/** The target of an S3 request; an empty `key` means the bucket, an empty `bucket` the service. */
export type S3Request = { readonly bucket: string; readonly key: string; readonly query: URLSearchParams }

const s3Routes: ReadonlySet<string | undefined> = new Set(['/', '/:bucket', '/:bucket/*'])

/** Replaces a path that is not UTF-8 in percent-encoding; no bucket can have this name. */
export const malformedUrl = '/_malformed/'

/** `undefined`: not for S3, but for SQS, a JSON service or the local system itself. */
export function parseS3Request(request: FastifyRequest): S3Request | undefined {
  const isService = request.headers['x-amz-target'] !== undefined || (request.method === 'POST' && request.url === '/')
  if (isService || !s3Routes.has(request.routeOptions.url)) return undefined
  const [path = '', search] = request.url.split('?')
  // Decoded here and only here: the router decodes in two steps.
  const [bucket = '', ...rest] = path.slice(1).split('/').map(decodeURIComponent)
  return { bucket, key: rest.join('/'), query: new URLSearchParams(search) }
}

export function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url.split('?')[0] ?? '')
    return true
  } catch {
    return false
  }
}

export function hasWriteCondition({ method, headers }: FastifyRequest): boolean {
  if (method !== 'PUT' && method !== 'POST' && method !== 'DELETE') return false
  return headers['if-match'] !== undefined || headers['if-none-match'] !== undefined
}

/** Throws ServiceError NotImplemented for a condition that S3 does not support either: If-None-Match with an etag on a write. */
export function conditionOf(request: FastifyRequest): WriteCondition | undefined {
  if (!hasWriteCondition(request)) return undefined
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers
  if (ifMatch !== undefined) return { ifMatch: ifMatch.replaceAll('"', '') }
  if (ifNoneMatch === undefined) return undefined
  if (ifNoneMatch === '*') return { ifNoneMatch }
  throw new ServiceError('s3', 'NotImplemented', 'A header you provided implies functionality that is not implemented')
}

export function creationOf(request: FastifyRequest): ObjectCreation {
  if (request.method === 'POST') return 'ObjectCreated:Post'
  return request.headers['x-amz-copy-source'] === undefined ? 'ObjectCreated:Put' : 'ObjectCreated:Copy'
}

const copySource = /^(.*?)\?versionId=([^&]*)$/s

/** Throws ServiceError InvalidArgument for an impossible version id. */
export function versionsOf(request: FastifyRequest) {
  const versionId = parseS3Request(request)?.query.get('versionId') ?? undefined
  const sourceVersionId = copySource.exec(request.headers['x-amz-copy-source']?.toString() ?? '')?.[2]
  for (const given of [versionId, sourceVersionId]) {
    if (given !== undefined && !/^([\w.]{32}|null)$/.test(given))
      throw new ServiceError('s3', 'InvalidArgument', 'Invalid version id specified')
  }
  return { versionId, sourceVersionId }
}

/** fauxqs would take the version for a part of the key. */
export function dropSourceVersion({ headers }: FastifyRequest): void {
  const source = headers['x-amz-copy-source']?.toString()
  if (source !== undefined) headers['x-amz-copy-source'] = copySource.exec(source)?.[1] ?? source
}

/** S3 API Reference, "PutObject", Content-MD5, and "Error responses". Throws ServiceError InvalidDigest or BadDigest. */
export function checkMd5({ headers, body }: FastifyRequest): void {
  const given = headers['content-md5']?.toString()
  if (given === undefined) return
  if (!/^[A-Za-z0-9+/]{22}==$/.test(given))
    throw new ServiceError('s3', 'InvalidDigest', 'The Content-MD5 you specified was invalid.')
  const bytes = Buffer.isBuffer(body) || typeof body === 'string' ? body : Buffer.alloc(0)
  if (createHash('md5').update(bytes).digest('base64') !== given)
    throw new ServiceError('s3', 'BadDigest', 'The Content-MD5 you specified did not match what we received.')
}
