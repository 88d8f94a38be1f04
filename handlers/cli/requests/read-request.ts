import {
  type AccessRequest,
  parseRequestBody,
  parseRequestKey,
  type RequestDigest,
  type RequestPath,
  requestPrefix,
} from '../../../shared/domain/files/access-request.ts'
import { type Parsed, quote } from '../../../shared/domain/statuses/complaint.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import type { ReadObject } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { StatusStore } from '../../../shared/reconcile/records/status-store.ts'
import { Refusal } from '../arguments/refusal.ts'
import { wholeDigest } from '../arguments/whole-digest.ts'
import { readAllStatuses } from '../status/read-all-statuses.ts'
import { isCurrent } from '../status/untold-inputs.ts'
import { parseNamedRequest } from './request-key.ts'

const lookEveryMs = 300

/** A request as it is in the bucket, and the status of exactly this upload. */
export type ReadRequest = RequestPath & {
  /** Absent: it was withdrawn, or never made. */
  readonly object?: ReadObject | undefined
  readonly body?: Parsed<AccessRequest> | undefined
  /** Absent: ssofile has not evaluated this upload yet. Its digest covers `body`. */
  readonly status?: Status | undefined
}

type RequestPorts = Pick<Ports, 'objects' | 'clock'>

export async function readRequest({ objects, clock }: RequestPorts, path: RequestPath): Promise<ReadRequest> {
  const object = await objects.get(path.key)
  const status = await new StatusStore(objects, clock).read(path.key)
  // The path may be an earlier reading.
  if (object === undefined) return { ...path, object, body: undefined, status }
  const body = parseRequestBody(path.key, object.body, object.size)
  return { ...path, object, body, status: status && isCurrent(status, object) ? status : undefined }
}

/** Reads again until the condition holds, at most until `endsMs` (monotonic); answers the last result. */
export async function readRequestUntil(
  ports: RequestPorts,
  path: RequestPath,
  { endsMs, holds }: { readonly endsMs: number; readonly holds: (read: ReadRequest) => boolean | Promise<boolean> },
): Promise<{ readonly read: ReadRequest; readonly isLate: boolean }> {
  for (;;) {
    const read = await readRequest(ports, path)
    if (await holds(read)) return { read, isLate: false }
    if (ports.clock.monotonicMs() >= endsMs) return { read, isLate: true }
    await ports.clock.sleep(lookEveryMs)
  }
}

/** `digest`: the upload that the user named. Absent: the user named the key, so whatever is there. */
type NamedRequest = RequestPath & { readonly digest?: RequestDigest }

/**
 * The request with this digest or key. The digest may be that of granted access which goes on while its author asks for more time. Throws
 * Refusal if there is none.
 */
export async function findRequest(ports: RequestPorts, text: string): Promise<NamedRequest> {
  const named = parseNamedRequest(text)
  if ('key' in named) return named
  // A user without the right to read the index of digests may still read the statuses.
  const { statuses } = await readAllStatuses(ports, undefined, { beginning: requestPrefix })
  const uploads = statuses.flatMap(({ input, request }) =>
    [request?.digest, request?.runs].flatMap((digest) => (digest === undefined ? [] : [{ input, digest }])),
  )
  const digests = uploads.map(({ digest }) => digest)
  const whole = wholeDigest(named.digest, digests)
  const found = uploads.find(({ digest }) => digest === whole)
  const path = found && parseRequestKey(found.input)
  if (found && path?.ok) return { ...path.value, digest: found.digest }
  throw new Refusal(
    `received the digest ${quote(named.digest)}, expected the digest of an existing request: this one may be withdrawn, or uploaded again, which changes its digest\nTo list requests, run ssofile requests`,
  )
}
