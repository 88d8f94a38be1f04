import * as z from 'zod'
import { ServiceError } from '../ports/service-error.ts'
import { answerOf, toServiceError } from './answers.ts'

/** The most items in one answer of IAM. (IAM API Reference, "GetServiceLastAccessedDetails" and "ListRoles".) */
export const itemsMost = 1_000

/** "URL-encoded compliant with RFC 3986". (IAM API Reference, "GetPolicyVersion".) */
export const encodedText = z
  .string()
  .min(1)
  .transform((encoded, context) => {
    try {
      return decodeURIComponent(encoded)
    } catch {
      context.addIssue('it is not URL-encoded')
      return z.NEVER
    }
  })

/** Codes with another name in the SDK than on the wire. (IAM API Reference, "GetCredentialReport" and "DeleteUser".) */
const wireCodes: Readonly<Record<string, string>> = {
  NoSuchEntityException: 'NoSuchEntity',
  CredentialReportNotPresentException: 'ReportNotPresent',
  CredentialReportNotReadyException: 'ReportInProgress',
  CredentialReportExpiredException: 'ReportExpired',
  AccountNotManagementOrDelegatedAdministratorException: 'AccountNotManagementOrDelegatedAdministrator',
  DeleteConflictException: 'DeleteConflict',
  EntityTemporarilyUnmodifiableException: 'EntityTemporarilyUnmodifiable',
}

/** Waits for a call to IAM; throws its errors as ServiceError with the wire's code. */
export async function iamAnswer<O>(call: Promise<O>): Promise<O> {
  return answerOf('iam', call).catch((error: unknown) => {
    const { code, message, requestId, httpStatus } = toServiceError('iam', error)
    throw new ServiceError('iam', wireCodes[code] ?? code, message, { cause: error, requestId, httpStatus })
  })
}
