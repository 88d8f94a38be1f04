import { openAgain } from '../../domain/requests-page/open-again.ts'

/** What went wrong, what was expected, and what to do, in whole words. */
export type Fault = { readonly received: string; readonly expected?: string; readonly remedy: string }

/** What API Gateway itself says is one message; what to do about it, by status. */
const remedies: Readonly<Record<number, string>> = {
  401: openAgain,
  403: 'sign in again (aws sso login), or ask the platform team to let you call the API (execute-api:Invoke)',
  429: 'wait a moment, then try again',
  503: 'wait a moment, then try again',
}

/** All that an answer complains of. */
export function faultsOf(status: number, body: { message?: string; errors?: readonly Fault[] }): readonly Fault[] {
  if (body.errors !== undefined && body.errors.length > 0) return body.errors
  const remedy = remedies[status] ?? 'try again; if it stays so, tell the platform team'
  return [{ received: `${body.message ?? 'no reason'} (${status})`, remedy }]
}

/** Too many requests at once, or S3 is busy: to be tried again soon, by itself. */
export function isBusy(status: number): boolean {
  return status === 429 || status === 503
}
