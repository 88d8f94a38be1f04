import { isServiceError } from '../../../shared/ports/service-error.ts'
import { Refusal } from '../arguments/refusal.ts'

/** For each role: the rights that a command needs, how a person gets them, and who has them on the local system. */
const roles = {
  ssofile: {
    takes: 'the permissions of ssofile itself',
    remedy: 'Use credentials that have them',
    local: 'ssofile',
  },
  operators: {
    takes: 'the role of operators',
    remedy: 'Assume the role <name>-operator of the deployment (docs/deployment.md)',
    local: 'ssofile-operator',
  },
  people: {
    takes: 'to write suspended/',
    remedy: 'Use credentials of a role in access.people (docs/people.md)',
    local: 'hr',
  },
  control: { takes: 'to write control/', remedy: "Use an operator's credentials", local: 'operator' },
} as const

/** Turns AccessDenied into a Refusal that names the needed rights. `example`: the command as one would type it. */
export function explainDenial(role: keyof typeof roles, command: string, example: string): (error: unknown) => never {
  const { takes, remedy, local } = roles[role]
  return (error) => {
    if (!isServiceError(error, 'AccessDenied', 'AccessDeniedException')) throw error
    // The local system adds advice for uploaders after the denial. It does not apply to these commands.
    const [denial] = error.message.split('; ')
    throw new Refusal(
      `${command} needs ${takes}, and ${error.service} answered: ${denial}\n${remedy}; on the local system: AWS_ACCESS_KEY_ID=${local} ssofile ${example}`,
      { cause: error },
    )
  }
}
