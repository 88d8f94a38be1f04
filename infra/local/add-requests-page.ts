import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { openPage } from '../../handlers/cli/terminal/open-page.ts'
import { plainStyle, renderPlainPage } from '../../handlers/page/plain-page.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { escapeHtml } from '../../shared/domain/text/escape-html.ts'
import type { PersonSessions } from '../../shared/memory/iam/person-sessions.ts'
import type { MemoryIdentityStore } from '../../shared/memory/identity-store/memory-identity-store.ts'
import { localAccountId, localRegion } from './local-account.ts'

type Models = { readonly identityStore: MemoryIdentityStore; readonly sessions: PersonSessions }
/** The address of the local system, once it listens. */
type Serving = { url?: string; stop(): Promise<void> }

const path = '/_ssofile/requests'
/** One page of the directory; people find others by name. */
const peopleMost = 100
const styleHash = `sha256-${createHash('sha256').update(plainStyle).digest('base64')}`
const policy = `default-src 'none'; style-src '${styleHash}'; img-src data:; base-uri 'none'; frame-ancestors 'none'`

/**
 * `GET /_ssofile/requests`: a list of all users to choose from; `?as=<user>` leads to the page that `ssofile browse` serves, opened with a
 * session of that user. Each person's page has a port, and so a browser memory, of its own.
 */
export function addRequestsPage(app: FastifyInstance, { identityStore, sessions }: Models): Serving {
  /** The page of each person, by user name. Opening it again ends the previous one. */
  const pages = new Map<string, { readonly close: () => void }>()
  const serving: Serving = {
    stop: async () => {
      for (const { close } of pages.values()) close()
    },
  }
  app.get<{ Querystring: { as?: string } }>(path, async ({ query: { as: user } }, reply) => {
    const { url } = serving
    const session = user === undefined ? undefined : sessions.speakFor(user, accountId.parse(localAccountId))
    if (url === undefined || user === undefined || session === undefined) {
      const { items } = await identityStore.listUsers({ most: peopleMost })
      const names = items.map(({ userName }) => userName).sort()
      return reply
        .code(user === undefined ? 200 : 404)
        .headers({ 'content-security-policy': policy, 'cache-control': 'no-store' })
        .type('text/html; charset=utf-8')
        .send(renderPeople(names, user))
    }
    const credentials = { accessKeyId: session.accessKeyId, secretAccessKey: 'local' }
    pages.get(user)?.close()
    const opened = await openPage({ address: new URL(`${url}/api`), as: { credentials, region: localRegion }, port: 0 })
    pages.set(user, opened)
    return reply.redirect(opened.url, 303)
  })
  return serving
}

/** `unknown`: the requested name, if no user has it. */
function renderPeople(names: readonly string[], unknown: string | undefined): string {
  const item = (name: string) =>
    `<li><a href="?as=${encodeURIComponent(name)}" target="_blank" rel="noopener"><bdi>${escapeHtml(name)}</bdi></a></li>`
  const fault = unknown === undefined ? '' : `<p role="alert">There is no user <bdi>${escapeHtml(unknown)}</bdi>.</p>`
  return renderPlainPage(
    'Temporary access: choose a user',
    `<header><h1>Temporary access</h1></header>
<main>
<p>Choose a user to see their page. On the local system you can act as anybody. On AWS, everybody acts only as themselves: ssofile browse.</p>
${fault}
<form role="search" target="_blank"><label>User name <input name="as" autocomplete="off" spellcheck="false" required></label> <button>Open</button></form>
<ul>
${names.map(item).join('\n')}
</ul>
${names.length < peopleMost ? '' : `<p>These are the first ${peopleMost} users. To open the page of another user, type the name.</p>`}
</main>`,
  )
}
