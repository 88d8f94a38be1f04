import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { EncryptJWT } from 'jose'
import { isShallow } from '../../depth.ts'
import { openHostileProvider } from './hostile-provider.ts'
import { keys, openPage, openProvider, origin, secretOf, TestBrowser } from './page-world.ts'

const dateNow = Date.now
const decomposed = 'Jose\u0301'
let provider: Awaited<ReturnType<typeof openProvider>>
beforeAll(async () => {
  provider = await openProvider(['ana', 'Ana', 'ben', decomposed, 'nobody-here'])
})
afterEach(() => {
  Date.now = dateNow
  provider.state.isDown = false
})
afterAll(() => provider.close())

async function open(settings: Parameters<typeof openPage>[1] = {}, issuer = provider.url) {
  const page = openPage(issuer, settings)
  const ana = await page.world.identityStore.createUser({ userName: 'ana' })
  return { ...page, ana, browser: new TestBrowser(page) }
}
const session = '__Host-ssofile-session'
const beginning = '__Host-ssofile-sign-in'
const minuteMs = 60_000

describe('a person who signs in at the provider', () => {
  test('has a session that the page alone can read, and goes where they wanted to go', async () => {
    const { browser, ana } = await open()
    const begun = await browser.send('/sign-in?to=request=0123')
    const asked = new URL(begun.headers.location ?? '')
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      code_challenge_method: 'S256',
      response_type: 'code',
      redirect_uri: `${origin}/signed-in`,
    })
    const done = await browser.signIn('ana', provider.url, '/sign-in?to=request=0123')
    expect(done).toMatchObject({ statusCode: 303, headers: { location: `${origin}/#request=0123` } })
    const cookie = done.cookies?.find((one) => one.startsWith(session)) ?? ''
    expect(cookie).toMatch(/; Path=\/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure$/)
    expect(browser.jar().has(beginning)).toBe(false)
    const me = await browser.send('/api/me')
    expect(JSON.parse(me.body)).toMatchObject({ userId: ana, name: 'ana', isAuditor: false })
  })

  test('gets the way to the provider also as JSON, so that the page can wait for its turn', async () => {
    const { browser } = await open()
    const begun = await browser.send('/sign-in?to=access', { headers: { accept: 'application/json' } })
    expect(begun.statusCode).toBe(200)
    expect(new URL(JSON.parse(begun.body).url).origin).toBe(new URL(provider.url).origin)
    expect(browser.jar().has(beginning)).toBe(true)
  })

  test.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'x%0d%0aset-cookie:a=b',
    'javascript:alert(1)',
  ])('is never sent to another site: %s', async (to) => {
    const { browser } = await open()
    const done = await browser.signIn('ana', provider.url, `/sign-in?to=${encodeURIComponent(to)}`)
    const location = new URL(done.headers.location ?? '')
    expect({ origin: location.origin, path: location.pathname }).toEqual({ origin, path: '/' })
    expect(done.headers.location).not.toMatch(/[\r\n]/)
  })

  test('signs out', async () => {
    const { browser } = await open()
    await browser.signIn('ana', provider.url)
    expect(await browser.send('/sign-out', { method: 'POST' })).toMatchObject({ statusCode: 204 })
    expect(await browser.send('/api/me')).toMatchObject({ statusCode: 401 })
  })

  test.each([
    ['differs in case', 'Ana', 'ana'],
    ['has another Unicode form', decomposed, 'José'],
    ['is nobody’s', 'nobody-here', 'ben'],
  ])('is refused with what to do where the name %s', async (_, told, userName) => {
    const { browser, world } = await open()
    if (userName !== 'ana') await world.identityStore.createUser({ userName })
    const refused = await browser.signIn(told, provider.url)
    expect(refused.statusCode).toBe(403)
    expect(refused.body).toContain('a user of IAM Identity Center whose UserName is exactly that, capitals included')
    expect(browser.jar().has(session)).toBe(false)
  })

  test('is refused where the identity store finds a name that is not the same by each character', async () => {
    const { browser, world, ana } = await open()
    // As a store that does not look at capitals would answer.
    world.identityStore.findPrincipalId = async () => ana
    expect(await browser.signIn('Ana', provider.url)).toMatchObject({ statusCode: 403 })
  })

  test('is refused while they are disabled', async () => {
    const { browser, world, ana } = await open()
    await world.identityStore.setUserStatus(ana, 'DISABLED')
    const refused = await browser.signIn('ana', provider.url)
    expect(refused.statusCode).toBe(403)
    expect(refused.body).toContain('a user who is disabled')
  })
})

