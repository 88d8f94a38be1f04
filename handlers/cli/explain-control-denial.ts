import { isServiceError } from '../../shared/ports/service-error.ts'
import { Refusal } from './refusal.ts'

/** Whoever may not write `control/` is told who may. */
export function explainControlDenial(command: string): (error: unknown) => never {
  return (error) => {
    if (!isServiceError(error, 'AccessDenied')) throw error
    throw new Refusal(
      `${command} writes control/, and S3 answered: ${error.message}\nUse an operator's credentials; on the local system: AWS_ACCESS_KEY_ID=operator npx ssofile ${command} …`,
      { cause: error },
    )
  }
}
