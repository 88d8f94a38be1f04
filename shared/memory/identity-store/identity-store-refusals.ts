import { Refusal } from '../refusal.ts'

export type DirectoryResource = 'GROUP' | 'USER' | 'GROUP_MEMBERSHIP' | 'IDENTITY_STORE'

export function tooFast(): Refusal {
  return new Refusal('identitystore', 'ThrottlingException', 'Rate exceeded', { RetryAfterSeconds: 1 })
}

export function resourceNotFound(type: DirectoryResource, id?: string): Refusal {
  const details = { ResourceType: type, ...(id === undefined ? {} : { ResourceId: id }) }
  return new Refusal('identitystore', 'ResourceNotFoundException', `${type} not found.`, details)
}

export function duplicate(message: string): Refusal {
  return new Refusal('identitystore', 'ConflictException', message, { Reason: 'UNIQUENESS_CONSTRAINT_VIOLATION' })
}

export function invalidDirectoryInput(message: string): Refusal {
  return new Refusal('identitystore', 'ValidationException', message)
}

/** The refusal of an operation that this store does not have. AWS's message has no more words. */
export function unknownOperation(): Refusal {
  return new Refusal('identitystore', 'UnknownOperationException', 'UnknownError')
}
