import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { arnOfPage } from '../../shared/domain/deployment/api-caller.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import type { PageSettings } from '../../shared/domain/deployment/page-settings.ts'
import { parseIsoDuration } from '../../shared/domain/text/iso-duration.ts'
import { sayDuration } from '../../shared/modules/page/rules/say.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { isPassing } from '../../shared/ports/service-error.ts'
import { ServedDirectory } from '../../shared/reconcile/calls/served-directory.ts'
import { type Answer, refusal, refuse } from '../api/answer.ts'
import { personThrottle } from '../person-throttle.ts'
import { findPerson, judgeUser, type PageSession, pageSession } from './find-person.ts'
import { type HostedOrder, judgeHostedRequest } from './judge-hosted-request.ts'
import { cookieOf, type PageAnswer, type PageEvent } from './page-event.ts'
import { type PageFiles, pageGuards } from './page-files.ts'
import { StoredSecret } from './page-secret.ts'
import { plainStyle } from './plain-page.ts'
import { type Fault, renderRefusal } from './refusal-page.ts'
import { Seal } from './seal.ts'
import { ServedCalls } from './served-calls.ts'
import { SignIn } from './sign-in.ts'
import { endSession, isEnded } from './signed-out.ts'

export type PageOptions = {
  readonly settings: PageSettings
  /** The page's own address, such as `https://access.example.com`. */
  readonly origin: string
  /** The value of `settings.signIn.clientSecretArn`. */
  readonly readSecret: () => Promise<string>
  readonly files: PageFiles
}

/** Headers of every answer. */
const guarding = {
  ...pageGuards,
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  'strict-transport-security': 'max-age=31536000',
}
export function page(
  ports: Ports,
  configuration: Configuration,
  options: PageOptions,
): (event: PageEvent) => Promise<PageAnswer> {
  const one = new Page(ports, configuration, options)
  return (event) => one.serve(event)
}

/** A page makes one call every 20 seconds, a few more each minute, and more often just after its person did something. */
const callsOfPerson = { perSecond: 5, burst: 40 }

/** Clocks may differ by half a minute. */
const skewMs = 30_000

/**
 * The page for everybody: people sign in by the company's provider, then request, approve and look. The session only tells the person's
 * identity; every request checks the person again, and requests and decisions go through the handlers of the API.
 */
class Page {
  readonly #ports: Ports
  readonly #options: PageOptions
  readonly #seal: Seal
  readonly #signIn: SignIn
  readonly #directory: ServedDirectory
  readonly #calls: ServedCalls
  readonly #admits: (person: string) => boolean

  constructor(ports: Ports, configuration: Configuration, options: PageOptions) {
    // The provider and the browser use real time, which a local system may scale.
    const clock = ports.leaseClock
    const secret = new StoredSecret(options.readSecret, clock)
    this.#ports = ports
    this.#options = options
    this.#seal = new Seal({ secret, clock, origin: options.origin })
    this.#signIn = new SignIn({ ...options, secret, seal: this.#seal, clock })
    this.#directory = new ServedDirectory(ports, 'page')
    this.#calls = new ServedCalls(ports, configuration, options.settings, this.#directory)
    this.#admits = personThrottle(clock, callsOfPerson)
  }

