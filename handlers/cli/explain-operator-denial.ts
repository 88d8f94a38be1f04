import { isServiceError } from '../../shared/ports/service-error.ts'
import { Refusal } from './refusal.ts'

/** Turns AccessDenied into a Refusal that names the role of operators, for commands that write ssofile's own records. */
export function explainOperatorDenial(command: string, example: string): (error: unknown) => never {
  return (error) => {
    if (!isServiceError(error, 'AccessDenied', 'AccessDeniedException')) throw error
    // The local system adds advice for uploaders after the denial. It does not apply to these commands.
    const [denial] = error.message.split('; ')
    throw new Refusal(
      `${command} needs the role of operators, and ${error.service} answered: ${denial}\nAssume the role <name>-operator of the deployment (docs/deployment.md); on the local system: AWS_ACCESS_KEY_ID=ssofile-operator ssofile ${example}`,
      { cause: error },
    )
  }
}
