import { createSecretKey } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose'
import { clientId, closeServer, listen } from './page-world.ts'

type Forging = {
  /** Over the claims of a good token. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly by?: 'its key' | 'another key' | 'nobody' | 'the client secret'
  /** Seconds from now. */
  readonly expiresIn?: number
}

/** A provider that answers each code with the token that a test wants, and that can change its key. */
export async function openHostileProvider() {
  const state = { nonce: '', forging: {} as Forging, asked: [] as string[] }
  const newKey = async (kid: string) => ({ kid, ...(await generateKeyPair('RS256', { extractable: true })) })
  const [other, first] = [await newKey('first'), await newKey('first')]
  let own = first
  const jwks = async (): Promise<{ keys: JWK[] }> => ({
    keys: [{ ...(await exportJWK(own.publicKey)), kid: own.kid, alg: 'RS256', use: 'sig' }],
  })
  const token = async (issuer: string): Promise<string> => {
    const { claims = {}, by = 'its key', expiresIn = 300 } = state.forging
    const nowSeconds = Math.floor(Date.now() / 1000)
    const told = {
      iss: issuer,
      aud: clientId,
      sub: 'u-1',
      nonce: state.nonce,
      preferred_username: 'ana',
      iat: nowSeconds,
      exp: nowSeconds + expiresIn,
      ...claims,
    }
    if (by === 'nobody') return new UnsecuredJWT(told).encode()
    if (by === 'the client secret')
      return new SignJWT(told)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(createSecretKey(Buffer.from('local-secret-of-32-bytes-at-least')))
    const key = by === 'its key' ? own : other
    return new SignJWT(told).setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(key.privateKey)
  }
  const { url, server } = await listen(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    state.asked.push(path)
    const send = (body: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (path === '/jwks') send(await jwks())
    else if (path === '/token') send({ access_token: 'x', token_type: 'Bearer', id_token: await token(url) })
    else
      send({
        issuer: url,
        authorization_endpoint: `${url}/auth`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
      })
  })
  return {
    url,
    state,
    changeKey: async () => {
      own = await newKey('second')
    },
    close: () => closeServer(server),
  }
}
