import { isServiceError } from '../../shared/ports/service-error.ts'
import { Refusal } from './refusal.ts'

/** Turns AccessDenied on `control/` into a Refusal that says who may write it. */
export function explainControlDenial(command: string): (error: unknown) => never {
  return (error) => {
    if (!isServiceError(error, 'AccessDenied')) throw error
    throw new Refusal(
      `${command} needs to write control/, and S3 answered: ${error.message}\nUse an operator's credentials; on the local system: AWS_ACCESS_KEY_ID=operator ssofile ${command} …`,
      { cause: error },
    )
  }
}
