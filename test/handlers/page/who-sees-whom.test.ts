import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type HostedCall, hostedCalls } from '../../../handlers/page/judge-hosted-request.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { World } from '../../world.ts'
import { type OpenedPage, openPage, openProvider, post, TestBrowser } from './page-world.ts'

const suffix = '@example.com'
/** `ana` without the suffix is another user, whom no link can name. */
const people = ['ana@example.com', 'ana', 'eve@example.com', 'ben@example.com', 'dora@example.com'] as const
const [victim, namesake, attacker, approver, auditor] = people
const account = '233000000002'
const digest = '0123456789abcdef0123456789abcdef'
const linkData = `account%${account}%Asked-ps%ana%USER%ssofile`
const wide = 'root%all%Asked-ps%ana%USER%ssofile'
/** What only those may read who may know of the victim. None of it is in a question of the attacker. */
const secrets = ['Secret-ps', 'secret-team', 'secret-reason', 'secret-eligibility', 'secret-about', 'secret-comment']

let provider: Awaited<ReturnType<typeof openProvider>>
beforeAll(async () => {
  provider = await openProvider(people)
})
afterAll(() => provider.close())

let page: OpenedPage
let ids: Readonly<Record<string, string>>
let browsers: Readonly<Record<(typeof people)[number], TestBrowser>>
let secretsOfAccounts: readonly string[]
beforeEach(async () => {
  const world = new World({ configuration: { principalSuffix: suffix } })
  page = openPage(provider.url, { auditors: ['auditors'], approveWithin: 'PT24H' }, {}, world)
  const { identityStore, objects } = world
  const made = await Promise.all(
    people.map(async (userName) => [userName, await identityStore.createUser({ userName })]),
  )
  ids = Object.fromEntries(made)
  for (const [group, member] of [
    ['secret-team', victim],
    ['auditors', auditor],
  ] as const) {
    const id = await identityStore.createGroup({ displayName: group + suffix })
    const [, memberId] = made.find(([name]) => name === member) ?? []
    if (memberId)
      await identityStore.createGroupMembership(
        id,
        memberId as Parameters<typeof identityStore.createGroupMembership>[1],
      )
  }
  const { accounts } = await world.finish(new OrganizationCache(world.ports, []).rebuild())
  secretsOfAccounts = accounts.filter(({ id }) => id === account).map(({ name }) => name)
  const key = `requests/${ids[victim]}/${linkData}`
  const eligibility = {
    for: { users: ['ana'] },
    permissionSets: ['Asked-ps'],
    scopes: ['root%all'],
    longest: 'PT8H',
    approvers: { users: ['ben'] },
  }
  await objects.put('eligibility/secret-eligibility.json', JSON.stringify(eligibility))
  await objects.put(
    'permission_sets/Asked-ps.json',
    JSON.stringify({ permissionSetName: 'Asked-ps', description: 'secret-about' }),
  )
  await objects.put(key, JSON.stringify({ duration: 'PT1H', reason: 'secret-reason' }))
  const { etag } = (await objects.head(key)) ?? {}
  const request = { digest, eligibility: 'secret-eligibility', approvals: { needed: 1, given: [] } }
  const status = { input: key, state: 'waiting', etag, updatedAt: '2026-03-03T10:00:00.000Z', request }
  await objects.put(`status/${key}.json`, JSON.stringify(status))
  await objects.put(`attention/waiting/${key}`, '')
  await objects.put(
    `approvals/${ids[approver]}/${digest}`,
    JSON.stringify({ decision: 'deny', comment: 'secret-comment' }),
  )
  for (const whose of ['ana%USER', 'secret-team%GROUP'])
    await objects.put(`access/account%${account}%Secret-ps%${whose}%ours`, '')
  // By S3 the attacker may write any name below their own id.
  for (const link of [linkData, wide])
    await objects.put(`requests/${ids[attacker]}/${link}`, JSON.stringify({ duration: 'PT1H' }))
  const opened = people.map(async (one) => {
    const browser = new TestBrowser(page)
    await browser.signIn(one, provider.url)
    return [one, browser] as const
  })
  browsers = Object.fromEntries(await Promise.all(opened)) as typeof browsers
})

/** Each with what the browser of the page would send, and everything that names the victim. */
const parameters = ['request', 'of', 'words', 'user', 'userId', 'name', 'link', 'digest', 'key', 'nextToken', 'limit']
function valuesOf(): readonly string[] {
  const [of, own] = [ids[victim] ?? '', ids[attacker] ?? '']
  const token = (key: string) => Buffer.from(key).toString('base64url')
  return [
    ...[of, 'ana', victim, digest, 'all', 'waiting', 'mine', '', '*', '1'],
    ...[linkData, wide].flatMap((link) => [`${of}/${link}`, `requests/${of}/${link}`, `${own}/${link}`]),
    ...[encodeURIComponent(`${own}/${wide}`), `${own}/../${of}/${linkData}`],
    ...[token(`requests/${of}/`), token(`attention/waiting/requests/${of}/`), token(`requests/${own}/`)],
  ]
}

