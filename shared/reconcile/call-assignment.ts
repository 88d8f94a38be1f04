import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { listAll } from '../ports/page.ts'
import type { Randomness } from '../ports/randomness.ts'
import { isServiceError } from '../ports/service-error.ts'
import type { AssignmentTarget, RequestKind, SsoAdmin } from '../ports/sso-admin.ts'
import type { AssignmentRequests } from './assignment-requests.ts'
import { isPassing, NotStartedError } from './limited-sso-admin.ts'

/** What is not finished by then goes on as open work (design, "The flow"). */
const finishMs = 5 * 60_000

/** How often Identity Center refused in passing what an evaluation wants, and since when (monotonic). */
export type Patience = { refusals: number; sinceMs?: number }

export type CallContext = {
  readonly ssoAdmin: SsoAdmin
  readonly requests: AssignmentRequests
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Log
  readonly patience: Patience
  /** False at the end of a slice, or when the lease may be lost: what has not left is not sent. */
  readonly mayStart: () => boolean
  /** Aborts what has not left at the end of a slice. */
  readonly ending: AbortSignal
}

export type CallResult =
  /** Reading back shows the assignment as intended. */
  | { readonly outcome: 'confirmed' }
  /** AWS refused or failed it, for this reason. `isOver`: for good, nothing of it can take effect any more. */
  | { readonly outcome: 'failed'; readonly reason: string; readonly isOver: boolean; readonly error?: unknown }
  /** Refused in passing; nothing took effect. By now it may not be meant any more: evaluated again before it is repeated. */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** Nobody knows yet. `sent` false: no call of ours can have taken effect. */
  | { readonly outcome: 'unfinished'; readonly reason: string; readonly sent: boolean }

type Call = { readonly kind: RequestKind; readonly target: AssignmentTarget }

/** The assignment as Identity Center lists it at this moment. Throws when it cannot be read. */
export async function isAssigned(ssoAdmin: SsoAdmin, target: AssignmentTarget): Promise<boolean> {
  const { accountId, permissionSetArn, principalId, principalType } = target
  try {
    for await (const row of listAll((token) => ssoAdmin.listAccountAssignments(accountId, permissionSetArn, token))) {
      if (row.principalId === principalId && row.principalType === principalType) return true
    }
    return false
  } catch (error) {
    // A permission set that is gone has no assignments (it cannot be deleted while it has one).
    if (isServiceError(error, 'ResourceNotFoundException')) return false
    throw error
  }
}

/**
 * Creates or deletes one assignment and reads back what came of it: sends, waits while the request is in progress,
 * looks at the assignment, and asks for the reason where it is not as intended. A conflict, which may last for minutes,
 * and throttling answer `refused` after a pause with jitter, for up to five minutes of `patience`; an answer that was lost
 * is looked for before anything is sent again.
 * `onRequest` records the request id before anything is awaited.
 */
export async function callAssignment(
  call: Call,
  context: CallContext,
  onRequest: (requestId: string) => Promise<void>,
): Promise<CallResult> {
  const { clock, randomness, log, patience } = context
  const startedMs = clock.monotonicMs()
  let sent = false
  for (;;) {
    if (!context.mayStart()) return { outcome: 'unfinished', reason: 'the dispatcher is ending its slice', sent }
    const answer = await send(call, context)
    sent ||= answer.sent
    if (answer.requestId !== undefined) {
      log.info('Identity Center accepted the request', { requestId: answer.requestId, kind: call.kind })
      // Counted from now on, also where it cannot be recorded.
      context.requests.watch(call.kind, answer.requestId, call.target)
      await onRequest(answer.requestId)
      return finishRequest(call, answer.requestId, context, finishMs - (clock.monotonicMs() - startedMs))
    }
    const { reason } = answer
    if (!answer.retry) return { outcome: 'failed', reason, isOver: !sent, error: answer.error }
    patience.sinceMs ??= clock.monotonicMs()
    const attempt = ++patience.refusals
    log.warn('Identity Center did not take the request; it is repeated', { reason, attempt })
    // Full jitter over an exponential back-off, up to 20 seconds (Builders' Library, "Timeouts, retries, and backoff with jitter").
    await clock.sleep(Math.min(20_000, 200 * 2 ** attempt) * (0.25 + 0.75 * randomness.fraction()), context.ending)
    if (clock.monotonicMs() - patience.sinceMs >= finishMs) return { outcome: 'unfinished', reason, sent }
    if (!sent && context.mayStart()) return { outcome: 'refused', reason }
  }
}

type Answer =
  | { readonly requestId: string; readonly sent: true }
  | {
      readonly requestId: undefined
      readonly sent: boolean
      readonly retry: boolean
      readonly reason: string
      readonly error?: unknown
    }

async function send({ kind, target }: Call, context: CallContext): Promise<Answer> {
  const { ssoAdmin, ending } = context
  try {
    const request =
      kind === 'creation'
        ? await ssoAdmin.createAccountAssignment(target, { signal: ending })
        : await ssoAdmin.deleteAccountAssignment(target, { signal: ending })
    return { requestId: request.requestId, sent: true }
  } catch (error) {
    if (error instanceof NotStartedError)
      return { requestId: undefined, sent: false, retry: true, reason: error.message }
    if (!isServiceError(error)) throw error
    const reason = `${error.code}: ${error.message}`
    if (isServiceError(error, 'ThrottlingException')) return { requestId: undefined, sent: false, retry: true, reason }
    // "There is a conflicting operation in process.": another request for this account or role; it passes.
    if (isServiceError(error, 'ConflictException')) return { requestId: undefined, sent: false, retry: true, reason }
    if (isPassing(error)) return recoverAnswer({ kind, target }, context, reason)
    return { requestId: undefined, sent: false, retry: false, reason, error }
  }
}

/** The answer did not come, the call may have taken effect all the same: look before sending it again. */
async function recoverAnswer({ kind, target }: Call, { requests }: CallContext, reason: string): Promise<Answer> {
  await requests.recover()
  const found = requests.findInProgress(target)
  if (found?.kind === kind) return { requestId: found.requestId, sent: true }
  return { requestId: undefined, sent: true, retry: true, reason }
}

/** Waits for a request and reads back what came of it. */
export async function finishRequest(
  { kind, target }: Call,
  requestId: string,
  { ssoAdmin, requests, clock, log }: CallContext,
  withinMs: number,
): Promise<CallResult> {
  const startedMs = clock.monotonicMs()
  const leftMs = () => withinMs - (clock.monotonicMs() - startedMs)
  while (leftMs() > 0) {
    if ((await requests.wait(kind, requestId, leftMs(), target)) === 'still') break
    const assigned = await isAssigned(ssoAdmin, target)
    if (assigned === (kind === 'creation')) return { outcome: 'confirmed' }
    const request = await ssoAdmin.describeAssignmentRequest(kind, requestId)
    log.info('reading back shows another state than intended', { requestId, kind, assigned, request: request?.state })
    if (request?.state === 'FAILED')
      return { outcome: 'failed', reason: request.failureReason ?? 'Identity Center gave no reason', isOver: true }
    if (request?.state !== 'IN_PROGRESS') {
      return {
        outcome: 'failed',
        isOver: false,
        reason: `the ${kind} ended (${request?.state ?? 'no longer known'}), but the assignment is ${assigned ? 'still' : 'not'} there`,
      }
    }
  }
  return { outcome: 'unfinished', reason: `request ${requestId} is still in progress`, sent: true }
}
