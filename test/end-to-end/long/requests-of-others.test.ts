import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { LocalSystem } from '../local-system.ts'
import { account, startWithRequesters } from '../requesters.ts'
import { until } from '../until.ts'

const users = ['maria', 'eve', 'ben', 'cleo'] as const
const eligibility = {
  for: { users: ['maria'] },
  permissionSets: ['Admin-ps'],
  scopes: [`account%${account}`],
  longest: 'PT8H',
  approvers: { groups: ['approvers'] },
}
const name = `account%${account}%Admin-ps%maria%USER%ssofile`
const link = `links_data/temporary/${name}`

let system: LocalSystem
let sessions: Awaited<ReturnType<typeof startWithRequesters<(typeof users)[number]>>>['sessions']
beforeAll(async () => {
  const started = await startWithRequesters(users, eligibility)
  system = started.system
  sessions = started.sessions
})
afterAll(() => system?.stop(), 30_000)

const put = (user: (typeof users)[number], key: string, body: object) =>
  system.upload(key, JSON.stringify(body), sessions[user].accessKeyId)
const keyOf = (user: (typeof users)[number]) => `requests/${sessions[user].userId}/${name}`

test('who is eligible for nothing asks in the name of another, takes it back, and ends nothing', async () => {
  await put('eve', keyOf('eve'), { duration: 'PT1H' })
  await system.untilStatus(keyOf('eve'), 'rejected')
  await put('maria', keyOf('maria'), { duration: 'PT1H' })
  const { request } = await system.untilStatus(keyOf('maria'), 'waiting')
  await put('ben', `approvals/${sessions.ben.userId}/${request?.digest}`, { decision: 'approve' })
  await system.untilStatus(link, 'applied')
  const before = await system.json(link)
  await put('eve', keyOf('eve'), { duration: 'PT2H', reason: 'again' })
  await until('the second look at the request of eve', async () => {
    const status = await system.status(keyOf('eve'))
    return status?.request?.digest !== undefined && status.state === 'rejected' ? true : undefined
  })
  await system.untilQuiet()
  await system.remove(keyOf('eve'), sessions.eve.accessKeyId)
  await system.untilGone(keyOf('eve'))
  await system.untilQuiet()
  expect(await system.json(link)).toEqual(before)
  expect(await system.status(link)).toMatchObject({ state: 'applied' })
  expect(await system.status(keyOf('maria'))).toMatchObject({ state: 'applied' })
  expect((await system.keys('changes/')).filter((key) => key.includes('%request-finished%'))).toEqual([])
})
