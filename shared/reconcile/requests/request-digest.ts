import { createHash } from 'node:crypto'
import { type RequestDigest, requestDigest } from '../../domain/requests/access-request.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ReadObject } from '../../ports/object-store.ts'

/**
 * What tells this upload of a request from every other: its key, its version (where the bucket has none, when it was uploaded),
 * and what it says. So a request that is edited, or uploaded once more, needs new approvals.
 */
export function digestOfRequest({ key, versionId, lastModified, etag, body }: ReadObject): RequestDigest {
  const upload = JSON.stringify([key, versionId ?? renderInstant(lastModified), etag])
  const hash = createHash('sha256').update(upload).update('\n').update(body)
  return requestDigest.parse(hash.digest('hex').slice(0, 32))
}
