import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type HostedCall, hostedCalls } from '../../../handlers/page/judge-hosted-request.ts'
import { someOf } from '../../depth.ts'
import {
  account,
  approver,
  attacker,
  auditor,
  digest,
  linkData,
  namesake,
  type Person,
  parameters,
  people,
  questionsAbout,
  victim,
  worldWithVictim,
} from '../victim.ts'
import { type OpenedPage, openPage, openProvider, post, TestBrowser } from './page-world.ts'

let provider: Awaited<ReturnType<typeof openProvider>>
beforeAll(async () => {
  provider = await openProvider(people)
})
afterAll(() => provider.close())

let page: OpenedPage
let given: Awaited<ReturnType<typeof worldWithVictim>>
let browsers: Map<Person, TestBrowser>
beforeEach(async () => {
  given = await worldWithVictim()
  page = openPage(provider.url, { auditors: ['auditors'], approveWithin: 'PT24H' }, {}, given.world)
  browsers = new Map()
})

/** Signed in at its first use. */
async function browserOf(person: Person): Promise<TestBrowser> {
  const known = browsers.get(person)
  if (known !== undefined) return known
  const browser = new TestBrowser(page)
  await browser.signIn(person, provider.url)
  browsers.set(person, browser)
  return browser
}

/** As fast as a person may. */
async function ask(person: Person, path: string, body?: object) {
  const browser = await browserOf(person)
  page.clock.move(1_000)
  return body === undefined ? browser.send(path) : post(browser, path, body)
}

function expectNothing(text: string, asked: string): void {
  const told = given.secrets.filter((one) => text.includes(one) && !asked.includes(one))
  expect({ asked, told }).toEqual({ asked, told: [] })
}

const reads = hostedCalls.filter((call) => call.startsWith('GET '))

describe('of the victim the attacker is told nothing', () => {
  test.each(reads)(
    'by %s, whatever is named',
    async (call) => {
      const path = `/api${call.slice('GET '.length)}`
      for (const [turn, parameter] of parameters.entries())
        for (const value of someOf(questionsAbout(given.idOf(victim), given.idOf(attacker)), turn)) {
          const asked = `${path}?${new URLSearchParams({ [parameter]: value })}`
          expectNothing((await ask(attacker, asked)).body, asked)
        }
      const asked = `${path}?of=waiting&limit=1000`
      expectNothing((await ask(attacker, asked)).body, asked)
    },
    60_000,
  )

  const linked = { linkData, requestDetails: { duration: 'PT1H' } }
  const bodies: Readonly<Partial<Record<HostedCall, readonly (() => object)[]>>> = {
    'POST /requests': [
      () => ({ action: 'ask', ...linked }),
      () => ({ action: 'extend', ...linked }),
      () => ({ action: 'finish', linkData, user: given.idOf(victim) }),
      () => ({ action: 'finish', linkData: `../${given.idOf(victim)}/${linkData}` }),
      () => ({ action: 'withdraw', linkData: `../${given.idOf(victim)}/${linkData}` }),
      () => ({ action: 'withdraw', linkData, user: given.idOf(victim) }),
    ],
    'POST /approvals': [
      () => ({ digest, decision: 'approve', user: given.idOf(approver) }),
      () => ({ digest: `../${digest}` }),
    ],
    'POST /decisions': [() => ({ review: 'quarter', verdict: 'revoke', digests: [digest] })],
    'POST /release': [() => ({ digest: digest.slice(0, 16) })],
    'POST /pause': [() => ({ reason: 'x' })],
    'POST /resume': [() => ({ since: '2026-03-03T10:00:00.000Z' })],
  }
  test.each(hostedCalls.filter((call) => !reads.includes(call)))('by %s, and nothing changes', async (call) => {
    const before = await page.world.keys('')
    expect(bodies[call]).toBeDefined()
    for (const body of bodies[call] ?? []) {
      const { statusCode, body: told } = await ask(attacker, `/api${call.slice('POST '.length)}`, body())
      expect(statusCode).toBeGreaterThanOrEqual(400)
      expectNothing(told, call)
    }
    expect(await page.world.keys('')).toEqual(before)
  })
})

describe('the same is told', () => {
  const about = () => `/api/about?request=${encodeURIComponent(`${given.idOf(victim)}/${linkData}`)}`
  const rows = [
    { permissionSet: 'Secret-ps', principal: 'ana' },
    { permissionSet: 'Secret-ps', principal: 'secret-team' },
  ]
  test('to the victim: what they have, asked for and may ask for', async () => {
    const told = async (path: string) => JSON.parse((await ask(victim, path)).body)
    expect(await told('/api/now')).toMatchObject({ access: { rows } })
    expect(await told('/api/requests')).toMatchObject({ requests: [{ requestDetails: { reason: 'secret-reason' } }] })
    expect(await told('/api/eligibility')).toMatchObject({ eligible: [{ name: 'secret-eligibility' }] })
    // To decide on it is for others.
    expect((await ask(victim, about())).statusCode).toBe(403)
  })

  test('to who may approve, while the request waits', async () => {
    expect(JSON.parse((await ask(approver, '/api/requests?of=waiting')).body).requests).toHaveLength(1)
    const told = JSON.parse((await ask(approver, about())).body)
    expect(told).toMatchObject({ rows, about: 'secret-about', accounts: { [account]: given.accountName } })
    expect((await ask(approver, '/api/everybody')).statusCode).toBe(403)
  })

  test('to auditors: what everybody has, and no request', async () => {
    expect(JSON.parse((await ask(auditor, '/api/everybody?words=secret-ps')).body)).toMatchObject({ rows })
    expect((await ask(auditor, about())).statusCode).toBe(403)
    expect((await ask(auditor, '/api/requests?of=all')).statusCode).toBe(403)
  })
})

test('with a suffix, a user of the same name without it does not sign in, and sees nothing', async () => {
  expect((await browserOf(namesake)).jar().size).toBe(0)
  for (const call of reads) expect((await ask(namesake, `/api${call.slice('GET '.length)}`)).statusCode).toBe(401)
})
