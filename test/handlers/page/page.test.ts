import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { recordUses } from '../../../shared/modules/usage/use-records.ts'
import { filesOf, openProvider, openWithPeople, post, TestBrowser } from './page-world.ts'

let provider: Awaited<ReturnType<typeof openProvider>>
beforeAll(async () => {
  provider = await openProvider(['ana', 'ben'])
})
afterAll(() => provider.close())

const minuteMs = 60_000
const digest = '0123456789abcdef0123456789abcdef'
const approval = { digest, decision: 'approve' }
const linkData = 'account%233000000002%Admin-ps%ana%USER%ssofile'
const asking = { action: 'ask', linkData, requestDetails: { duration: 'PT4H', reason: 'disk' } }

const open = (settings: Parameters<typeof openWithPeople>[1] = {}) => openWithPeople(provider.url, settings)

describe('what comes by the page', () => {
  test('is asked under the own id; the object says by whom, by what and from where', async () => {
    const { ana, ids, world } = await open()
    expect(await post(ana, '/api/requests', asking)).toMatchObject({ statusCode: 202 })
    const stored = await world.objects.get(`requests/${ids.ana}/${linkData}`)
    expect(stored?.metadata).toMatchObject({ 'ssofile-caller': 'page:ana', 'ssofile-caller-address': '192.0.2.7' })
  })

  test('is refused before the upload if nobody can approve the request', async () => {
    const { ana, world } = await open()
    const eligibility = { for: { users: ['ana'] }, permissionSets: ['Admin-ps'], scopes: ['root%all'], longest: 'PT8H' }
    const approvers = { groups: ['approvers-gone'] }
    await world.objects.put('eligibility/admins.json', JSON.stringify({ ...eligibility, approvers }))
    const refused = await post(ana, '/api/requests', asking)
    expect(refused.statusCode).toBe(400)
    expect(JSON.stringify(refused)).toContain("nobody can approve it: group 'approvers-gone' does not exist")
    expect(await world.keys('requests/')).toEqual([])
  })

  test('is nobody else’s: who asks in another name, finishes for others or sends an id is refused', async () => {
    const { ben, ids, world } = await open()
    expect(await post(ben, '/api/requests', asking)).toMatchObject({ statusCode: 403 })
    expect(await post(ben, '/api/requests', { action: 'finish', linkData, user: ids.ana })).toMatchObject({
      statusCode: 403,
    })
    expect(await ben.send('/api/requests?of=all')).toMatchObject({ statusCode: 403 })
    expect(await ben.send('/api/everybody')).toMatchObject({ statusCode: 403 })
    expect(await world.keys('requests/')).toEqual([])
  })

  test('is extended only where it is granted, and the same person’s', async () => {
    const { ana, ids, world } = await open()
    const key = `requests/${ids.ana}/${linkData}`
    const extending = { ...asking, action: 'extend', requestDetails: { duration: 'PT8H', reason: 'not done' } }
    await post(ana, '/api/requests', asking)
    expect(await post(ana, '/api/requests', extending)).toMatchObject({ statusCode: 409 })
    const head = await world.objects.head(key)
    const status = { input: key, state: 'applied', etag: head?.etag, updatedAt: '2026-03-03T10:00:00.000Z' }
    await world.objects.put(`status/${key}.json`, JSON.stringify(status))
    expect(await post(ana, '/api/requests', asking)).toMatchObject({ statusCode: 409 })
    expect(await post(ana, '/api/requests', extending)).toMatchObject({ statusCode: 202 })
  })
})

test('the page knows the pages of other organizations from the environment, and only safe addresses are valid', async () => {
  const organizations = [{ name: 'globex', url: 'https://access.globex.example' }]
  const { ben } = await open({ organizations })
  expect(JSON.parse((await ben.send('/api/me')).body)).toMatchObject({ name: 'ben', organizations })
  for (const url of ['http://access.globex.example', 'javascript:alert(1)'])
    await expect(open({ organizations: [{ name: 'globex', url }] })).rejects.toThrow('https://')
})

