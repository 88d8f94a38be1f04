import { isServiceError } from '../../shared/ports/service-error.ts'
import { Refusal } from './refusal.ts'

/** Whoever may only upload is told as whom this command works. */
export function explainDenial(command: string, example: string): (error: unknown) => never {
  return (error) => {
    if (!isServiceError(error, 'AccessDenied', 'AccessDeniedException')) throw error
    throw new Refusal(
      `${command} works as ssofile itself, and ${error.service} answered: ${error.message}\nUse credentials that may do all that ssofile does; on the local system: AWS_ACCESS_KEY_ID=ssofile npx ssofile ${example}`,
      { cause: error },
    )
  }
}
