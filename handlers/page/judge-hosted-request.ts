import type { Answer } from '../api/answer.ts'
import { refuse } from '../api/answer.ts'
import { mediaTypeOf } from '../api/api-request.ts'
import type { PageEvent } from './page-event.ts'

type Plain = 'show the page' | 'send a file' | 'send the plain style' | 'begin to sign in' | 'finish to sign in'

export type HostedOrder =
  | { readonly do: Plain }
  | { readonly do: 'sign out' }
  | { readonly do: 'call the API'; readonly call: HostedCall; readonly isDecision: boolean }
  | { readonly do: 'refuse'; readonly answer: Answer }

/** The page needs these calls of the API; those from `me` on are its own. */
export const hostedCalls = [
  'GET /eligibility',
  'GET /requests',
  'POST /requests',
  'POST /approvals',
  'GET /reviews',
  'POST /decisions',
  'GET /me',
  'GET /now',
  'GET /choices',
  'GET /about',
  'GET /history',
  'GET /everybody',
  'GET /members',
  'GET /uses',
  'GET /report',
  'GET /changes',
  'GET /operations',
  'GET /trends',
  'POST /release',
  'POST /pause',
  'POST /resume',
] as const
export type HostedCall = (typeof hostedCalls)[number]
/** These calls require a recent sign-in. */
const decisions: readonly HostedCall[] = [
  'POST /approvals',
  'POST /decisions',
  'POST /release',
  'POST /pause',
  'POST /resume',
]

/** The addresses of the page, in API Gateway's notation of routes. */
export const hostedRoutes = [
  'GET /',
  'GET /files/{name}',
  'GET /plain.css',
  'GET /sign-in',
  'GET /signed-in',
  'POST /sign-out',
  'GET /api/{call}',
  'POST /api/{call}',
] as const

const plain: Readonly<Record<string, Plain>> = {
  'GET /': 'show the page',
  'GET /plain.css': 'send the plain style',
  'GET /sign-in': 'begin to sign in',
  'GET /signed-in': 'finish to sign in',
}

/**
 * | the request                                                       | answer               |
 * | ----------------------------------------------------------------- | -------------------- |
 * | GET of the page, of its files, or of the two of a sign-in         | that                 |
 * | any other that a page of somebody else sent, by Sec-Fetch-Site    | refuse 403           |
 * | POST without the Origin of this page                              | refuse 403           |
 * | POST /sign-out                                                    | sign out             |
 * | one of the calls above; a POST as JSON                            | call the API         |
 * | any other                                                         | refuse 404 or 415    |
 *
 * Browsers send Origin with each POST, and Sec-Fetch-Site with all. (Fetch Standard; Fetch Metadata Request Headers.)
 */
export function judgeHostedRequest({ rawPath, headers, requestContext }: PageEvent, origin: string): HostedOrder {
  const { method } = requestContext.http
  const route = `${method} ${rawPath}`
  const known = plain[route]
  if (known !== undefined) return { do: known }
  if (method === 'GET' && rawPath.startsWith('/files/')) return { do: 'send a file' }
  const site = headers['sec-fetch-site']
  const isForeign = (site !== undefined && site !== 'same-origin') || (method !== 'GET' && headers.origin !== origin)
  if (isForeign) return refusal(403, 'a request from another page', `a request from ${origin}`, `open ${origin}`)
  if (route === 'POST /sign-out') return { do: 'sign out' }
  const call = rawPath.startsWith('/api/')
    ? hostedCalls.find((one) => one === `${method} ${rawPath.slice('/api'.length)}`)
    : undefined
  if (call === undefined)
    return refusal(404, 'an address that this page does not have', 'an address of the page', `open ${origin}`)
  if (method === 'POST' && mediaTypeOf({ headers }) !== 'application/json')
    return refusal(415, 'another content type', 'application/json', 'send JSON')
  return { do: 'call the API', call, isDecision: decisions.includes(call) }
}

function refusal(status: number, received: string, expected: string, remedy: string): HostedOrder {
  return { do: 'refuse', answer: refuse(status, received, expected, remedy) }
}
