import type { Finding } from '../../domain/guardrails/finding.ts'
import { fail, skip, warn } from '../../domain/guardrails/finding.ts'
import { isServiceError, type ServiceError } from '../../ports/service-error.ts'

const denials = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'KMS.AccessDeniedException'] as const

export function isDenied(error: ServiceError): boolean {
  return isServiceError(error, ...denials)
}

/**
 * Reports a failed call. `needs`: the permission for it. A store other than S3 lacks some operations (NotImplemented): then there is
 * nothing to check.
 */
export function unasked(check: string, error: ServiceError, { needs }: { readonly needs: string }): Finding {
  if (error.code === 'NotImplemented' || error.code === 'UnknownOperationException')
    return skip(check, `not checked: ${error.service} here has no such operation`)
  if (isDenied(error)) return warn(check, 'not checked: these credentials may not ask', `allow them ${needs}`)
  const told = `${error.service} answered ${error.code}: ${error.message}`
  return fail(check, told, 'remove the cause, then run ssofile doctor again')
}
