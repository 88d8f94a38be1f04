import { createHash } from 'node:crypto'
import * as z from 'zod'
import { parseLooseJson } from '../../shared/domain/json/loose-json.ts'
import type { Clock } from '../../shared/ports/clock.ts'

/** One key of 256 bits for the cookies. `id` names it in them, and tells nothing of it. */
export type CookieKey = { readonly id: string; readonly bytes: Uint8Array }
export type PageSecret = { readonly clientSecret: string; readonly keys: readonly [CookieKey, ...CookieKey[]] }

const cookieKey = z
  .base64url()
  .length(43)
  .transform((text): CookieKey => {
    const bytes = new Uint8Array(Buffer.from(text, 'base64url'))
    return { id: createHash('sha256').update(bytes).digest('base64url').slice(0, 8), bytes }
  })

/** The first key seals; all open. So a new key is put first, and the one before stays for as long as sessions last. */
const pageSecret = z
  .strictObject({ clientSecret: z.string().min(1), cookieKeys: z.array(cookieKey).min(1).max(5) })
  .transform(({ clientSecret, cookieKeys: [first, ...others] }, context): PageSecret => {
    if (first !== undefined) return { clientSecret, keys: [first, ...others] }
    context.addIssue('no key')
    return z.NEVER
  })

const knownMs = 5 * 60_000
/** A key that nobody knows may be a new one, or somebody's invention: it is looked for no more often. */
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

  /** Throws where it is not what `page-secret.ts` says; the message has nothing of it. Where S M does not answer, the last one counts on. */
  async now(): Promise<PageSecret> {
    if (this.#known && this.#clock.monotonicMs() - this.#known.atMs < knownMs) return this.#known.secret
    return this.#readOnce().catch((error: unknown) => {
      if (this.#known === undefined) throw error
      return this.#known.secret
    })
  }

  /** As it is now, for a key or a client secret that is not as it was known; at most twice a minute. */
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
