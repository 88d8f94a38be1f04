import { isServiceError } from '../../../shared/ports/service-error.ts'
import { Refusal } from '../arguments/refusal.ts'

/** Turns S3's AccessDenied into a Refusal: the bucket's policy says who may write requests and approvals. */
export function explainRequestDenial(what: string): (error: unknown) => never {
  return (error) => {
    if (!isServiceError(error, 'AccessDenied')) throw error
    throw new Refusal(
      `${what}, and S3 answered: ${error.message}\nS3 lets a session of IAM Identity Center write under its own user id alone, in the accounts that "access.requestAccounts" of the deployment names; operators may end access`,
      { cause: error },
    )
  }
}
