import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliDecompressSync, gzipSync } from 'node:zlib'
import { once, onceEach } from '../../shared/ports/once.ts'
import type { Answer } from '../api/answer.ts'

/** The page loads only its own files, and no site can embed it in a frame. Its fonts are within its style, small pictures within its script. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  'font-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Headers of every answer. The page loads nothing from other sites, and no site can embed it in a frame. */
export const pageGuards = {
  'content-security-policy': pagePolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' } as const
/** A file with a hash in its name never changes. */
const forAYear = 'public, max-age=31536000, immutable'
const namePattern = /^\/files\/([\w-]{1,100}\.(js|css))$/

/** The bundled page: `infra/bundle-page.ts` makes its folder. The files are read once, and compressed already. */
export class PageFiles {
  readonly #readOnce: (name: string) => Promise<Buffer>
  readonly #gzipOnce: (name: string) => Promise<Buffer>

  constructor(findFolder: () => string | Promise<string>) {
    const find = once(async () => findFolder())
    this.#readOnce = onceEach(async (name: string) => readFile(join(await find(), name)))
    this.#gzipOnce = onceEach(async (name: string) => gzipSync(brotliDecompressSync(await this.#readOnce(name))))
  }

  async index(): Promise<string> {
    return (await this.#readOnce('index.html')).toString('utf8')
  }

  /** The answer to a request for a file. `undefined`: there is none of that name. */
  async answer(path: string, accepted = ''): Promise<Answer | undefined> {
    const [, name = '', type] = namePattern.exec(path) ?? []
    if (type !== 'js' && type !== 'css') return undefined
    const stored = `${name}.br`
    const packed = await this.#readOnce(stored).catch(() => undefined)
    if (packed === undefined) return undefined
    const { encoding, body } = await this.#encode(stored, packed, accepted)
    return {
      statusCode: 200,
      headers: {
        'content-type': types[type],
        'cache-control': forAYear,
        vary: 'accept-encoding',
        ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
      },
      body: body.toString('base64'),
      isBase64Encoded: true,
    }
  }

  /** Browsers accept Brotli over HTTPS and from this computer; some proxies take it out of the header. */
  async #encode(stored: string, packed: Buffer, accepted: string): Promise<{ encoding?: 'br' | 'gzip'; body: Buffer }> {
    const names = accepted.split(',').map((one) => one.split(';')[0]?.trim())
    if (names.includes('br')) return { encoding: 'br', body: packed }
    if (names.includes('gzip')) return { encoding: 'gzip', body: await this.#gzipOnce(stored) }
    return { body: brotliDecompressSync(packed) }
  }
}
