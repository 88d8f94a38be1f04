import type {
  CloudFormationCustomResourceEvent,
  CloudFormationCustomResourceResponse,
  Context,
  ScheduledEvent,
} from 'aws-lambda'
import type { Ports } from '../../shared/ports/ports.ts'
import { isServiceError } from '../../shared/ports/service-error.ts'
import { repeatPatiently } from '../../shared/reconcile/calls/repeat-patiently.ts'

type Patience = Pick<Ports, 'clock' | 'randomness'>

/**
 * A new role and its policies take some seconds to be known everywhere, and CloudFormation does not wait for that. (IAM User Guide,
 * "Changes that I make are not always immediately visible".)
 */
const newRoleMs = 60_000
const pauses = { firstMs: 1_000, mostMs: 8_000 }
const denials = ['AccessDenied', 'AccessDeniedException', 'KMS.AccessDeniedException', 'KmsAccessDenied'] as const

/**
 * Runs `run` for a schedule, and for CloudFormation, which gets the result. For CloudFormation it retries denied calls for a minute. It
 * does nothing for a deleted resource. (CloudFormation User Guide, "Custom resource reference".)
 */
export function customResource(
  run: (event: unknown, context: Context) => Promise<unknown>,
  patience: Patience,
): (event: CloudFormationCustomResourceEvent | ScheduledEvent, context: Context) => Promise<void> {
  return async (event, context) => {
    if (!('ResponseURL' in event)) {
      await run(event, context)
      return
    }
    const reason =
      event.RequestType === 'Delete' ? undefined : await reasonOfFailure(() => run(event, context), patience)
    await answer(event, reason)
  }
}

async function reasonOfFailure(run: () => Promise<unknown>, patience: Patience): Promise<string | undefined> {
  const { clock } = patience
  const endsMs = clock.monotonicMs() + newRoleMs
  const mayHelp = (error: unknown) => isServiceError(error, ...denials) && clock.monotonicMs() < endsMs
  try {
    await repeatPatiently(patience, { ...pauses, attemptsMost: Number.POSITIVE_INFINITY, mayHelp }, run)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function answer(event: CloudFormationCustomResourceEvent, reason: string | undefined): Promise<void> {
  const { StackId, RequestId, LogicalResourceId, ResponseURL } = event
  const known = event.RequestType === 'Create' ? LogicalResourceId : event.PhysicalResourceId
  const about = { StackId, RequestId, LogicalResourceId, PhysicalResourceId: known }
  const response: CloudFormationCustomResourceResponse =
    reason === undefined
      ? { ...about, Status: 'SUCCESS' }
      : { ...about, Status: 'FAILED', Reason: reason.slice(0, 2_000) }
  // Bytes, so that fetch sends no content type: the URL is signed without one.
  const answered = await fetch(ResponseURL, { method: 'PUT', body: Buffer.from(JSON.stringify(response)) })
  if (!answered.ok) throw new Error(`CloudFormation answered ${answered.status} to the result of ${LogicalResourceId}`)
}