  async serve(event: PageEvent): Promise<PageAnswer> {
    const order = judgeHostedRequest(event, this.#options.origin)
    const given = await this.#answer(event, order).catch((error: unknown) => {
      if (!isPassing(error)) throw error
      this.#ports.log.warn('a request could not be served now', { error })
      const busy = { received: 'no answer from AWS', expected: 'an answer', remedy: 'wait a moment, then try again' }
      return refusal(503, [busy], { 'retry-after': '1' })
    })
    return { ...given, headers: { 'cache-control': 'no-store', ...given.headers, ...guarding } }
  }

  async #answer(event: PageEvent, order: HostedOrder): Promise<PageAnswer> {
    switch (order.do) {
      case 'refuse':
        return order.answer
      case 'show the page':
        return file('text/html', await this.#options.files.index())
      case 'send a file':
        return this.#sendFile(event)
      case 'send the plain style':
        return file('text/css', plainStyle)
      case 'begin to sign in':
        return this.#begin(event)
      case 'finish to sign in':
        return this.#finish(event)
      case 'sign out':
        return this.#signOut(event)
      case 'call the API':
        return this.#call(event, order)
      default:
        return order satisfies never
    }
  }

  async #sendFile({ rawPath, headers }: PageEvent): Promise<PageAnswer> {
    const found = await this.#options.files.answer(rawPath, headers['accept-encoding'])
    return found ?? refuse(404, 'a file that this page does not have', 'a file of the page', 'load the page again')
  }

  async #signOut(event: PageEvent): Promise<PageAnswer> {
    await this.#endSession(event)
    return { statusCode: 204, headers: {}, body: '', cookies: [this.#forget('session')] }
  }

  /** Ends the session on the server, not only in this browser: somebody may have copied the cookie. */
  async #endSession(event: PageEvent): Promise<void> {
    const session = await this.#sessionOf(event)
    if (session !== undefined) await endSession(this.#ports.objects, session, this.#options.settings.sessionHours)
  }

  async #sessionOf(event: PageEvent): Promise<PageSession | undefined> {
    const text = cookieOf(event, nameOfCookie('session', this.#options.origin))
    return text === undefined ? undefined : this.#seal.open('session', text, pageSession)
  }

  /** The page's script asks for JSON: it can wait for its turn, where a browser would show the refusal of API Gateway. */
  async #begin({ headers, queryStringParameters: { to = '', fresh } = {} }: PageEvent): Promise<PageAnswer> {
    const begun = await this.#signIn.begin({ to: viewOf(to), isFresh: fresh !== undefined })
    if (begun === undefined) return this.#refuseSignIn(503, providerIsDown)
    const kept = renderCookie('sign-in', begun.kept, { origin: this.#options.origin, seconds: 600 })
    if (headers.accept === 'application/json')
      return { ...file('application/json', JSON.stringify({ url: begun.url })), cookies: [kept] }
    return { statusCode: 303, headers: { location: begun.url }, body: '', cookies: [kept] }
  }

  /** In any case the browser forgets the beginning of the sign-in: it is valid once. */
  async #finish(event: PageEvent): Promise<PageAnswer> {
    const { origin, settings } = this.#options
    const kept = cookieOf(event, nameOfCookie('sign-in', origin))
    const finished = await this.#signIn.finish(event.rawQueryString, kept)
    const from = event.requestContext.http.sourceIp
    if (!finished.ok) {
      this.#ports.log.warn('a sign-in to the page came to nothing', { why: finished.told, from })
      if (finished.why === 'down') return this.#refuseSignIn(503, providerIsDown)
      return this.#refuseSignIn(403, {
        received: finished.told,
        expected: 'a sign-in that began here and that the provider confirms',
        remedy: 'sign in again; if it fails again, ask the platform team',
      })
    }
    const found = await this.#findPerson(finished.claims).catch(busyIfPassing)
    if (found === 'busy') return this.#refuseSignIn(503, directoryIsBusy)
    if (!found.ok) {
      this.#ports.log.warn('a sign-in to the page is of no user', {
        subject: finished.claims.sub,
        ...found.fault,
        from,
      })
      return this.#refuseSignIn(403, found.fault)
    }
    const { userId, userName, authTime } = found.value
    this.#ports.log.info('a person signed in to the page', { person: userName, user: userId, authTime, from })
    // A new cookie replaces the previous one, so signing out could no longer end that session.
    await this.#endSession(event)
    const seconds = settings.sessionHours * 3600
    const until = new Date(this.#ports.leaseClock.now().getTime() + seconds * 1000)
    const session = renderCookie(
      'session',
      await this.#seal.seal('session', { ...found.value, id: this.#ports.randomness.id() }, until),
      { origin, seconds },
    )
    return {
      statusCode: 303,
      headers: { location: `${origin}/#${finished.to}` },
      body: '',
      cookies: [session, this.#forget('sign-in')],
    }
  }

  /** Users who may not act cannot sign in. */
  async #findPerson(claims: Parameters<typeof findPerson>[0]) {
    const found = await findPerson(claims, this.#options.settings.signIn, this.#directory.now)
    if (!found.ok) return found
    const judged = judgeUser(found.value, await this.#calls.findUser(found.value.userId, true))
    return judged.ok ? found : judged
  }

  async #call(
    event: PageEvent,
    { call, isDecision }: Extract<HostedOrder, { do: 'call the API' }>,
  ): Promise<PageAnswer> {
    const session = await this.#sessionOf(event)
    if (session === undefined) return refuseSession(unknownSession)
    // The browser may have a newer cookie by now, so this answer does not remove it. A copy of an ended session uses up nothing of its person.
    if (await isEnded(this.#ports.objects, session)) return refuseSession(unknownSession)
    if (!this.#admits(session.userId)) return tooMany
    const isWrite = call.startsWith('POST ')
    const judged = judgeUser(session, await this.#calls.findUser(session.userId, isWrite))
    const { userId, userName } = session
    const from = event.requestContext.http.sourceIp
    const log = this.#ports.log.with({
      person: userName,
      user: userId,
      call,
      from,
      request: event.requestContext.requestId,
    })
    if (!judged.ok) {
      log.warn('a session of the page counts no more', { ...judged.fault })
      return { ...refuseSession(judged.fault), cookies: [this.#forget('session')] }
    }
    if (isDecision && !this.#isFresh(session)) return refuseOldSignIn(this.#options.settings)
    const caller = { arn: arnOfPage(userName), sourceIpAddress: from }
    const given = await this.#calls.serve(event, { call, caller, session, log })
    log.info('a request of the page was answered', { answer: given.statusCode })
    return call.startsWith('GET ') ? pack(event, unlessKnown(event, given)) : given
  }

  /** An instant in the future proves nothing either. */
  #isFresh({ authTime, acr }: PageSession): boolean {
    const { approveWithin, signIn } = this.#options.settings
    if (authTime === undefined || (signIn.acr !== undefined && signIn.acr !== acr)) return false
    const ageMs = this.#ports.leaseClock.now().getTime() - authTime * 1000
    return ageMs >= -skewMs && ageMs <= (parseIsoDuration(approveWithin) ?? 0)
  }

  #forget(cookie: 'session' | 'sign-in'): string {
    return renderCookie(cookie, '', { origin: this.#options.origin, seconds: 0 })
  }

  #refuseSignIn(statusCode: number, fault: Fault): PageAnswer {
    const headers = { 'content-type': 'text/html; charset=utf-8' }
    return { statusCode, headers, body: renderRefusal(fault), cookies: [this.#forget('sign-in')] }
  }
}

/** The view that the text names; other text leads to the first view. It follows `#` on this page, so it names no other site. */
function viewOf(text: string): string {
  return /^[\w=.%~/?&:-]{0,2000}$/.test(text) ? text : ''
}

const providerIsDown: Fault = {
  received: "no answer from the company's sign-in",
  expected: 'an answer',
  remedy: 'try again in a minute; whoever is signed in here stays signed in',
}
function busyIfPassing(error: unknown): 'busy' {
  if (isPassing(error)) return 'busy'
  throw error
}

const directoryIsBusy: Fault = {
  received: 'no answer from the directory',
  expected: 'an answer',
  remedy: 'sign in again in a minute',
}
const unknownSession: Fault = {
  received: 'a request without a valid session',
  expected: 'a session of this page',
  remedy: 'sign in',
}

function refuseSession({ received, expected, remedy }: Fault): Answer {
  return refuse(401, received, expected, remedy)
}

/** `x-sign-in`: tells the page how to sign in again. */
function refuseOldSignIn({ approveWithin, signIn: { acr } }: PageSettings): Answer {
  const how = acr === undefined ? '' : ` as '${acr}'`
  const expected = `a sign-in${how} within ${sayDuration(approveWithin)}, whose time the provider sends (auth_time)`
  return refuse(401, 'a decision after an older sign-in', expected, 'sign in again', {
    'x-sign-in': 'fresh',
  })
}

const tooMany = refuse(429, 'too many requests from you at once', 'fewer', 'wait a moment, then try again', {
  'retry-after': '2',
})

function file(type: string, body: string): Answer {
  return { statusCode: 200, headers: { 'content-type': `${type}; charset=utf-8` }, body }
}

/** If the browser already has this content, the answer only says so. */
function unlessKnown({ headers: asked }: PageEvent, { statusCode, headers, body }: Answer): Answer {
  if (statusCode !== 200) return { statusCode, headers, body }
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  if (asked['if-none-match'] === etag) return { statusCode: 304, headers: { etag }, body: '' }
  return { statusCode, headers: { ...headers, etag }, body }
}

const packedFrom = 2048

/** API Gateway compresses nothing for HTTP APIs, and a function answers with at most 6 MB. (Lambda Developer Guide, "Lambda quotas".) */
function pack({ headers: asked }: PageEvent, { statusCode, headers, body }: Answer): Answer {
  const isPacked = body.length >= packedFrom && (asked['accept-encoding'] ?? '').includes('gzip')
  if (!isPacked) return { statusCode, headers, body }
  const packed = { ...headers, 'content-encoding': 'gzip', vary: 'accept-encoding' }
  return { statusCode, headers: packed, body: gzipSync(body, { level: 4 }).toString('base64'), isBase64Encoded: true }
}

/** Cookies of the page: the session, and a sign-in that has begun. */
type PageCookie = 'session' | 'sign-in'

/**
 * The prefix `__Host-` keeps other hosts of the same domain from setting or reading it; browsers require TLS for it, so a page on this
 * machine has none. SameSite Lax: links in mails and the provider's way back send it, requests of other pages do not. (RFC 6265bis, "The
 * __Host- prefix"; "SameSite".)
 */
function nameOfCookie(cookie: PageCookie, origin: string): string {
  return `${origin.startsWith('https:') ? '__Host-' : ''}ssofile-${cookie}`
}

/** `seconds` 0: the browser forgets it. */
function renderCookie(cookie: PageCookie, value: string, { origin, seconds }: CookieOptions): string {
  const isSecure = origin.startsWith('https:') ? '; Secure' : ''
  return `${nameOfCookie(cookie, origin)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure}`
}
type CookieOptions = { readonly origin: string; readonly seconds: number }
