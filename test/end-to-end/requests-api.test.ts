import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { LocalSystem } from './local-system.ts'
import { account, startWithRequesters } from './requesters.ts'
import type { Session } from './sign-in.ts'
import { until } from './until.ts'

const users = ['ana', 'ben', 'cleo', '<b>dora</b>'] as const
type User = (typeof users)[number]
const digest = '0123456789abcdef0123456789abcdef'
const requestDetails = { duration: 'PT4H', reason: 'release 4.2', ticket: 'OPS-1' }
const eligibility = {
  for: { users: [...users], groups: ['approvers'] },
  permissionSets: ['Admin-ps'],
  scopes: [`account%${account}`],
  longest: 'PT8H',
  approvers: { groups: ['approvers'] },
  approvals: 2,
  needs: ['reason'],
}

let system: LocalSystem
let sessions: Readonly<Record<User, Session>>
beforeAll(async () => {
  ;({ system, sessions } = await startWithRequesters(users, eligibility))
})
afterAll(() => system.stop(), 60_000)

const linkOf = (user: string) => `account%${account}%Admin-ps%${user}%USER%ssofile`
const requestOf = (user: User) => `requests/${sessions[user].userId}/${linkOf(user)}`

async function send(as: string, path: string, sent?: object) {
  const credential = `Credential=${as}/20260303/us-east-1/execute-api/aws4_request`
  const answered = await fetch(`${system.url}/api${path}`, {
    method: sent === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0`,
      'content-type': 'application/json',
    },
    ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
  })
  return { status: answered.status, body: JSON.parse(await answered.text()) }
}
const by = (user: User) => sessions[user].accessKeyId
const ask = (user: User, linkData = linkOf(user)) =>
  send(by(user), '/requests', { action: 'ask', linkData, requestDetails })
const refused = (status: number, received: string) => ({
  status,
  body: { errors: [{ received: expect.stringContaining(received), remedy: expect.any(String) }] },
})

describe('nobody writes under the id of somebody else:', () => {
  test('not by S3, whoever signs', async () => {
    const link = `links_data/temporary/${linkOf('ana')}`
    for (const key of [requestOf('ana'), `approvals/${sessions.ana.userId}/${digest}`, link])
      for (const as of [by('ben'), 'maria', 'operator', 'governance']) {
        await expect(system.upload(key, '{}', as)).rejects.toMatchObject({
          name: 'AccessDenied',
          message: expect.stringMatching(/may not write|is not granted/),
        })
        expect(await system.has(key)).toBe(false)
      }
  })

  test('not by the API, whatever the request says', async () => {
    expect(await ask('ben', linkOf('ana'))).toMatchObject(refused(403, "a request of 'ana'"))
    const sent = { action: 'finish', linkData: linkOf('ana'), user: sessions.ana.userId }
    expect(await send(by('ben'), '/requests', sent)).toMatchObject(refused(403, sessions.ana.userId))
    for (const as of ['maria', 'ana', 'AWSReservedSSO_Requester-ps_0123456789abcdef/ana'])
      expect(await send(as, '/requests', { action: 'ask', linkData: linkOf('ana'), requestDetails })).toMatchObject(
        refused(403, 'user/'),
      )
    expect(await system.keys('requests/')).toEqual([])
  })

  test('and names with markup are data: told as they are, as JSON', async () => {
    const dora = users[3]
    expect(await ask(dora)).toMatchObject({ status: 202, body: { key: requestOf(dora) } })
    const { body } = await send(by(dora), '/requests')
    expect(body.requests).toMatchObject([{ linkData: linkOf(dora), requestDetails }])
    expect(await send(by(dora), '/requests', { action: 'finish', linkData: linkOf(dora) })).toMatchObject({
      status: 202,
    })
  })
})

test('links of temporary access are no inputs of the API: 403 with the reason, whoever asks', async () => {
  const linkData = `temporary/${linkOf('ana')}`
  const granted = { digest, user: sessions.ana.userId, eligibility: 'admin', approvedBy: [] }
  const linkDetails = { expiresAt: '2099-01-01T00:00:00Z', request: granted }
  for (const sent of [
    { action: 'create', linkData, linkDetails },
    { action: 'create', linkData: `links_data/${linkData}` },
    { action: 'delete', linkData },
  ])
    expect(await send('maria', '/links', sent)).toMatchObject(refused(403, 'temporary access'))
  expect(await system.keys('links_data/temporary/')).toEqual([])
})

test('people are told what they may ask for', async () => {
  const { status, body } = await send(by('ben'), '/eligibility')
  expect({ status, ...body }).toMatchObject({
    status: 200,
    user: sessions.ben.userId,
    name: 'ben',
    eligible: [{ name: 'admin', longest: 'PT8H', approvals: 2 }],
    unusable: [],
  })
})

test('what is asked for by the API is approved by two by the API, granted, and finished', async () => {
  expect(await ask('ana')).toMatchObject({ status: 202, body: { key: requestOf('ana') } })
  const waiting = await system.untilStatus(requestOf('ana'), 'waiting')
  const asked = waiting.request?.digest
  const waitsFor = async (user: User) =>
    (await send(by(user), '/requests?of=waiting')).body.requests.map(({ key }: { key: string }) => key)
  expect(await Promise.all(users.map(waitsFor))).toEqual([[], [requestOf('ana')], [requestOf('ana')], []])
  const approve = (user: User) => send(by(user), '/approvals', { digest: asked, decision: 'approve' })
  // Their own approval does not count, nor does a second of the same person.
  for (const user of ['ana', 'ben', 'ben'] as const) expect(await approve(user)).toMatchObject({ status: 202 })
  await until('one approval that counts', async () => {
    const status = await system.status(requestOf('ana'))
    return status?.request?.approvals?.given.length === 1 ? true : undefined
  })
  expect(await system.keys('links_data/temporary/')).toEqual([])
  expect(await approve('cleo')).toMatchObject({ status: 202 })
  const { request } = await system.untilStatus(requestOf('ana'), 'applied')
  expect(request?.approvals?.given.map(({ user }) => user).sort()).toEqual(
    [sessions.ben.userId, sessions.cleo.userId].sort(),
  )
  const link = `links_data/temporary/${linkOf('ana')}`
  await system.untilStatus(link, 'applied')
  expect(await system.access.inAccount(account)).toContain('Admin-ps%ana%USER')
  // Only the request ends it, not somebody who deletes links.
  const deleted = await send('maria', '/links', { action: 'delete', linkData: link })
  expect(deleted).toMatchObject(refused(403, 'temporary access'))
  expect(await system.has(link)).toBe(true)
  // A request that is sent again is told that it is granted, and gives no second one.
  expect(await ask('ana')).toMatchObject({ status: 409 })
  expect(await send(by('ana'), '/requests', { action: 'finish', linkData: linkOf('ana') })).toMatchObject({
    status: 202,
  })
  await system.untilGone(link)
  expect(await system.access.inAccount(account)).not.toContain('Admin-ps%ana%USER')
  // Asked again it is another request, and waits again.
  expect(await ask('ana')).toMatchObject({ status: 202 })
  const again = await system.untilStatus(requestOf('ana'), 'waiting')
  expect(again.request?.digest).not.toBe(asked)
  expect(again.request?.approvals?.given).toEqual([])
})