describe('a token that is not of this sign-in', () => {
  let hostile: Awaited<ReturnType<typeof openHostileProvider>>
  beforeAll(async () => {
    hostile = await openHostileProvider()
  })
  afterAll(() => hostile.close())

  async function answerWith(forging: (typeof hostile.state)['forging'], settings = {}) {
    const opened = await open(settings, hostile.url)
    const begun = await opened.browser.send('/sign-in')
    const { searchParams } = new URL(begun.headers.location ?? '')
    Object.assign(hostile.state, { nonce: searchParams.get('nonce'), forging })
    const answered = await opened.browser.send(`/signed-in?code=1&state=${searchParams.get('state')}`)
    return { ...opened, answered }
  }

  test('a good one of this provider is taken', async () => {
    const { answered } = await answerWith({})
    expect(answered.statusCode).toBe(303)
  })

  test.each<[string, Parameters<typeof answerWith>[0]]>([
    ['is signed by another key', { by: 'another key' }],
    ['is not signed (alg none)', { by: 'nobody' }],
    ['is signed with the client secret (HS256)', { by: 'the client secret' }],
    ['is for another client', { claims: { aud: 'other' } }],
    ['is for several clients, and was given to another', { claims: { aud: ['ssofile', 'other'], azp: 'other' } }],
    ['is of another issuer', { claims: { iss: 'https://evil.example' } }],
    ['is over', { expiresIn: -60 }],
    ['has another nonce', { claims: { nonce: 'replayed' } }],
    ['has no nonce', { claims: { nonce: undefined } }],
    ['has no subject', { claims: { sub: undefined } }],
    ['is not valid yet', { claims: { nbf: Math.floor(Date.now() / 1000) + 300 } }],
  ])('one that %s is refused', async (_, forging) => {
    const { answered, browser } = await answerWith(forging)
    expect(answered.statusCode).toBe(403)
    expect(answered.body).toContain('could not be verified')
    expect(browser.jar().has(session)).toBe(false)
  })

  test('clocks may be half a minute apart', async () => {
    expect((await answerWith({ expiresIn: -20 })).answered.statusCode).toBe(303)
  })

  test.each([
    ['several names', ['ana', 'ben']],
    ['none', undefined],
    ['an empty one', ''],
    ['a number', 7],
  ])('a claim with %s is refused', async (_, name) => {
    const { answered } = await answerWith({ claims: { preferred_username: name } })
    expect(answered.statusCode).toBe(403)
  })

  test('a mail address counts only where the provider has verified it', async () => {
    const settings = { signIn: { userNameClaim: 'email' } }
    expect((await answerWith({ claims: { email: 'ana' } }, settings)).answered.statusCode).toBe(403)
    const verified = { email: 'ana', email_verified: true }
    expect((await answerWith({ claims: verified }, settings)).answered.statusCode).toBe(303)
    const asText = { email: 'ana', email_verified: 'true' }
    expect((await answerWith({ claims: asText }, settings)).answered.statusCode).toBe(403)
  })

  test('the provider’s new key counts a minute later, and the one before no more', async () => {
    const { browser } = await answerWith({})
    await hostile.changeKey()
    Date.now = () => dateNow() + 61_000
    const begun = await browser.send('/sign-in')
    const { searchParams } = new URL(begun.headers.location ?? '')
    hostile.state.nonce = searchParams.get('nonce') ?? ''
    expect(await browser.send(`/signed-in?code=1&state=${searchParams.get('state')}`)).toMatchObject({
      statusCode: 303,
    })
  })

  test('many beginnings ask the provider once, and nothing of them is kept here', async () => {
    const { browser } = await open({}, hostile.url)
    hostile.state.asked.length = 0
    for (let count = 0; count < (isShallow ? 100 : 1_000); count++) {
      browser.jar().clear()
      const begun = await browser.send('/sign-in')
      if (begun.statusCode !== 303) throw new Error(begun.body)
    }
    expect(hostile.state.asked).toEqual(['/.well-known/openid-configuration'])
  }, 60_000)
})

