import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { findPageFolder } from '../../handlers/browse/find-page-folder.ts'
import { hostedRoutes } from '../../handlers/page/judge-hosted-request.ts'
import type { PageOptions } from '../../handlers/page/page.ts'
import type { PageEvent } from '../../handlers/page/page-event.ts'
import { PageFiles } from '../../handlers/page/page-files.ts'
import { pageSettings } from '../../shared/domain/deployment/page-settings.ts'
import type { MemoryIdentityStore } from '../../shared/memory/identity-store/memory-identity-store.ts'
import type { MemorySecrets } from '../../shared/memory/memory-secrets.ts'
import { TokenBucket } from '../../shared/memory/organizations/token-bucket.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import { pageThrottle, signInThrottle } from '../../shared/ports/deployment-settings.ts'
import { answerOf } from './serve-api.ts'
import { openSignInProvider } from './sign-in-provider.ts'

type HostedOptions = {
  readonly identityStore: MemoryIdentityStore
  readonly secrets: MemorySecrets
  readonly clock: Clock
  /** Gets the reason if the function gave no answer. */
  readonly onError: (error: unknown) => void
  /** The local system's port: the page has the next one, the provider the one after. 0: free ones. */
  readonly port: number
}
export type HostedPage = {
  readonly origin: string
  optionsOf(openSecret: (arn: string) => () => Promise<string>): PageOptions
  invoke?: (event: PageEvent) => Promise<unknown>
  stop(): Promise<void>
}

const secretName = 'ssofile-page'
const clientId = 'ssofile'
const bodyMostBytes = 1024 * 1024
const peopleMost = 100
/** The models have no access portal. */
const localPortal = 'https://acme.awsapps.com/start'
/** Groups of the acme organization. To see their views, join one. */
export const localGroups = { auditors: ['team-security'], operators: ['team-Platform'] } as const

/**
 * The page for everybody, served as by API Gateway, and the company's sign-in. The page is on `127.0.0.1`, the provider on `localhost`: two
 * sites, as in reality, so that a browser keeps their cookies apart.
 */
export async function startHostedPage(options: HostedOptions): Promise<HostedPage> {
  const { identityStore, secrets, port } = options
  const provider = await listen('localhost', port === 0 ? 0 : port + 2)
  const page = await listen('127.0.0.1', port === 0 ? 0 : port + 1)
  const clientSecret = randomBytes(24).toString('base64url')
  const value = JSON.stringify({ clientSecret, cookieKeys: [randomBytes(32).toString('base64url')] })
  const clientSecretArn = store(secrets, value)
  const settings = pageSettings.parse({
    signIn: { issuer: provider.url, clientId, clientSecretArn },
    portal: localPortal,
    ...localGroups,
  })
  const find = async (beginning: string) => {
    if (identityStore.idOf('USER', beginning) !== undefined) return [beginning]
    const { items } = await identityStore.listUsers({ most: peopleMost })
    return items.map(({ userName }) => userName).sort()
  }
  const roles = async () =>
    new Map([
      ['auditor', await namesIn(identityStore, localGroups.auditors)],
      ['operator', await namesIn(identityStore, localGroups.operators)],
    ])
  const common = { issuer: provider.url, clientId, clientSecret, redirectUri: `${page.url}/signed-in`, find, roles }
  const files = new PageFiles(findPageFolder)
  let opened: ReturnType<typeof openSignInProvider> | undefined
  provider.serve = async (request, response) => {
    // Loaded at the first sign-in: most local systems do not need it.
    opened ??= openSignInProvider(common)
    await (await opened).serve(request, response)
  }
  const hosted: HostedPage = {
    origin: page.url,
    optionsOf: (openSecret) => ({ settings, origin: page.url, readSecret: openSecret(clientSecretArn), files }),
    stop: async () => void (await Promise.all([page.stop(), provider.stop()])),
  }
  const throttles = { signIn: new TokenBucket(signInThrottle), other: new TokenBucket(pageThrottle) }
  page.serve = async (request, response) => {
    const url = new URL(request.url ?? '/', page.url)
    if (!isRoute(request.method ?? '', url.pathname)) return send(response, 404, 'Not Found')
    if (hosted.invoke === undefined) return send(response, 503, 'Service Unavailable')
    const throttle = url.pathname === '/sign-in' ? throttles.signIn : throttles.other
    if (!throttle.admit(options.clock.monotonicMs())) return send(response, 429, 'Too Many Requests')
    await answer(request, response, { url, invoke: hosted.invoke, onError: options.onError })
  }
  return hosted
}

/** The user names of the members of these groups, ascending. */
async function namesIn(identityStore: MemoryIdentityStore, groups: readonly string[]): Promise<readonly string[]> {
  const names = new Set<string>()
  for (const group of groups) {
    const id = identityStore.idOf('GROUP', group)
    const { items } = id === undefined ? { items: [] } : await identityStore.listMembersOf(id)
    for (const member of items) {
      const user = await identityStore.findUser(member)
      if (typeof user === 'object') names.add(user.name)
    }
  }
  return [...names].sort()
}

/** Overwrites a secret from before a restart. */
function store(secrets: MemorySecrets, value: string): string {
  try {
    return secrets.create(secretName, value)
  } catch {
    return secrets.put(secretName, value)
  }
}

function isRoute(method: string, path: string): boolean {
  return hostedRoutes.some((route) => {
    const [wanted, pattern = ''] = route.split(' ')
    if (wanted !== method) return false
    const prefix = pattern.replace(/\{\w+\}$/, '')
    return prefix === pattern ? path === pattern : path.startsWith(prefix) && !path.slice(prefix.length).includes('/')
  })
}

function send(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
}

type Answering = {
  readonly url: URL
  readonly invoke: NonNullable<HostedPage['invoke']>
  readonly onError: HostedOptions['onError']
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { url, invoke, onError }: Answering,
): Promise<void> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > bodyMostBytes) return send(response, 413, 'Request Entity Too Large')
    chunks.push(chunk)
  }
  const { cookie, ...headers } = request.headers
  const event: PageEvent = {
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    queryStringParameters: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    ...(cookie === undefined ? {} : { cookies: cookie.split(/; */) }),
    body: Buffer.concat(chunks).toString('base64'),
    isBase64Encoded: true,
    requestContext: {
      requestId: randomBytes(8).toString('hex'),
      http: { method: request.method ?? '', sourceIp: request.socket.remoteAddress ?? '' },
    },
  }
  const { statusCode, headers: given, body, isBase64Encoded, cookies = [] } = await answerOf(invoke(event), onError)
  try {
    response.writeHead(statusCode, { ...given, ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }) })
    response.end(body, isBase64Encoded === true ? 'base64' : 'utf8')
  } catch (error) {
    onError(error)
    send(response, 500, 'Internal Server Error')
  }
}

async function listen(host: 'localhost' | '127.0.0.1', port: number) {
  const serving: { serve?: (request: IncomingMessage, response: ServerResponse) => Promise<void> } = {}
  const server: Server = createServer((request, response) => {
    const done = serving.serve?.(request, response) ?? Promise.resolve(send(response, 503, 'Service Unavailable'))
    done.catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : 0
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return Object.assign(serving, { url: `http://${host}:${bound}`, stop })
}