describe('a decision', () => {
  test('needs a sign-in of the last minutes, and is taken after another one', async () => {
    const { ben, ids, world, clock } = await open({ approveWithin: 'PT10M' })
    expect(await post(ben, '/api/approvals', approval)).toMatchObject({ statusCode: 202 })
    clock.move(11 * minuteMs)
    const other = { ...approval, digest: digest.replace(/^0/, 'f') }
    const refused = await post(ben, '/api/approvals', other)
    expect(refused).toMatchObject({ statusCode: 401, headers: { 'x-sign-in': 'fresh' } })
    expect(await ben.send('/api/me')).toMatchObject({ statusCode: 200 })
    expect(await world.keys('approvals/')).toEqual([`approvals/${ids.ben}/${digest}`])
    const asked = await ben.send(`/sign-in?to=request=${other.digest}&fresh`)
    expect(new URL(asked.headers.location ?? '').searchParams.get('max_age')).toBe('300')
  })

  test('needs the kind of sign-in that is configured', async () => {
    const { ben } = await open({ signIn: { acr: 'phishing-resistant' } })
    expect(await post(ben, '/api/approvals', approval)).toMatchObject({ statusCode: 401 })
  })
})

describe('a request of another page', () => {
  test.each<[string, string, string, Readonly<Record<string, string>>]>([
    ['a form', 'POST', '/api/approvals', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    [
      'a script of an old browser',
      'POST',
      '/api/approvals',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    ],
    [
      'a page of the same domain',
      'POST',
      '/api/approvals',
      { origin: 'https://x.example.com', 'sec-fetch-site': 'same-site' },
    ],
    ['a page without an origin', 'POST', '/api/approvals', { origin: 'null' }],
    ['a text that is JSON', 'POST', '/api/approvals', { 'content-type': 'text/plain' }],
    ['an image', 'GET', '/api/requests', { 'sec-fetch-site': 'cross-site' }],
    ['a form that signs out', 'POST', '/sign-out', { origin: 'https://evil.example' }],
  ])('changes and reads nothing: %s', async (_, method, path, headers) => {
    const { ben, world } = await open()
    const refused = await ben.send(path, { method, headers, ...(method === 'GET' ? {} : { body: approval }) })
    expect([403, 415]).toContain(refused.statusCode)
    expect(await world.keys('approvals/')).toEqual([])
    expect(await ben.send('/api/me')).toMatchObject({ statusCode: 200 })
  })
})

test('every answer forbids frames, code and places of others, and keeps nothing that is personal', async () => {
  const { ana } = await open()
  for (const path of [
    '/',
    '/files/main-ABC.js',
    '/files/none.js',
    '/plain.css',
    '/signed-in?code=1',
    '/api/me',
    '/api/none',
  ]) {
    const { headers } = await ana.send(path)
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    const policy = headers['content-security-policy'] ?? ''
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toMatch(/unsafe|sha256|https?:|\*/)
    if (path.startsWith('/api/')) expect(headers['cache-control']).toBe('no-store')
  }
  const { body, headers } = await ana.send('/')
  expect(headers['cache-control']).toBe('no-store')
  expect(body).not.toMatch(/<script>|<style|style=|onclick|https?:/)
})

test.each([
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip;q=1.0, deflate', 'gzip'],
  ['brotli-like', undefined],
  ['', undefined],
])('a browser that accepts %s gets a file of the page as %s', async (accepted, encoding) => {
  const answer = await filesOf('').answer('/files/main-ABC.js', accepted)
  const body = Buffer.from(String(answer?.body), 'base64')
  expect(answer?.headers).toMatchObject({ vary: 'accept-encoding' })
  expect(answer?.headers?.['content-encoding']).toBe(encoding)
  const unpack = { br: brotliDecompressSync, gzip: gunzipSync, none: (text: Buffer) => text }
  expect(unpack[encoding === 'br' || encoding === 'gzip' ? encoding : 'none'](body).toString()).toBe('run()')
})

test('a thousand requests of one person hold up nobody else, and most of them are refused', async () => {
  const { ana, ben } = await open()
  const answers: number[] = []
  const waits: number[] = []
  for (let count = 0; count < 1_000; count++) {
    answers.push((await ana.send('/api/me')).statusCode)
    if (count % 50 === 49) waits.push((await ben.send('/api/me')).statusCode)
  }
  expect(waits).toEqual(waits.map(() => 200))
  expect(answers.filter((one) => one === 429).length).toBeGreaterThan(300)
}, 60_000)

test('what is the same is not sent again', async () => {
  const { ana } = await open()
  const { headers } = await ana.send('/api/me')
  const again = await ana.send('/api/me', { headers: { 'if-none-match': headers.etag ?? '' } })
  expect(again).toMatchObject({ statusCode: 304, body: '' })
})

test('people see what they have and through what, members of the auditors’ groups what everybody has', async () => {
  const { ana, ben, ids, world } = await open({ auditors: ['auditors'] })
  const team = await world.identityStore.createGroup({ displayName: 'a/team' })
  await world.identityStore.createGroupMembership(team, ids.ana)
  for (const name of ['Admin-ps%ana%USER%temporary', 'Read-ps%a%2Fteam%GROUP%ours', 'Read-ps%ben%USER%foreign'])
    await world.objects.put(`access/account%233000000002%${name}`, '')
  const row = { account: '233000000002', permissionSet: 'Admin-ps', principal: 'ana', type: 'USER', giver: 'temporary' }
  const inGroup = { ...row, permissionSet: 'Read-ps', principal: 'a/team', type: 'GROUP', giver: 'ours' }
  expect(JSON.parse((await ana.send('/api/now')).body)).toMatchObject({
    waiting: { requests: [] },
    mine: { requests: [] },
    access: { rows: [row, inGroup] },
  })
  expect(await ben.send('/api/everybody')).toMatchObject({ statusCode: 403 })
  const auditors = await world.identityStore.createGroup({ displayName: 'auditors' })
  const membership = await world.identityStore.createGroupMembership(auditors, ids.ben)
  await world.clock.advance(5_000)
  expect(JSON.parse((await ben.send('/api/everybody')).body)).toMatchObject({
    rows: expect.arrayContaining([expect.objectContaining(inGroup)]),
    dates: [],
  })
  await world.identityStore.deleteGroupMembership(membership)
  await world.clock.advance(5_000)
  expect(await ben.send('/api/everybody')).toMatchObject({ statusCode: 403 })
})

test('auditors get the members of the groups that have access, some groups at a time', async () => {
  const { ana, ids, world } = await open({ auditors: ['auditors'] })
  const groupOf = async (displayName: string) => {
    const group = await world.identityStore.createGroup({ displayName })
    await world.identityStore.createGroupMembership(group, ids.ana)
    return group
  }
  await groupOf('auditors')
  const team = await groupOf('team-100')
  await world.identityStore.createGroupMembership(team, ids.ben)
  const names = Array.from({ length: 101 }, (_, at) => `team-${String(at).padStart(3, '0')}`)
  for (const name of names) await world.objects.put(`access/account%233000000002%Read-ps%${name}%GROUP%ours`, '')
  const { members, next } = JSON.parse((await ana.send('/api/members')).body)
  expect(Object.keys(members)).toHaveLength(100)
  expect(members['team-000']).toBe(null)
  expect(next).toBe('team-099')
  expect(JSON.parse((await ana.send(`/api/members?after=${next}`)).body)).toEqual({
    members: { 'team-100': expect.arrayContaining(['ana', 'ben']) },
    next: null,
  })
})

test('auditors alone get everybody’s last uses, by person, as soon as they are recorded', async () => {
  const { ana, ben, ids, world } = await open({ auditors: ['auditors'] })
  const auditors = await world.identityStore.createGroup({ displayName: 'auditors' })
  await world.identityStore.createGroupMembership(auditors, ids.ana)
  const [account, permissionSet] = [accountId.parse('233000000002'), permissionSetName.parse('Read-ps')]
  const at = new Date().toISOString()
  await recordUses(world, ids.ben, [{ user: ids.ben, account, permissionSet, at, by: 'cli' }])
  expect(JSON.parse((await ana.send('/api/uses')).body)).toEqual({
    uses: Object.fromEntries([ids.ben, 'ben'].map((one) => [`${one}%${account}%${permissionSet}`, `${at} cli`])),
    notKnown: [],
  })
  expect(await ben.send('/api/uses')).toMatchObject({ statusCode: 403 })
})

describe('changes', () => {
  const nameOf = (account: number, user: string) => `account%23300000000${account}%Read-ps%${user}%USER%ssofile`
  /** One each second: every fiftieth of `a/b c`, every hundredth by Maria's hand. */
  async function openChanges() {
    const { ana, ids, world } = await open({ auditors: ['auditors'] })
    const auditors = await world.identityStore.createGroup({ displayName: 'auditors' })
    await world.identityStore.createGroupMembership(auditors, ids.ana)
    const instants = Array.from({ length: 250 }, (_, at) => new Date(Date.UTC(2026, 2, 3, 10, 0, at)).toISOString())
    for (const [at, instant] of instants.entries()) {
      const name = nameOf(at % 2, at % 50 === 0 ? 'a%2Fb c' : 'ben')
      const isByHand = at % 100 === 0
      const key = `changes/${instant.replace('T', '/')}%${isByHand ? 'foreign-found' : 'granted'}%${name}`
      await world.objects.put(key, '', undefined, isByHand ? { by: 'AWS%3Amaria' } : {})
    }
    const ask = async (query: string) => JSON.parse((await ana.send(`/api/changes?from=2026-03-01&${query}`)).body)
    return { ask, instants }
  }

  test('come the newest first, 200 at a time, without a gap', async () => {
    const { ask, instants } = await openChanges()
    const first = await ask('')
    expect(first).toMatchObject({ all: 250, days: [{ date: '2026-03-03', granted: 247, revoked: 0 }] })
    const second = await ask(`after=${encodeURIComponent(first.next)}`)
    expect(second.next).toBe(null)
    const all = [...first.changes, ...second.changes]
    expect(all.map((one: { at: string }) => one.at)).toEqual(instants.toReversed())
  })

  test('are found by the words of a person and an account, also before a day', async () => {
    const { ask } = await openChanges()
    expect((await ask('words=a/b%20c')).all).toBe(5)
    expect((await ask('words=233000000001%20ben')).all).toBe(125)
    expect((await ask('to=2026-03-03')).all).toBe(0)
  })

  test('are found by their author, also among those that the page does not have yet', async () => {
    const { ask, instants } = await openChanges()
    const { changes, next } = await ask('by=MARIA')
    expect(changes.map((one: { at: string }) => one.at)).toEqual([instants[200], instants[100], instants[0]])
    expect(next).toBe(null)
  })
})

test('who signs out ends the session: a copy of its cookie opens nothing, and another session of that person goes on', async () => {
  const { ana, ids, world, clock, send } = await open()
  const other = new TestBrowser({ send })
  await other.signIn('ana', provider.url)
  const copy = new TestBrowser({ send })
  for (const [name, value] of ana.jar()) copy.jar().set(name, value)
  expect(await copy.send('/api/me')).toMatchObject({ statusCode: 200 })
  expect(await ana.send('/sign-out', { method: 'POST', body: {} })).toMatchObject({ statusCode: 204 })
  expect(await copy.send('/api/me')).toMatchObject({ statusCode: 401 })
  expect(await other.send('/api/me')).toMatchObject({ statusCode: 200 })
  expect(await world.keys('state/signed-out/')).toHaveLength(1)
  // What no session can be left of is forgotten.
  await world.clock.advance(25 * 60 * minuteMs)
  clock.move(1)
  await other.send('/sign-out', { method: 'POST', body: {} })
  expect(await world.keys(`state/signed-out/${ids.ana}/`)).toHaveLength(1)
})

test('who signs in again ends the session before, so a copy of its cookie opens nothing after signing out', async () => {
  const { ana, send } = await open()
  const copy = new TestBrowser({ send })
  for (const [name, value] of ana.jar()) copy.jar().set(name, value)
  // As the page asks for before a decision.
  await ana.signIn('ana', provider.url, '/sign-in?fresh')
  expect(await ana.send('/api/me')).toMatchObject({ statusCode: 200 })
  expect(await copy.send('/api/me')).toMatchObject({ statusCode: 401 })
  await ana.send('/sign-out', { method: 'POST', body: {} })
  expect(await copy.send('/api/me')).toMatchObject({ statusCode: 401 })
})

test('a copy of an ended session does not use up the requests of its person', async () => {
  const { ben, send } = await open()
  const copy = new TestBrowser({ send })
  for (const [name, value] of ben.jar()) copy.jar().set(name, value)
  await post(ben, '/sign-out', {})
  await ben.signIn('ben', provider.url)
  for (let count = 0; count < 60; count++) expect(await copy.send('/api/me')).toMatchObject({ statusCode: 401 })
  expect(await ben.send('/api/me')).toMatchObject({ statusCode: 200 })
})

describe('a suspended person', () => {
  test('does nothing with a session that there is, reads nothing, and does not sign in', async () => {
    const { ana, ids, world, send } = await open({ operators: ['team-Watch'], auditors: ['team-Watch'] })
    const team = await world.identityStore.createGroup({ displayName: 'team-Watch' })
    await world.identityStore.createGroupMembership(team, ids.ana)
    expect(await ana.send('/api/operations')).toMatchObject({ statusCode: 200 })
    await world.objects.put('suspended/ana', '')
    expect(await post(ana, '/api/pause', { reason: 'x' })).toMatchObject({ statusCode: 401 })
    const again = new TestBrowser({ send })
    const refused = await again.signIn('ana', provider.url)
    expect(refused.statusCode).toBe(403)
    expect(refused.body).toContain('suspended')
    expect(await ana.send('/api/everybody')).toMatchObject({ statusCode: 401 })
    expect(await world.keys('control/pause')).toEqual([])
    await world.objects.delete('suspended/ana')
    await again.signIn('ana', provider.url)
    expect(await again.send('/api/operations')).toMatchObject({ statusCode: 200 })
  })
})
