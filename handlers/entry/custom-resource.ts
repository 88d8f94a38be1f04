import type {
  CloudFormationCustomResourceEvent,
  CloudFormationCustomResourceResponse,
  Context,
  ScheduledEvent,
} from 'aws-lambda'

type Run = (event: unknown, context: Context) => Promise<unknown>

/**
 * Runs `run` for a schedule, and for CloudFormation, which is told how it went. A resource that is deleted has nothing to do.
 * (CloudFormation User Guide, "Custom resource reference".)
 */
export function customResource(
  run: Run,
): (event: CloudFormationCustomResourceEvent | ScheduledEvent, context: Context) => Promise<void> {
  return async (event, context) => {
    if (!('ResponseURL' in event)) {
      await run(event, context)
      return
    }
    const reason = event.RequestType === 'Delete' ? undefined : await reasonOfFailure(run(event, context))
    await answer(event, reason)
  }
}

async function reasonOfFailure(running: Promise<unknown>): Promise<string | undefined> {
  try {
    await running
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
  // Bytes, so that no content type is sent: the URL is signed without one.
  const answered = await fetch(ResponseURL, { method: 'PUT', body: Buffer.from(JSON.stringify(response)) })
  if (!answered.ok) throw new Error(`CloudFormation answered ${answered.status} to the result of ${LogicalResourceId}`)
}
