import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { openAgain } from '../../shared/modules/page/rules/open-again.ts'
import { type Answer, answer, refuse } from '../api/answer.ts'
import { type PageFiles, pageGuards } from '../page/page-files.ts'

export type PageServerOptions = {
  /** Valid for one use: somebody who finds the address later cannot open anything. */
  readonly token: string
  /** The page then sends this key with each request. */
  readonly key: string
  readonly files: PageFiles
  readonly callApi: (call: Extract<PageOrder, { do: 'call the API' }> & { body?: string }) => Promise<Answer>
}

/** The API has the same limit. */
const bodyMostBytes = 272 * 1024

/** Headers of every answer. */
const guarding = { 'cache-control': 'no-store', ...pageGuards }

/** Serves the page of requests on 127.0.0.1 only. `port` 0: a free port. Resolves to its address, without the token. */
export async function startPageServer(
  options: PageServerOptions,
  port: number,
): Promise<{ readonly url: string; readonly server: Server }> {
  const opening = { isOpened: false }
  const server = createServer((request, response) => {
    serve(request, { ...options, opening, host: hostOf(server) }).then(
      (given) => send(response, given),
      () => send(response, refuse(500, 'a failure of this server', 'an answer', 'try again')),
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  return { url: `http://${hostOf(server)}/`, server }
}

function hostOf(server: Server): string {
  const address = server.address()
  return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

type Serving = PageServerOptions & { readonly opening: { isOpened: boolean }; readonly host: string }

async function serve(
  request: IncomingMessage,
  { opening, host, token, key, files, callApi }: Serving,
): Promise<Answer> {
  const { method = '', url = '/', headers } = request
  const order = judgePageRequest({ method, url, headers }, host)
  switch (order.do) {
    case 'refuse':
      return order.answer
    case 'show the page':
      return {
        statusCode: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: await renderIndex(files),
      }
    case 'send a file':
      return (
        (await files.answer(url, String(headers['accept-encoding'] ?? ''))) ?? refuse(404, 'no file', 'one', openAgain)
      )
    case 'open the session':
      if (opening.isOpened || !isSame(order.secret, token)) return refuseOpening()
      opening.isOpened = true
      return answer(200, { key })
    case 'call the API': {
      if (!isSame(order.secret, key)) return refuseOpening()
      const body = order.method === 'POST' ? await readText(request) : undefined
      if (body !== undefined && typeof body !== 'string') return body
      return callApi({ ...order, body })
    }
    default:
      return order satisfies never
  }
}

/** The script sees by the attribute that one person is served, by a key. */
async function renderIndex(files: PageFiles): Promise<string> {
  return (await files.index()).replace('<html ', '<html data-browse ')
}

function refuseOpening(): Answer {
  return refuse(401, 'an address that was opened before, or another one', 'a new one, once', openAgain)
}

/** Compares hashes, so that the duration does not tell how much is right. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

async function readText(request: IncomingMessage): Promise<string | Answer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > bodyMostBytes) return refuse(413, 'a longer text', 'at most 272 KB', 'write less')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, { statusCode, headers, body, isBase64Encoded }: Answer): void {
  response.writeHead(statusCode, { ...guarding, ...headers }).end(body, isBase64Encoded === true ? 'base64' : 'utf8')
}

/** The parts of a browser's request that decide whether the server answers it. Header names are in lower case. */
type PageRequest = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** How the server answers a request. `secret`: the key that the request carries. */
type PageOrder =
  | { readonly do: 'show the page' }
  | { readonly do: 'send a file' }
  | { readonly do: 'open the session'; readonly secret: string }
  | {
      readonly do: 'call the API'
      readonly secret: string
      readonly method: 'GET' | 'POST'
      readonly path: string
      readonly query: Readonly<Record<string, string>>
    }
  | { readonly do: 'refuse'; readonly answer: Answer }

/** The calls of the API that the page needs. The server passes on no others. */
const calls = ['GET /eligibility', 'GET /requests', 'POST /requests', 'POST /approvals']
const parameters = ['of', 'limit', 'nextToken']

/**
 * | the request                                                      | answer             |
 * | ---------------------------------------------------------------- | ------------------ |
 * | names another host than this server: a DNS name that was rebound | refuse 421         |
 * | comes from a page of somebody else, by Origin or Sec-Fetch-Site  | refuse 403         |
 * | GET /, GET /files/                                               | show the page, send a file |
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
  if (method === 'GET' && pathname.startsWith('/files/')) return { do: 'send a file' }
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
