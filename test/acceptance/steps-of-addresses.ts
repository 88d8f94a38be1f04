import { SkippedStep, type Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'
import { putSet } from './put-link.ts'

const api: Step<AcceptanceContext> = {
  name: 'API: a signed request grants access, another takes it away, and one without a signature is refused',
  async run(context, note) {
    const { account, group, api: address, endpoint } = context.options
    if (address === undefined) throw new SkippedStep("there is no address: --api URL, the stack's output ApiUrl")
    const set = `${context.prefix}-api`
    const linkData = `account%${account}%${set}%${group}%GROUP%ssofile`
    const link = `links_data/${linkData}`
    await putSet(context, set)
    context.undo(link, async () => {
      await context.remove(link)
      await context.untilGoneMs(link)
    })
    const body = (action: string) => JSON.stringify({ action, linkData })
    const call = async (action: string) => {
      const signed = context.signedApi('uploader', address, 'execute-api')
      const asked = { method: 'POST', path: '/links', query: {}, body: body(action) } as const
      const { status, body: answer } = await signed.call(asked, AbortSignal.timeout(30_000))
      if (status !== 202) throw new Error(`POST /links to ${action}: received ${status}, expected 202: ${answer}`)
    }
    await call('create')
    note({ apiToGrantedMs: await context.untilStateMs('applied', link) })
    await call('delete')
    note({ apiToRevokedMs: await context.untilGoneMs(link) })
    // The local system answers requests without a signature, too.
    if (endpoint !== undefined) return
    const headers = { 'content-type': 'application/json' }
    const unsigned = await fetch(`${address}/links`, { method: 'POST', headers, body: body('create') })
    note({ unsignedApiStatus: unsigned.status })
    if (unsigned.status !== 403) throw new Error(`without a signature: received ${unsigned.status}, expected 403`)
  },
}

const page: Step<AcceptanceContext> = {
  name: 'page: it is served with its guards, leads to the sign-in, and tells nothing without one',
  async run(context, note) {
    const { page: address } = context.options
    if (address === undefined) throw new SkippedStep("there is no address: --page URL, the stack's output PageUrl")
    const get = (path: string) =>
      fetch(new URL(path, address), { redirect: 'manual', signal: AbortSignal.timeout(30_000) })
    const [shown, told, signIn] = [await get('/'), await get('/api/me'), await get('/sign-in')]
    const leadsTo = signIn.headers.get('location') ?? address
    note({ pageStatus: shown.status, pageWithoutSessionStatus: told.status, signInStatus: signIn.status })
    if (shown.status !== 200 || !shown.headers.has('content-security-policy'))
      throw new Error(`GET /: received ${shown.status}, expected 200 with a content-security-policy`)
    if (told.status !== 401) throw new Error(`GET /api/me: received ${told.status}, expected 401: ${await told.text()}`)
    if (new URL(leadsTo, address).origin === new URL(address).origin)
      throw new Error(`GET /sign-in: received ${signIn.status} ${leadsTo}, expected the address of the provider`)
  },
}

export const stepsOfAddresses: readonly Step<AcceptanceContext>[] = [api, page]
