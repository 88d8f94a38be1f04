import { openAgain } from '../../shared/domain/requests-page/open-again.ts'
import type { Answer } from '../api/answer.ts'
import { refuse } from '../api/answer.ts'

/** What a browser sent, as far as it decides whether it is served. Header names in small letters. */
export type PageRequest = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** What is to be done for it. `secret`: what it has to know for that. */
export type PageOrder =
  | { readonly do: 'show the page' }
  | { readonly do: 'open the session'; readonly secret: string }
  | {
      readonly do: 'call the API'
      readonly secret: string
      readonly method: 'GET' | 'POST'
      readonly path: string
      readonly query: Readonly<Record<string, string>>
    }
  | { readonly do: 'refuse'; readonly answer: Answer }

/** Of the API the page needs this, and nothing else of it can be reached. */
const calls = ['GET /eligibility', 'GET /requests', 'POST /requests', 'POST /approvals']
const parameters = ['of', 'limit', 'nextToken']

/**
 * | the request                                                      | answer             |
 * | ---------------------------------------------------------------- | ------------------ |
 * | names another host than this server: a DNS name that was rebound | refuse 421         |
 * | comes from a page of somebody else, by Origin or Sec-Fetch-Site  | refuse 403         |
 * | GET /                                                            | show the page      |
 * | any other without the secret in its header                       | refuse 401         |
 * | POST /session                                                    | open the session   |
 * | /api/ and one of the calls above; a POST as JSON                 | call the API       |
 * | any other                                                        | refuse 404 or 415  |
 *
 * The secret is in a header that only a script of this page sets: a form or an image of another page cannot.
 */
export function judgePageRequest({ method, url, headers }: PageRequest, host: string): PageOrder {
  const { pathname, searchParams } = new URL(url, `http://${host}`)
  if (headers.host !== host) return refusal(421, 'a request for another host', host, openAgain)
  if (method === 'GET' && pathname === '/') return { do: 'show the page' }
  if (isForeign(method, headers, host))
    return refusal(403, 'a request of another page', `one of http://${host}`, openAgain)
  const secret = /^Bearer ([\w-]{1,200})$/.exec(String(headers.authorization ?? ''))?.[1]
  if (secret === undefined) return refusal(401, 'a request without its key', 'one of the page', openAgain)
  if (method === 'POST' && pathname === '/session') return { do: 'open the session', secret }
  const path = pathname.startsWith('/api/') ? pathname.slice('/api'.length) : ''
  if ((method !== 'GET' && method !== 'POST') || !calls.includes(`${method} ${path}`))
    return refusal(404, 'something that is not on this page', calls.join(', '), 'use the API itself: docs/api.md')
  if (method === 'POST' && headers['content-type'] !== 'application/json')
    return refusal(415, 'another content type', 'application/json', 'send JSON')
  const query = parameters.flatMap((name) => (searchParams.has(name) ? [[name, searchParams.get(name) ?? '']] : []))
  return { do: 'call the API', secret, method, path, query: Object.fromEntries(query) }
}

/** Browsers send Origin with each POST, and Sec-Fetch-Site with all. (Fetch Standard; Fetch Metadata Request Headers.) */
function isForeign(method: string, { origin, 'sec-fetch-site': site }: PageRequest['headers'], host: string): boolean {
  if (site !== undefined && site !== 'same-origin') return true
  return origin === undefined ? method !== 'GET' : origin !== `http://${host}`
}

function refusal(status: number, received: string, expected: string, remedy: string): PageOrder {
  return { do: 'refuse', answer: refuse(status, received, expected, remedy) }
}
