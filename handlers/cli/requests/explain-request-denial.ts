import { isServiceError } from '../../../shared/ports/service-error.ts'
import { Refusal } from '../arguments/refusal.ts'

/** Turns S3's AccessDenied into a Refusal: the bucket's policy says who may write requests and approvals. */
export function explainRequestDenial(what: string): (error: unknown) => never {
  return (error) => {
    if (!isServiceError(error, 'AccessDenied')) throw error
    throw new Refusal(
      `${what}, and S3 answered: ${error.message}\nS3 lets a session of IAM Identity Center write only under its own user id, in the accounts of "access.requestAccounts" in the deployment; operators may end access`,
      { cause: error },
    )
  }
}
