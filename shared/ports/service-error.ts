/** The services behind the ports, by the names that AWS's own logs use. */
export type ServiceName = 's3' | 'sqs' | 'sso-admin' | 'identitystore' | 'organizations'

/**
 * What every port throws when its service answers with an error or does not answer.
 * `code` is AWS's own error code (`ThrottlingException`, `NoSuchBucket`, …), or `NoAnswer` when the connection failed,
 * in which case the call may have taken effect. Absence is never an error: a port answers `undefined` for it.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly service: ServiceName
  readonly code: string
  readonly requestId: string | undefined

  constructor(
    service: ServiceName,
    code: string,
    message: string,
    options: { cause?: unknown; requestId?: string | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.service = service
    this.code = code
    this.requestId = options.requestId
  }
}

/** True for a ServiceError that carries one of these AWS error codes. */
export function isServiceError(error: unknown, ...codes: readonly string[]): error is ServiceError {
  return error instanceof ServiceError && (codes.length === 0 || codes.includes(error.code))
}
