import { AsyncLocalStorage } from 'node:async_hooks'
import type { PersonSession } from '../../shared/memory/iam/person-sessions.ts'
import type { ObjectCreation } from '../../shared/memory/s3/object-change.ts'
import type { WriteCondition } from '../../shared/ports/object-store.ts'
import type { Race } from './s3/racing-writes.ts'

/** Facts about the current request that the stores need and fauxqs does not pass on. */
export type LocalRequest = {
  /** Absent: the request is not signed. */
  readonly accessKeyId: string | undefined
  /** The person with credentials from Identity Center; absent: they are no person's session. */
  readonly person: PersonSession | undefined
  /** The sender of its messages, as SQS names a role's session or a user. */
  readonly senderId: string
  readonly sourceIpAddress: string
  /** From the signature's scope. */
  readonly region: string
  /** X-Amzn-Trace-Id: the request's chain of requests. */
  readonly traceHeader: string | undefined
  readonly host: string
  /** SSE-C: the MD5 of the key for writing an object. */
  readonly customerKeyMd5: string | undefined
  /** The MD5 of the key for reading one. */
  readonly readingKeyMd5: string | undefined
  /** Of an upload; absent: STANDARD. */
  readonly storageClass: string | undefined
  readonly condition: WriteCondition | undefined
  /** For a conditional write: the race with other writes of the same key. */
  readonly race: Race | undefined
  /** The requested or deleted version; absent: the newest. */
  readonly versionId: string | undefined
  /** The copied version. */
  readonly sourceVersionId: string | undefined
  /** The event name of an object written by this request. */
  readonly creation: ObjectCreation
  /** Aborted when the client hangs up before the answer. */
  readonly signal: AbortSignal
  /** Adds a header to the answer. */
  readonly tell: (name: string, value: string) => void
}

export const localRequests = new AsyncLocalStorage<LocalRequest>()

/** The request that is being served. */
export function currentRequest(): LocalRequest {
  const request = localRequests.getStore()
  if (request === undefined) throw new Error('a store behind fauxqs was used outside a request')
  return request
}
