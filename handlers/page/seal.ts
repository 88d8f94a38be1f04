import { decodeProtectedHeader, EncryptJWT, errors, jwtDecrypt } from 'jose'
import type * as z from 'zod'
import type { Clock } from '../../shared/ports/clock.ts'
import type { PageSecret, StoredSecret } from './page-secret.ts'

type SealOptions = { readonly secret: StoredSecret; readonly clock: Clock; readonly origin: string }

/**
 * Values that a browser keeps for ssofile, and can neither read nor change: encrypted and authenticated (JWE, `dir` with A256GCM), each for
 * one purpose, one page and one time. No other algorithm opens one.
 */
export class Seal {
  readonly #options: SealOptions

  constructor(options: SealOptions) {
    this.#options = options
  }

  async seal(purpose: string, value: Record<string, unknown>, until: Date): Promise<string> {
    const { secret, origin } = this.#options
    const [key] = (await secret.now()).keys
    return new EncryptJWT({ ...value })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: key.id })
      .setAudience(`${origin}/${purpose}`)
      .setExpirationTime(until)
      .encrypt(key.bytes)
  }

  /** `undefined`: it is not ssofile's, not for this purpose, or expired. */
  async open<T>(purpose: string, text: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const { secret, clock, origin } = this.#options
    try {
      const { kid = '' } = decodeProtectedHeader(text)
      const key = keyOf(await secret.now(), kid) ?? keyOf(await secret.again(), kid)
      if (key === undefined) return undefined
      const { payload } = await jwtDecrypt(text, key.bytes, {
        audience: `${origin}/${purpose}`,
        requiredClaims: ['exp'],
        currentDate: clock.now(),
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      })
      return schema.safeParse(payload).data
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
      throw error
    }
  }
}

function keyOf({ keys }: PageSecret, id: unknown) {
  return keys.find((key) => key.id === id)
}
