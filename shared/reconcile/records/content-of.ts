import { createHash } from 'node:crypto'

/**
 * SHA-256 of the body; `empty` for none. An ETag is not enough: with a KMS key it is another one for each upload of the same
 * content. (S3 API Reference, "Object", ETag.)
 */
export function contentOf(body: Uint8Array): string {
  return body.byteLength === 0 ? 'empty' : createHash('sha256').update(body).digest('hex')
}
