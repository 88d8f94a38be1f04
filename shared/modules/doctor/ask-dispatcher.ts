import { type Finding, skip, warn } from '../../domain/guardrails/finding.ts'
import type { Installation } from '../../ports/installation.ts'
import type { Ports } from '../../ports/ports.ts'
import { answerOf, isServiceError } from '../../ports/service-error.ts'
import { isDenied } from './ask.ts'
import { deniedRemedy } from './dry-calls.ts'
import { ownPermissions } from './try-permissions.ts'

const check = 'dispatcher'
/** How often to wait: the dispatcher has one instance. While it works or waits for work, nobody else can invoke it. */
const waitsMost = 12
const waitMs = 5_000

export type DispatcherFindings = { readonly findings: readonly Finding[]; readonly isAnswered: boolean }

/**
 * The deployed dispatcher's report of its own permissions. Without an answer, tries these credentials instead, which shows
 * less: an administrator's role says nothing about the dispatcher's role.
 */
export async function askDispatcher(
  functionName: string,
  { installation, clock }: { readonly installation: Pick<Installation, 'askFunction'> } & Pick<Ports, 'clock'>,
): Promise<DispatcherFindings> {
  const instead = 'the following checks show the permissions of these credentials'
  for (let waits = 0; ; waits++) {
    const answer = await answerOf(installation.askFunction(functionName, { doctor: true }))
    if ('is' in answer) {
      const told = ownPermissions.safeParse(answer.is).data
      if (told) return { findings: told.findings.map((one) => inItsRole(functionName, one)), isAnswered: true }
      const remedy = 'deploy this version of ssofile: npm run deploy -- --environment NAME'
      return unanswered(warn(check, `${functionName} did not answer for itself; ${instead}`, remedy))
    }
    const { error } = answer
    if (isServiceError(error, 'TooManyRequestsException') && waits < waitsMost) {
      await clock.sleep(waitMs)
      continue
    }
    if (isServiceError(error, 'TooManyRequestsException'))
      return unanswered(skip(check, `${functionName} is busy and cannot answer; ${instead}`))
    if (error.code === 'NotImplemented' || error.code === 'UnknownOperationException')
      return unanswered(skip(check, `not checked: ${error.service} here has no such operation; ${instead}`))
    const told = isDenied(error) ? 'these credentials may not ask it' : `${error.code}: ${error.message}`
    const remedy = `allow lambda:InvokeFunction on ${functionName}: the dispatcher then checks its own role`
    return unanswered(warn(check, `${functionName} was not asked: ${told}; ${instead}`, remedy))
  }
}

function inItsRole(functionName: string, { check: of, level, told, remedy }: Omit<Finding, 'figures'>): Finding {
  return {
    check: of,
    level,
    told: `in the role of ${functionName}: ${told.replace('these credentials', 'this role')}`,
    remedy:
      remedy !== deniedRemedy
        ? remedy
        : 'deploy again; if that does not help, look for a service control policy that denies it to that role',
  }
}

function unanswered(finding: Finding): DispatcherFindings {
  return { findings: [finding], isAnswered: false }
}
