import type * as z from 'zod'
import { concurrentModification, ServiceError, type ServiceName } from '../ports/service-error.ts'

/** The fields of an SDK exception that are read here. Errors that a service answered have `$metadata`. */
type SdkException = Error & {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  /** `client` or `server` if the answer was an error that the SDK could read. */
  readonly $fault?: string
  readonly Reason?: string | null
}

/**
 * Converts an SDK client's exception to the ports' form. The code is `NoAnswer` if the connection failed or the answer cannot
 * be read (for instance HTML by a proxy): the call may have taken effect.
 */
export function toServiceError(service: ServiceName, error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  if (!isSdkException(error) || error.$fault === undefined) {
    const told = error instanceof Error ? error.message : String(error)
    const httpStatus = isSdkException(error) ? error.$metadata?.httpStatusCode : undefined
    const what = httpStatus === undefined ? 'did not answer' : `answered HTTP ${httpStatus}, which cannot be read`
    return new ServiceError(service, 'NoAnswer', `${service} ${what}: ${told}`, { cause: error, httpStatus })
  }
  const { httpStatusCode: httpStatus, requestId } = error.$metadata ?? {}
  return new ServiceError(service, codeOf(error), error.message, { cause: error, requestId, httpStatus })
}

/** Waits for a call. Throws its errors as ServiceError. */
export async function answerOf<O>(service: ServiceName, call: Promise<O>): Promise<O> {
  return call.catch((error: unknown) => {
    throw toServiceError(service, error)
  })
}

/** Like `answerOf`, but returns `undefined` if the error means absence. */
export async function answerOrAbsent<O>(
  service: ServiceName,
  call: Promise<O>,
  isAbsence: (error: ServiceError) => boolean,
): Promise<O | undefined> {
  return answerOf(service, call).catch((error: ServiceError) => {
    if (isAbsence(error)) return undefined
    throw error
  })
}

export function isSdkException(error: unknown): error is SdkException {
  return error instanceof Error && '$metadata' in error
}

/**
 * A missing KMS key is a fault of the instance: its own code distinguishes it from a missing object. A race of two changes has a code too,
 * since it passes and other conflicts do not.
 */
function codeOf({ name, Reason }: SdkException): string {
  if (name === 'ConflictException' && Reason === concurrentModification) return Reason
  return name === 'ResourceNotFoundException' && Reason ? Reason : name
}

/**
 * Parses a member of an answer as a domain value. An answer against the service's own documentation counts as no answer: the
 * call may have taken effect, and nothing may be concluded from it.
 */
export function parseAnswer<S extends z.ZodType>(
  { service, member }: { readonly service: ServiceName; readonly member: string },
  schema: S,
  value: unknown,
): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const told = value === undefined ? 'nothing' : `'${String(value)}'`
  throw new ServiceError(service, 'NoAnswer', `${service} answered ${told} as ${member}: ${result.error.message}`, {
    cause: result.error,
  })
}