describe('an answer of the provider', () => {
  async function answeredTo(browser: TestBrowser) {
    const begun = await browser.send('/sign-in')
    return browser.goToProvider(begun.headers.location ?? '', 'ana', provider.url)
  }

  test('counts in the browser that began the sign-in, and in no other', async () => {
    const page = await open()
    const address = await answeredTo(page.browser)
    const victim = new TestBrowser(page)
    expect(await victim.send(address)).toMatchObject({ statusCode: 403 })
    // A browser that began one of its own: somebody else's answer has another state.
    await victim.send('/sign-in')
    expect(await victim.send(address)).toMatchObject({ statusCode: 403 })
    expect(victim.jar().has(session)).toBe(false)
    // The state was right in its own browser, until it was used up there.
    expect(await page.browser.send(address)).toMatchObject({ statusCode: 303 })
  })

  test('counts once: what the browser kept is gone, and the provider takes no code twice', async () => {
    const { browser } = await open()
    const begun = await browser.send('/sign-in')
    const kept = browser.jar().get(beginning) ?? ''
    const address = await browser.goToProvider(begun.headers.location ?? '', 'ana', provider.url)
    expect(await browser.send(address)).toMatchObject({ statusCode: 303 })
    expect(await browser.send(address)).toMatchObject({ statusCode: 403 })
    browser.jar().set(beginning, kept)
    expect(await browser.send(address)).toMatchObject({ statusCode: 403 })
  })

  test('counts within ten minutes', async () => {
    const { browser, clock } = await open()
    const address = await answeredTo(browser)
    clock.move(11 * minuteMs)
    expect(await browser.send(address)).toMatchObject({ statusCode: 403 })
  })

  test('that says no is told', async () => {
    const { browser } = await open()
    const begun = await browser.send('/sign-in')
    const state = new URL(begun.headers.location ?? '').searchParams.get('state')
    const refused = await browser.send(
      `/signed-in?error=access_denied&state=${state}&iss=${encodeURIComponent(provider.url)}`,
    )
    expect(refused.statusCode).toBe(403)
  })
})