/** As fast as a person may. */
async function ask(browser: TestBrowser, path: string, body?: object) {
  page.clock.move(1_000)
  return body === undefined ? browser.send(path) : post(browser, path, body)
}

function expectNothing(text: string, asked: string): void {
  const told = [...secrets, ...secretsOfAccounts].filter((one) => text.includes(one))
  expect({ asked, told }).toEqual({ asked, told: [] })
}

const reads = hostedCalls.filter((call) => call.startsWith('GET '))

describe('of the victim the attacker is told nothing', () => {
  test.each(reads)(
    'by %s, whatever is named',
    async (call) => {
      const path = `/api${call.slice('GET '.length)}`
      for (const parameter of parameters)
        for (const value of valuesOf()) {
          const asked = `${path}?${new URLSearchParams({ [parameter]: value })}`
          expectNothing((await ask(browsers[attacker], asked)).body, asked)
        }
      const asked = `${path}?of=waiting&limit=1000`
      expectNothing((await ask(browsers[attacker], asked)).body, asked)
    },
    60_000,
  )

  const linked = { linkData, requestDetails: { duration: 'PT1H' } }
  const bodies: Readonly<Partial<Record<HostedCall, readonly (() => object)[]>>> = {
    'POST /requests': [
      () => ({ action: 'ask', ...linked }),
      () => ({ action: 'extend', ...linked }),
      () => ({ action: 'finish', linkData, user: ids[victim] }),
      () => ({ action: 'finish', linkData: `../${ids[victim]}/${linkData}` }),
      () => ({ action: 'withdraw', linkData: `../${ids[victim]}/${linkData}` }),
      () => ({ action: 'withdraw', linkData, user: ids[victim] }),
    ],
    'POST /approvals': [
      () => ({ digest, decision: 'approve', user: ids[approver] }),
      () => ({ digest: `../${digest}` }),
    ],
    'POST /release': [() => ({ digest: digest.slice(0, 16) })],
    'POST /pause': [() => ({ reason: 'x' })],
    'POST /resume': [() => ({ since: '2026-03-03T10:00:00.000Z' })],
  }
  test.each(hostedCalls.filter((call) => !reads.includes(call)))('by %s, and nothing changes', async (call) => {
    const before = await page.world.keys('')
    expect(bodies[call]).toBeDefined()
    for (const body of bodies[call] ?? []) {
      const { statusCode, body: told } = await ask(browsers[attacker], `/api${call.slice('POST '.length)}`, body())
      expect(statusCode).toBeGreaterThanOrEqual(400)
      expectNothing(told, call)
    }
    expect(await page.world.keys('')).toEqual(before)
  })
})

describe('the same is told', () => {
  const about = () => `/api/about?request=${encodeURIComponent(`${ids[victim]}/${linkData}`)}`
  const rows = [
    { permissionSet: 'Secret-ps', principal: 'ana' },
    { permissionSet: 'Secret-ps', principal: 'secret-team' },
  ]
  test('to the victim: what they have, asked for and may ask for', async () => {
    const told = async (path: string) => JSON.parse((await ask(browsers[victim], path)).body)
    expect(await told('/api/access')).toMatchObject({ rows })
    expect(await told('/api/requests')).toMatchObject({ requests: [{ requestDetails: { reason: 'secret-reason' } }] })
    expect(await told('/api/eligibility')).toMatchObject({ eligible: [{ name: 'secret-eligibility' }] })
    // To decide on it is for others.
    expect((await ask(browsers[victim], about())).statusCode).toBe(403)
  })

  test('to who may approve, while the request waits', async () => {
    expect(JSON.parse((await ask(browsers[approver], '/api/requests?of=waiting')).body).requests).toHaveLength(1)
    const told = JSON.parse((await ask(browsers[approver], about())).body)
    expect(told).toMatchObject({ rows, about: 'secret-about', accountName: secretsOfAccounts[0] })
    expect((await ask(browsers[approver], '/api/everybody')).statusCode).toBe(403)
  })

  test('to auditors: what everybody has, and no request', async () => {
    expect(JSON.parse((await ask(browsers[auditor], '/api/everybody?words=secret-ps')).body)).toMatchObject({ rows })
    expect((await ask(browsers[auditor], about())).statusCode).toBe(403)
    expect((await ask(browsers[auditor], '/api/requests?of=all')).statusCode).toBe(403)
  })
})

test('with a suffix, a user of the same name without it does not sign in, and sees nothing', async () => {
  expect(browsers[namesake].jar().size).toBe(0)
  for (const call of reads)
    expect((await ask(browsers[namesake], `/api${call.slice('GET '.length)}`)).statusCode).toBe(401)
})
