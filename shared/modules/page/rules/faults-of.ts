import { openAgain } from './open-again.ts'

/** The fault, the expected value and the remedy, in full words. */
export type Fault = { readonly received: string; readonly expected?: string; readonly remedy: string }

/** API Gateway's own answer is only one message; these are the remedies, by status. */
const remedies: Readonly<Record<number, string>> = {
  401: openAgain,
  403: 'sign in again (aws sso login), or ask the platform team to let you call the API (execute-api:Invoke)',
  429: 'wait a moment, then try again',
  503: 'wait a moment, then try again',
}

/** All faults in an answer. */
export function faultsOf(status: number, body: { message?: string; errors?: readonly Fault[] }): readonly Fault[] {
  if (body.errors !== undefined && body.errors.length > 0) return body.errors
  const remedy = remedies[status] ?? 'try again; if it stays so, tell the platform team'
  return [{ received: `${body.message ?? 'no reason'} (${status})`, remedy }]
}

/**
 * Too many requests at once, or S3 is busy: the page soon retries by itself. API Gateway answers 500 while all instances of the function are
 * busy; then a request that changes nothing is sent again too. (AWS re:Post Knowledge Center, "How do I troubleshoot issues for API Gateway
 * endpoints that integrate with Lambda?")
 */
export function isBusy(status: number, isRead: boolean): boolean {
  return status === 429 || status === 503 || (isRead && status === 500)
}
