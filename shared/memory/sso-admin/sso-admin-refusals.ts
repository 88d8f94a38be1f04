import { Refusal } from '../refusal.ts'

// Texts as observed in the field (GitHub issues of the Terraform AWS provider, CloudTrail excerpts).
const refuse = (code: string, message: string): Refusal => new Refusal('sso-admin', code, message)

export const rateExceeded = (): Refusal => refuse('ThrottlingException', 'Rate exceeded')

export const tooManyRequests = (): Refusal =>
  refuse('ThrottlingException', 'There are too many requests processing. Please try again later.')

export const conflictingOperation = (): Refusal =>
  refuse('ConflictException', 'There is a conflicting operation in process.')

export const conflict = (message: string): Refusal => refuse('ConflictException', message)

export const notFound = (message: string): Refusal => refuse('ResourceNotFoundException', message)

export const invalid = (message: string): Refusal => refuse('ValidationException', message)

export const overQuota = (message: string): Refusal => refuse('ServiceQuotaExceededException', message)

export const denied = (operation: string, resource: string): Refusal =>
  refuse('AccessDeniedException', `User is not authorized to perform: sso:${operation} on resource: ${resource}`)

/** AWS documents neither the code nor the text. */
export const permissionSetsAreOff = (): Refusal => conflict('Permission sets are not enabled for this instance.')

export const invalidToken = (): Refusal => invalid('NextToken is not valid.')

export const noSuchPermissionSet = (arn: string): Refusal =>
  notFound(`Could not find PermissionSet with id ${arn.split('/').at(-1)}`)

export const noSuchRequest = (requestId: string): Refusal => notFound(`Could not find request with id ${requestId}`)

/** The answer to Get… and DeletePermissionsBoundary where there is none. */
export const noBoundary = (): Refusal => notFound('PermissionsBoundary not found for PermissionSet.')
