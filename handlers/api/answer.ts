import { renderJsonPath } from '../../shared/domain/json/json-path.ts'
import type { InputFault } from '../../shared/domain/links/judge-input.ts'
import { type Complaint, quote } from '../../shared/domain/statuses/complaint.ts'

export type Answer = {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** API Gateway decodes the body. */
  readonly isBase64Encoded?: boolean
}

/** One fault. `path`: its place in the JSON document. */
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

/** Several answers as the members of one. A refusal among them is the whole answer. */
export function combine(parts: Readonly<Record<string, Answer>>): Answer {
  const refused = Object.values(parts).find(({ statusCode }) => statusCode !== 200)
  const members = Object.entries(parts).map(([name, { body }]) => `${JSON.stringify(name)}:${body.trim()}`)
  return refused ?? { ...answer(200, {}), body: `{${members.join(',')}}\n` }
}

/** All that is wrong; `message` tells the first of it for logs and terminals. */
export function refusal(statusCode: number, errors: readonly ApiError[], headers: Answer['headers'] = {}): Answer {
  const [first, ...others] = errors
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  const message = first === undefined ? 'refused' : `${renderError(first)}${more}`
  return answer(statusCode, { message, errors }, headers)
}

/** A refusal with one error that has no object and no place. */
export function refuse(
  statusCode: number,
  received: string,
  expected: string,
  remedy: string,
  headers: Answer['headers'] = {},
): Answer {
  return refusal(statusCode, [{ received, expected, remedy }], headers)
}

/** One entry for each fault, with its path in the JSON. `key`: the faulty object; absent if the request itself is faulty. */
export function refuseComplaint({ received, expected, remedy, faults }: Complaint, key?: string): Answer {
  const object = key === undefined ? {} : { key }
  if (faults === undefined) return refusal(400, [{ ...object, received, expected, remedy }])
  const errors = faults.map((fault) => ({
    ...object,
    path: renderJsonPath(fault.path),
    received: fault.received,
    expected: fault.expected,
    remedy: fault.remedy,
  }))
  return refusal(400, errors)
}

function renderError({ key, path, received, expected, remedy }: ApiError): string {
  const place = [key === undefined ? [] : quote(key, 1024), path ?? []].flat().join(' ')
  return `${place === '' ? '' : `${place}: `}received ${received}, expected ${expected}; ${remedy}`
}

/** The faults of one input as `ssofile validate --json` shows them, but without places in a file: the request is another text. */
export function errorsOf(key: string, faults: readonly InputFault[]): readonly ApiError[] {
  return faults.map(({ path, received, expected, remedy }) => ({ key, path, received, expected, remedy }))
}
