import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  clockTolerance,
  discovery,
  enableNonRepudiationChecks,
  type IDToken,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import * as z from 'zod'
import type { PageSettings } from '../../shared/domain/deployment/page-settings.ts'
import { parseIsoDuration } from '../../shared/domain/text/iso-duration.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import type { StoredSecret } from './page-secret.ts'
import type { Seal } from './seal.ts'

type SignInOptions = {
  readonly settings: PageSettings
  readonly origin: string
  readonly secret: StoredSecret
  readonly seal: Seal
  readonly clock: Clock
}

/** The view to show afterwards, and whether the provider must authenticate the person again. */
export type SignInWish = { readonly to: string; readonly isFresh: boolean }

/** `down`: the provider is at fault, not the person; nobody is signed out by it. */
export type SignedIn =
  | { readonly ok: true; readonly claims: IDToken; readonly to: string }
  | { readonly ok: false; readonly why: 'no beginning' | 'refused' | 'down'; readonly told: string }

const knownMs = 60 * 60_000
/** If a provider does not answer, not every sign-in asks it again. */
const restMs = 5_000
const begunMs = 10 * 60_000
const answerSeconds = 10
const skewSeconds = 30

const begun = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  to: z.string(),
  maxAge: z.number().optional(),
})

/**
 * Signs people in at an OpenID Connect provider: authorization code, PKCE, state and nonce, all on the server. A begun sign-in lies sealed
 * in a cookie of that browser, so an answer counts only there. The signature of the ID token is checked too.
 */
export class SignIn {
  readonly #options: SignInOptions
  #known: { readonly provider: Configuration; readonly clientSecret: string; readonly atMs: number } | undefined
  #failedAtMs = Number.NEGATIVE_INFINITY
  #asking: Promise<Configuration> | undefined

  constructor(options: SignInOptions) {
    this.#options = options
  }

  /** The address for the browser, and the value that it keeps meanwhile. `undefined`: the provider does not answer. */
  async begin({ to, isFresh }: SignInWish): Promise<{ url: string; kept: string } | undefined> {
    const { settings, seal, clock } = this.#options
    const provider = await this.#provider().catch(() => undefined)
    if (provider === undefined) return undefined
    const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()]
    // Half of it, so that the person has time to read before it ends.
    const maxAge = isFresh ? Math.floor((parseIsoDuration(settings.approveWithin) ?? 0) / 2000) : undefined
    const url = buildAuthorizationUrl(provider, {
      redirect_uri: this.#redirectUri,
      scope: 'openid profile email',
      response_type: 'code',
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      // With it a provider must send the time of the authentication (auth_time). ssofile accepts one that does not, but not for decisions.
      // (OpenID Connect Core, "ID Token".)
      max_age: String(maxAge ?? settings.sessionHours * 3600),
      ...(maxAge === undefined || settings.signIn.acr === undefined ? {} : { acr_values: settings.signIn.acr }),
    })
    const until = new Date(clock.now().getTime() + begunMs)
    const kept = await seal.seal('sign-in', { state, nonce, verifier, to, maxAge }, until)
    return { url: url.href, kept }
  }

  /** The result of a sign-in. `query`: from the address to which the provider sent the browser back. */
  async finish(query: string, kept: string | undefined): Promise<SignedIn> {
    const { seal } = this.#options
    const beginning = kept === undefined ? undefined : await seal.open('sign-in', kept, begun)
    if (beginning === undefined)
      return {
        ok: false,
        why: 'no beginning',
        told: 'a sign-in that this browser did not begin, or began more than ten minutes ago',
      }
    const { state, nonce, verifier, to, maxAge } = beginning
    let provider: Configuration
    try {
      provider = await this.#provider()
    } catch {
      return { ok: false, why: 'down', told: 'no answer from the sign-in provider' }
    }
    try {
      const tokens = await authorizationCodeGrant(provider, new URL(`${this.#redirectUri}?${query}`), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
        ...(maxAge === undefined ? {} : { maxAge }),
      })
      const claims = tokens.claims()
      if (claims === undefined) return { ok: false, why: 'refused', told: 'a sign-in without an ID token' }
      return { ok: true, claims, to }
    } catch (error) {
      return await this.#explain(error)
    }
  }

  get #redirectUri(): string {
    return `${this.#options.origin}/signed-in`
  }

  /** The library reads the provider's keys again when a token names an unknown one. */
  async #provider(): Promise<Configuration> {
    const { secret, clock } = this.#options
    const { clientSecret } = await secret.now()
    const nowMs = clock.monotonicMs()
    const known = this.#known?.clientSecret === clientSecret ? this.#known : undefined
    if (known && nowMs - known.atMs < knownMs) return known.provider
    if (nowMs - this.#failedAtMs < restMs) {
      if (known) return known.provider
      throw new Error('the sign-in provider did not answer a moment ago')
    }
    this.#asking ??= this.#discover(clientSecret).finally(() => {
      this.#asking = undefined
    })
    return this.#asking.catch((error: unknown) => {
      if (known === undefined) throw error
      return known.provider
    })
  }

  async #discover(clientSecret: string): Promise<Configuration> {
    const { clock, settings } = this.#options
    const { issuer, clientId } = settings.signIn
    const isPlain = new URL(issuer).protocol === 'http:'
    try {
      const provider = await discovery(
        new URL(issuer),
        clientId,
        { client_secret: clientSecret, [clockTolerance]: skewSeconds },
        undefined,
        { timeout: answerSeconds, execute: [enableNonRepudiationChecks, ...(isPlain ? [allowInsecureRequests] : [])] },
      )
      this.#known = { provider, clientSecret, atMs: clock.monotonicMs() }
      return provider
    } catch (error) {
      this.#failedAtMs = clock.monotonicMs()
      throw error
    }
  }

  async #explain(error: unknown): Promise<SignedIn> {
    const { name = '', message = '', cause } = error instanceof Error ? error : {}
    const status = cause instanceof Response ? cause.status : undefined
    if (
      name === 'TypeError' ||
      name === 'TimeoutError' ||
      name === 'AbortError' ||
      (status !== undefined && status >= 500)
    )
      return { ok: false, why: 'down', told: 'no answer from the sign-in provider' }
    // The client secret may have changed a moment ago.
    await this.#options.secret.again()
    return { ok: false, why: 'refused', told: `a sign-in that could not be verified (${message})` }
  }
}
