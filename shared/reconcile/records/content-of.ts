import { hash } from 'node:crypto'

/**
 * SHA-256 of the body, or `empty`. An ETag is not enough: with a KMS key, each upload of the same content has another ETag. (S3 API
 * Reference, "Object", ETag.)
 */
export function contentOf(body: Uint8Array): string {
  return body.byteLength === 0 ? 'empty' : hash('sha256', body)
}
