import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import type { default as Provider, Configuration as ProviderConfiguration } from 'oidc-provider'
import { type PageOptions, page } from '../../../handlers/page/page.ts'
import type { PageAnswer, PageEvent } from '../../../handlers/page/page-event.ts'
import { PageFiles } from '../../../handlers/page/page-files.ts'
import { openSignInProvider } from '../../../infra/local/sign-in-provider.ts'
import { type PageSettings, pageSettings } from '../../../shared/domain/deployment/page-settings.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import { World } from '../../world.ts'

export const origin = 'https://access.example.com'
export const clientId = 'ssofile'
const key = (byte: number) => Buffer.alloc(32, byte).toString('base64url')
export const keys = [key(1), key(2)] as const
export const secretOf = (
  cookieKeys: readonly string[] = keys.slice(0, 1),
  clientSecret = 'local-secret-of-32-bytes-at-least',
) => JSON.stringify({ clientSecret, cookieKeys })

/** The time of the machine, as the provider has it, moved by what a test says. */
export class MovedClock implements Clock {
  #offsetMs = 0
  move(ms: number): void {
    this.#offsetMs += ms
  }
  now(): Date {
    return new Date(Date.now() + this.#offsetMs)
  }
  monotonicMs(): number {
    return performance.now() + this.#offsetMs
  }
  async sleep(): Promise<void> {}
}

/** A server of this test, on `localhost`: another site than the page's. */
export async function listen(
  serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  return { url: `http://localhost:${typeof address === 'object' && address ? address.port : 0}`, server }
}

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** The company's provider, the same one that `npm start` has. It can be taken down and come back. */
export async function openProvider(people: readonly string[], configuration?: ProviderConfiguration) {
  let serve: ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | undefined
  const state = { isDown: false }
  const { url, server } = await listen(async (request, response) => {
    if (state.isDown || serve === undefined) response.destroy()
    else await serve(request, response)
  })
  const opened = await openSignInProvider({
    issuer: url,
    clientId,
    clientSecret: 'local-secret-of-32-bytes-at-least',
    redirectUri: `${origin}/signed-in`,
    find: async (beginning) => people.filter((one) => one.startsWith(beginning)),
    ...(configuration === undefined ? {} : { configuration }),
  })
  serve = opened.serve
  const provider: Provider = opened.provider
  return { url, provider, state, close: () => closeServer(server) }
}

/** A bundle of a page, without the page. */
export function filesOf(index: string): PageFiles {
  const folder = mkdtempSync(join(tmpdir(), 'ssofile-page-'))
  writeFileSync(join(folder, 'index.html'), index)
  writeFileSync(join(folder, 'main-ABC.js.br'), brotliCompressSync('run()'))
  return new PageFiles(() => folder)
}

type Settings = Omit<Partial<PageSettings>, 'signIn'> & { readonly signIn?: Partial<PageSettings['signIn']> }

/** The page over the models, and the clock by which it judges sessions. */
export function openPage(
  issuer: string,
  { signIn, ...others }: Settings = {},
  options: Partial<PageOptions> = {},
  world = new World(),
) {
  const clock = new MovedClock()
  const settings = pageSettings.parse({
    signIn: {
      issuer,
      clientId,
      clientSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile-page-a1B2c3',
      ...signIn,
    },
    ...others,
  })
  const secret = { value: secretOf() }
  const serve = page({ ...world.ports, leaseClock: clock }, world.configuration, {
    settings,
    origin,
    readSecret: async () => secret.value,
    files: filesOf('<!doctype html><html lang="en"></html>'),
    ...options,
  })
  const send = async (event: PageEvent): Promise<PageAnswer> => {
    // Each second the identity store answers 20 calls of a kind.
    await world.clock.advance(1_000)
    return serve(event)
  }
  return { world, clock, secret, send }
}
export type OpenedPage = ReturnType<typeof openPage>

type Sent = { readonly method?: string; readonly body?: object; readonly headers?: Readonly<Record<string, string>> }

/** A browser: it keeps cookies by site, follows redirects, and sends with each request what browsers send. */
export class TestBrowser {
  readonly #page: Pick<OpenedPage, 'send'>
  readonly #jars = new Map<string, Map<string, string>>()

  constructor(page: Pick<OpenedPage, 'send'>) {
    this.#page = page
  }

  jar(site = origin): Map<string, string> {
    const jar = this.#jars.get(site) ?? new Map<string, string>()
    this.#jars.set(site, jar)
    return jar
  }

  /** One request to the page. */
  async send(path: string, { method = 'GET', body, headers = {} }: Sent = {}): Promise<PageAnswer> {
    const url = new URL(path, origin)
    const given = await this.#page.send({
      rawPath: url.pathname,
      rawQueryString: url.search.slice(1),
      queryStringParameters: Object.fromEntries(url.searchParams),
      cookies: [...this.jar()].map(([name, value]) => `${name}=${value}`),
      headers: {
        'sec-fetch-site': 'same-origin',
        ...(method === 'GET' ? {} : { origin, 'content-type': 'application/json' }),
        ...headers,
      },
      isBase64Encoded: false,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      requestContext: { requestId: 'r', http: { method, sourceIp: '192.0.2.7' } },
    })
    for (const cookie of given.cookies ?? []) this.#keep(origin, cookie)
    return given
  }

  /** Goes where the page sends it until the provider sends it back; answers that address, without opening it. */
  async goToProvider(from: string, person: string, site: string): Promise<string> {
    let next = from
    for (let steps = 0; steps < 12 && !next.startsWith(origin); steps++) {
      const cookie = [...this.jar(site)].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(next, { redirect: 'manual', headers: { cookie } })
      for (const one of response.headers.getSetCookie()) this.#keep(site, one)
      const location = response.headers.get('location')
      if (location === null) next = `${next}?as=${encodeURIComponent(person)}`
      else next = new URL(location, next).href
    }
    return next
  }

  /** The whole way of a sign-in. */
  async signIn(person: string, site: string, asked = '/sign-in'): Promise<PageAnswer> {
    const begun = await this.send(asked)
    if (begun.statusCode !== 303) return begun
    return this.send(await this.goToProvider(begun.headers.location ?? '', person, site), {
      headers: { 'sec-fetch-site': 'cross-site' },
    })
  }

  #keep(site: string, cookie: string): void {
    const [pair = '', ...attributes] = cookie.split(';')
    const [name = '', ...value] = pair.split('=')
    const isGone = attributes.some((one) => /max-age=0$|expires=thu, 01 jan 1970/i.test(one.trim()))
    if (isGone) this.jar(site).delete(name)
    else this.jar(site).set(name, value.join('='))
  }
}

/** The page with two people who are signed in. */
export async function openWithPeople(issuer: string, settings: Settings = {}) {
  const page = openPage(issuer, settings)
  const { identityStore } = page.world
  const [ana, ben] = [
    await identityStore.createUser({ userName: 'ana' }),
    await identityStore.createUser({ userName: 'ben' }),
  ]
  const browsers = { ana: new TestBrowser(page), ben: new TestBrowser(page) }
  await browsers.ana.signIn('ana', issuer)
  await browsers.ben.signIn('ben', issuer)
  return { ...page, ids: { ana, ben }, ...browsers }
}

export function post(browser: TestBrowser, path: string, body: object, headers: Sent['headers'] = {}) {
  return browser.send(path, { method: 'POST', body, headers })
}
