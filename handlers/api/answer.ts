import { type Complaint, quote } from '../../shared/domain/complaint.ts'
import type { InputFault } from '../../shared/domain/judge-input.ts'

/** What API Gateway is answered. */
export type Answer = {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One thing that is wrong. `path`: where in the JSON document. */
export type ApiError = Pick<Complaint, 'received' | 'expected' | 'remedy'> & {
  readonly key?: string
  readonly path?: string
}

export function answer(statusCode: number, document: object, headers: Answer['headers'] = {}): Answer {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: `${JSON.stringify(document)}\n`,
  }
}

/** All that is wrong; `message` tells the first of it for logs and terminals. */
export function refusal(statusCode: number, errors: readonly ApiError[], headers: Answer['headers'] = {}): Answer {
  const [first, ...others] = errors
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  const message = first === undefined ? 'refused' : `${renderError(first)}${more}`
  return answer(statusCode, { message, errors }, headers)
}

function renderError({ key, path, received, expected, remedy }: ApiError): string {
  const place = [key === undefined ? [] : quote(key, 1024), path ?? []].flat().join(' ')
  return `${place === '' ? '' : `${place}: `}received ${received}, expected ${expected}; ${remedy}`
}

/** The faults of one input as `ssofile validate --json` has them, but for places in a file: the request is another text. */
export function errorsOf(key: string, faults: readonly InputFault[]): readonly ApiError[] {
  return faults.map(({ path, received, expected, remedy }) => ({
    key,
    ...(path === undefined ? {} : { path }),
    received,
    expected,
    remedy,
  }))
}
