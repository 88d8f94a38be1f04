import { Refusal } from '../refusal.ts'

function refuse(code: string, message: string, reason?: string): Refusal {
  return new Refusal('organizations', code, message, reason === undefined ? {} : { Reason: reason })
}

// Messages follow the descriptions of the errors in the Organizations API Reference.
export const tooManyRequests = (): Refusal =>
  refuse('TooManyRequestsException', 'You have sent too many requests in too short a period of time.')

export const taggingTooFast = (): Refusal => new Refusal('tagging', 'ThrottledException', 'Rate exceeded')

export const notInUse = (): Refusal =>
  refuse('AWSOrganizationsNotInUseException', 'Your account is not a member of an organization.')

export const accountNotFound = (): Refusal =>
  refuse('AccountNotFoundException', 'You specified an account that does not exist in the organization.')

export const accountAlreadyClosed = (): Refusal =>
  refuse('AccountAlreadyClosedException', 'You attempted to close an account that is already closed.')

export const managementAccountStays = (): Refusal =>
  refuse('MasterCannotLeaveOrganizationException', "You can't remove a management account from an organization.")

export const unitNotFound = (): Refusal =>
  refuse('OrganizationalUnitNotFoundException', "We can't find an OU with the OrganizationalUnitId that you specified.")

export const parentNotFound = (): Refusal =>
  refuse('ParentNotFoundException', "We can't find a root or OU with the ParentId that you specified.")

export const sourceParentNotFound = (): Refusal =>
  refuse('SourceParentNotFoundException', "We can't find a source root or OU with the ParentId that you specified.")

export const destinationParentNotFound = (): Refusal =>
  refuse('DestinationParentNotFoundException', "We can't find the destination container with that ParentId.")

export const alreadyThere = (): Refusal =>
  refuse('DuplicateAccountException', 'That account is already present in the specified destination.')

export const duplicateUnit = (): Refusal =>
  refuse('DuplicateOrganizationalUnitException', 'An OU with the same name already exists.')

export const unitNotEmpty = (): Refusal =>
  refuse(
    'OrganizationalUnitNotEmptyException',
    'The specified OU is not empty. Move all accounts to another root or OU.',
  )

export const childNotFound = (): Refusal =>
  refuse(
    'ChildNotFoundException',
    "We can't find an organizational unit or account with the ChildId that you specified.",
  )

export const targetNotFound = (): Refusal =>
  refuse('TargetNotFoundException', "We can't find a root, OU, account, or policy with that ID.")

export const createStatusNotFound = (): Refusal =>
  refuse('CreateAccountStatusNotFoundException', "We can't find a create account request with that ID.")

export const constraint = (reason: string, message: string): Refusal =>
  refuse('ConstraintViolationException', message, reason)

export const invalidInput = (reason: string, message: string): Refusal =>
  refuse('InvalidInputException', message, reason)

export const handshakeNotFound = (): Refusal =>
  refuse('HandshakeNotFoundException', "We can't find a handshake with the HandshakeId that you specified.")

export const handshakeAlreadyOver = (): Refusal =>
  refuse(
    'HandshakeAlreadyInStateException',
    'The specified handshake is already in the requested state, or has expired.',
  )

export const notYourHandshake = (): Refusal =>
  refuse('AccessDeniedException', "You don't have permissions to perform the requested operation.")

export const duplicateHandshake = (message: string): Refusal => refuse('DuplicateHandshakeException', message)
