import { createHash } from 'node:crypto'
import * as z from 'zod'
import { parseLooseJson } from '../../shared/domain/json/loose-json.ts'
import type { Clock } from '../../shared/ports/clock.ts'

/** One key of 256 bits for the cookies. `id` names the key in them, and tells nothing about it. */
export type CookieKey = { readonly id: string; readonly bytes: Uint8Array }
export type PageSecret = { readonly clientSecret: string; readonly keys: readonly [CookieKey, ...CookieKey[]] }

const cookieKey = z
  .base64url()
  .length(43)
  .transform((text): CookieKey => {
    const bytes = new Uint8Array(Buffer.from(text, 'base64url'))
    return { id: createHash('sha256').update(bytes).digest('base64url').slice(0, 8), bytes }
  })

/** The first key seals; all open. So put a new key first, and keep the previous one for as long as sessions last. */
const pageSecret = z
  .strictObject({ clientSecret: z.string().min(1), cookieKeys: z.array(cookieKey).min(1).max(5) })
  .transform(({ clientSecret, cookieKeys: [first, ...others] }, context): PageSecret => {
    if (first !== undefined) return { clientSecret, keys: [first, ...others] }
    context.addIssue('no key')
    return z.NEVER
  })

const knownMs = 5 * 60_000
/** An unknown key may be a new one, or an invention: search for it no more often. */
const againMs = 30_000

/** The secret of the page as it is stored, read again after five minutes. */
export class StoredSecret {
  readonly #read: () => Promise<string>
  readonly #clock: Clock
  #known: { readonly secret: PageSecret; readonly atMs: number } | undefined
  #reading: Promise<PageSecret> | undefined

  constructor(read: () => Promise<string>, clock: Clock) {
    this.#read = read
    this.#clock = clock
  }

  /**
   * Throws if the secret does not match `page-secret.ts`; the message contains nothing of it. If Secrets Manager does not answer, the last
   * one stays in use.
   */
  async now(): Promise<PageSecret> {
    if (this.#known && this.#clock.monotonicMs() - this.#known.atMs < knownMs) return this.#known.secret
    return this.#readOnce().catch((error: unknown) => {
      if (this.#known === undefined) throw error
      return this.#known.secret
    })
  }

  /** Reads the secret again, for an unknown key or a refused client secret; at most twice a minute. */
  async again(): Promise<PageSecret> {
    if (this.#known && this.#clock.monotonicMs() - this.#known.atMs < againMs) return this.#known.secret
    return this.#readOnce()
  }

  #readOnce(): Promise<PageSecret> {
    this.#reading ??= this.#parse().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #parse(): Promise<PageSecret> {
    const text = await this.#read()
    const secret = pageSecret.safeParse(parseLooseJson(text)).data
    if (secret === undefined)
      throw new Error(
        'the secret of the page: received something else, expected { "clientSecret": "…", "cookieKeys": ["<43 characters of base64url: 32 random bytes>"] }; docs/page.md says how to make it',
      )
    this.#known = { secret, atMs: this.#clock.monotonicMs() }
    return secret
  }
}
