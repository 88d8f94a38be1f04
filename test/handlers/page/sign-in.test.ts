import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { keys, openPage, openProvider, origin, secretOf, TestBrowser } from './page-world.ts'

const people = ['ana', 'Ana', 'ben', 'Jose\u0301', 'nobody-here'] as const
let provider: Awaited<ReturnType<typeof openProvider>>
beforeAll(async () => {
  provider = await openProvider(people)
})
afterAll(() => provider.close())

async function open(settings: Parameters<typeof openPage>[1] = {}) {
  const page = openPage(provider.url, settings)
  const ids = { ana: await page.world.identityStore.createUser({ userName: 'ana' }) }
  return { ...page, ids, browser: new TestBrowser(page) }
}
const sessionName = '__Host-ssofile-session'

describe('a person who signs in at the provider', () => {
  test('has a session that the page alone can read, and goes where they wanted to go', async () => {
    const { browser, ids } = await open()
    const begun = await browser.send('/sign-in?to=request=0123')
    const asked = new URL(begun.headers.location ?? '')
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      code_challenge_method: 'S256',
      response_type: 'code',
      redirect_uri: `${origin}/signed-in`,
    })
    const done = await browser.signIn('ana', provider.url, '/sign-in?to=request=0123')
    expect(done).toMatchObject({ statusCode: 303, headers: { location: `${origin}/#request=0123` } })
    const cookie = done.cookies?.find((one) => one.startsWith(sessionName)) ?? ''
    expect(cookie).toMatch(/; Path=\/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure$/)
    expect(cookie).not.toContain('ana')
    const me = await browser.send('/api/me')
    expect(JSON.parse(me.body)).toMatchObject({ userId: ids.ana, name: 'ana', isAuditor: false, isOperator: false })
  })
})
