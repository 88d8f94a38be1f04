import { isServiceError } from '../../shared/ports/service-error.ts'
import { Refusal } from './refusal.ts'

/** Turns AccessDenied into a Refusal that says which permissions the command needs. */
export function explainDenial(command: string, example: string): (error: unknown) => never {
  return (error) => {
    if (!isServiceError(error, 'AccessDenied', 'AccessDeniedException')) throw error
    // The local system adds advice for uploaders after the denial. It does not apply to these commands.
    const [denial] = error.message.split('; ')
    throw new Refusal(
      `${command} needs the permissions of ssofile itself, and ${error.service} answered: ${denial}\nUse credentials that have them; on the local system: AWS_ACCESS_KEY_ID=ssofile ssofile ${example}`,
      { cause: error },
    )
  }
}