describe('a session', () => {
  test('is replaced by a sign-in: nobody’s earlier one stays in the browser', async () => {
    const { browser, world } = await open()
    await world.identityStore.createUser({ userName: 'ben' })
    browser.jar().set(session, 'planted')
    await browser.signIn('ben', provider.url)
    expect(JSON.parse((await browser.send('/api/me')).body)).toMatchObject({ name: 'ben' })
  })

  test('lasts as long as is configured, whoever keeps the cookie', async () => {
    const { browser, clock } = await open({ sessionHours: 2 })
    await browser.signIn('ana', provider.url)
    clock.move(119 * minuteMs)
    expect(await browser.send('/api/me')).toMatchObject({ statusCode: 200 })
    clock.move(2 * minuteMs)
    expect(await browser.send('/api/me')).toMatchObject({ statusCode: 401 })
  })

  test.each<[string, (good: string, kept: string) => Promise<string> | string]>([
    ['changed in one place', (good) => `${good.slice(0, -3)}${good.endsWith('AAA') ? 'BBB' : 'AAA'}`],
    ['cut', (good) => good.slice(0, 40)],
    ['empty', () => ''],
    ['no token', () => 'ana'],
    ['the beginning of a sign-in', (_good, kept) => kept],
    ['sealed with a key that nobody gave', () => sealed(new Uint8Array(32).fill(9), `${origin}/session`)],
    ['sealed for another page', () => sealed(Buffer.from(keys[0], 'base64url'), 'https://other.example/session')],
  ])('that is %s is none', async (_, forge) => {
    const { browser } = await open()
    await browser.send('/sign-in')
    const kept = browser.jar().get(beginning) ?? ''
    await browser.signIn('ana', provider.url)
    browser.jar().set(session, await forge(browser.jar().get(session) ?? '', kept))
    expect(await browser.send('/api/me')).toMatchObject({ statusCode: 401 })
  })

  test('outlives a change of the key while the one before is kept, and not when it is gone', async () => {
    const page = await open()
    const { browser, secret, clock } = page
    await browser.signIn('ana', provider.url)
    secret.value = secretOf([keys[1], keys[0]])
    clock.move(6 * minuteMs)
    expect(await browser.send('/api/me')).toMatchObject({ statusCode: 200 })
    const later = new TestBrowser(page)
    await later.signIn('ana', provider.url)
    secret.value = secretOf([keys[1]])
    clock.move(6 * minuteMs)
    expect(await browser.send('/api/me')).toMatchObject({ statusCode: 401 })
    expect(await later.send('/api/me')).toMatchObject({ statusCode: 200 })
  })

  test('that another instance sealed with a newer key is opened at once', async () => {
    const page = await open()
    const { browser, secret, clock } = page
    await browser.signIn('ana', provider.url)
    clock.move(minuteMs)
    secret.value = secretOf([keys[1], keys[0]])
    const of = { id: 'a', userId: page.ana, userName: 'ana' }
    browser.jar().set(session, await sealed(Buffer.from(keys[1], 'base64url'), `${origin}/session`, of, 'new'))
    expect(await browser.send('/api/me')).toMatchObject({ statusCode: 401 })
    browser.jar().set(session, await sealed(Buffer.from(keys[1], 'base64url'), `${origin}/session`, of))
    expect(await browser.send('/api/me')).toMatchObject({ statusCode: 200 })
  })

  test('goes on while the provider is down, which is told to who signs in', async () => {
    const page = await open()
    await page.browser.signIn('ana', provider.url)
    provider.state.isDown = true
    expect(await page.browser.send('/api/me')).toMatchObject({ statusCode: 200 })
    const newcomer = openPage(provider.url)
    const told = await new TestBrowser(newcomer).send('/sign-in')
    expect(told.statusCode).toBe(503)
    expect(told.body).toContain('whoever is signed in here stays signed in')
  })

  test.each<[string, (page: Awaited<ReturnType<typeof open>>) => Promise<unknown>]>([
    ['renamed', ({ world, ana }) => world.identityStore.updateUser(ana, [{ path: 'userName', value: 'anna' }])],
    ['deleted', ({ world, ana }) => world.identityStore.deleteUser(ana)],
    ['disabled', async ({ world, ana }) => world.identityStore.setUserStatus(ana, 'DISABLED')],
    [
      'deleted, and somebody else has the name',
      async ({ world, ana }) => {
        await world.identityStore.deleteUser(ana)
        await world.identityStore.createUser({ userName: 'ana' })
      },
    ],
  ])('of somebody who was %s meanwhile changes and reads nothing after five seconds', async (_, happens) => {
    const page = await open()
    await page.browser.signIn('ana', provider.url)
    expect(await page.browser.send('/api/me')).toMatchObject({ statusCode: 200 })
    const copy = new TestBrowser(page)
    copy.jar().set(session, page.browser.jar().get(session) ?? '')
    await happens(page)
    await page.world.clock.advance(5_000)
    const body = { digest: '0123456789abcdef0123456789abcdef', decision: 'approve' }
    expect(await page.browser.send('/api/approvals', { method: 'POST', body })).toMatchObject({ statusCode: 401 })
    expect(await page.world.keys('approvals/')).toEqual([])
    expect(page.browser.jar().has(session)).toBe(false)
    expect(await copy.send('/api/me')).toMatchObject({ statusCode: 401 })
  })
})

/** As the page would seal it, with a key and for a purpose of somebody else's choice. */
async function sealed(bytes: Uint8Array, audience: string, of: object = {}, kid?: string): Promise<string> {
  const { createHash } = await import('node:crypto')
  const id = kid ?? createHash('sha256').update(bytes).digest('base64url').slice(0, 8)
  return new EncryptJWT({ userId: '11111111-2222-3333-4444-555555555555', userName: 'ana', ...of })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: id })
    .setAudience(audience)
    .setExpirationTime('1h')
    .encrypt(bytes)
}
