import { ServiceError, type ServiceName } from '../ports/service-error.ts'

/** The parts of an SDK exception that are read here; SDK exceptions have `$metadata`, all other errors do not. */
type SdkException = Error & {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string; readonly attempts?: number }
}

/**
 * What an SDK client threw, as the ports promise it. Without an answer from the service (connection refused or lost,
 * timeout, abort), the code is `NoAnswer`: the call may have taken effect.
 */
export function toServiceError(service: ServiceName, error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  if (!isSdkException(error) || error.$metadata?.httpStatusCode === undefined) {
    const told = error instanceof Error ? error.message : String(error)
    return new ServiceError(service, 'NoAnswer', `${service} did not answer: ${told}`, { cause: error })
  }
  return new ServiceError(service, error.name, error.message, { cause: error, requestId: error.$metadata.requestId })
}

export function isSdkException(error: unknown): error is SdkException {
  return error instanceof Error && '$metadata' in error
}
