import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { ServiceError } from '../../../shared/ports/service-error.ts'

const prefix = 'server-side-encryption-customer-'

/**
 * The customer's own keys in a request, by their MD5 (SSE-C). S3 itself accepts such requests over HTTPS only; here there is none. Throws
 * ServiceError for a request that S3 refuses (S3 API Reference, "PutObject" and "Error responses").
 */
export function customerKeysOf(request: Pick<FastifyRequest, 'headers'>) {
  const own = keyOf(request, `x-amz-${prefix}`)
  const isCopy = request.headers['x-amz-copy-source'] !== undefined
  return { customerKeyMd5: own, readingKeyMd5: isCopy ? keyOf(request, `x-amz-copy-source-${prefix}`) : own }
}

function keyOf({ headers }: Pick<FastifyRequest, 'headers'>, name: string): string | undefined {
  const [algorithm, key, md5] = ['algorithm', 'key', 'key-md5'].map((part) => headers[name + part]?.toString())
  if (algorithm === undefined && key === undefined && md5 === undefined) return undefined
  if (algorithm !== 'AES256')
    throw new ServiceError(
      's3',
      'InvalidEncryptionAlgorithmError',
      'The encryption request that you specified is not valid.',
    )
  const bytes = Buffer.from(key ?? '', 'base64')
  if (bytes.byteLength !== 32)
    throw new ServiceError('s3', 'InvalidArgument', 'The secret key was invalid for the specified algorithm.')
  if (createHash('md5').update(bytes).digest('base64') !== md5)
    throw new ServiceError(
      's3',
      'InvalidArgument',
      'The calculated MD5 hash of the key did not match the hash that was provided.',
    )
  return md5
}
