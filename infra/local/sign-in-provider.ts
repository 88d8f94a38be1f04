import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Configuration, default as Provider } from 'oidc-provider'
import { plainStyle, renderPlainPage } from '../../handlers/page/plain-page.ts'
import { escapeHtml } from '../../shared/domain/text/escape-html.ts'

export type SignInProviderOptions = {
  /** Its address, such as `http://localhost:4568`. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUri: string
  /** Some user names of the directory with this beginning. */
  readonly find: (beginning: string) => Promise<readonly string[]>
  /** User names of those who see more of the page, by what they are: `auditor`. */
  readonly roles?: () => Promise<ReadonlyMap<string, readonly string[]>>
  /** For tests: deviations from its configuration. */
  readonly configuration?: Configuration
}

const styleHash = `sha256-${createHash('sha256').update(plainStyle).digest('base64')}`
const policy = `default-src 'none'; style-src '${styleHash}'; img-src data:; base-uri 'none'; frame-ancestors 'none'`

/**
 * The company's sign-in, played by a conformant server: the user only gives a name, where a real one asks for a password. It lives apart
 * from the page, at another site.
 */
export async function openSignInProvider(options: SignInProviderOptions): Promise<{
  readonly provider: Provider
  readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>
}> {
  const { issuer, clientId, clientSecret, redirectUri, find, roles, configuration } = options
  const { default: OidcProvider } = await import('oidc-provider')
  const provider = new OidcProvider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    claims: { openid: ['sub'], profile: ['preferred_username'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    ttl: {
      Session: 8 * 3600,
      Grant: 8 * 3600,
      Interaction: 3600,
      AuthorizationCode: 60,
      AccessToken: 600,
      IdToken: 600,
    },
    findAccount: async (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, preferred_username: id }),
    }),
    // Asks nobody for consent: the company may know its own people.
    loadExistingGrant: async ({ oidc: { provider: own, client, session } }) => {
      const grant = new own.Grant({ clientId: client?.clientId, accountId: session?.accountId })
      grant.addOIDCScope('openid profile email')
      await grant.save()
      return grant
    },
    ...configuration,
  })
  const callback = provider.callback()
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer)
    if (!pathname.startsWith('/interaction/')) {
      await callback(request, response)
      return
    }
    const chosen = searchParams.get('as')
    const names = await find(chosen ?? '')
    if (chosen !== null && names.includes(chosen)) {
      await provider.interactionFinished(request, response, { login: { accountId: chosen, acr: 'urn:ssofile:local' } })
      return
    }
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }
    response.writeHead(200, headers).end(renderChoice(names, { asked: chosen, roles: (await roles?.()) ?? new Map() }))
  }
  return { provider, serve }
}

type Choice = { readonly asked: string | null; readonly roles: ReadonlyMap<string, readonly string[]> }

function renderChoice(names: readonly string[], { asked, roles }: Choice): string {
  const item = (name: string, as = '') =>
    `<li><a href="?as=${encodeURIComponent(name)}">${as}<bdi>${escapeHtml(name)}</bdi></a></li>`
  const special = [...roles].flatMap(([role, members]) => members.map((name) => item(name, `As ${role}: `)))
  const fault =
    asked === null || names.length > 0 ? '' : `<p role="alert">There is no user <bdi>${escapeHtml(asked)}</bdi>.</p>`
  return renderPlainPage(
    'Sign in',
    `<header><h1>Sign in</h1></header>
<main>
<p>This replaces the sign-in of your company. There are no passwords here: choose a user.</p>
${fault}
<form role="search"><label>User name <input name="as" autocomplete="off" spellcheck="false" required></label> <button>Sign in</button></form>
<ul>
${[...special, ...names.map((name) => item(name))].join('\n')}
</ul>
</main>`,
  )
}
