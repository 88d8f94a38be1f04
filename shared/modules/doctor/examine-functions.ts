import { type Finding, fail, ok, skip, warn } from '../../domain/guardrails/finding.ts'
import { functionSettings } from '../../ports/deployment-settings.ts'
import type { Installation } from '../../ports/installation.ts'
import { answerOf } from '../../ports/service-error.ts'
import type { Owner } from '../../reconcile/records/owner.ts'
import { unasked } from './ask.ts'

const check = 'concurrency'
/** Lambda always keeps this number of instances unreserved. (Lambda Developer Guide, "Configuring reserved concurrency".) */
const unreservedLeast = 100

/** Whether the dispatcher has its one instance reserved. Checks only if the queues are AWS's, because elsewhere there are no functions. */
export async function examineFunctions(
  installation: Pick<Installation, 'unreservedConcurrency' | 'reservedConcurrency'>,
  { name, queueUrls }: NonNullable<Owner['deployment']>,
): Promise<readonly Finding[]> {
  const { dispatch = '' } = queueUrls
  if (!URL.canParse(dispatch) || !/\.amazonaws\.com(\.cn)?$/.test(new URL(dispatch).hostname))
    return [skip(check, 'not checked: the queues are not on AWS, so there are no functions')]
  const reserved = await answerOf(installation.reservedConcurrency(`${name}-dispatcher`))
  if ('error' in reserved) return [unasked(check, reserved.error, { needs: 'lambda:GetFunctionConcurrency' })]
  const unreserved = await answerOf(installation.unreservedConcurrency())
  if ('error' in unreserved) return [unasked(check, unreserved.error, { needs: 'lambda:GetAccountSettings' })]
  return [judgeConcurrency({ reserved: reserved.is, unreserved: unreserved.is })]
}

export function judgeConcurrency({
  reserved,
  unreserved,
}: {
  readonly reserved: number | undefined
  readonly unreserved: number
}): Finding {
  const wanted = functionSettings.dispatcher.reservedConcurrency
  if (reserved !== wanted)
    return fail(
      check,
      `${reserved ?? 'nothing'} is reserved for the dispatcher, expected ${wanted}: two dispatchers would work at once`,
      'deploy again: npm run deploy -- --environment NAME',
    )
  if (unreserved < unreservedLeast)
    return warn(
      check,
      `${unreserved} unreserved instances of functions are left in the account`,
      'ask AWS for more under Service Quotas, Lambda, "Concurrent executions"',
    )
  return ok(check, `${reserved} for the dispatcher, and ${unreserved} unreserved in the account`)
}
