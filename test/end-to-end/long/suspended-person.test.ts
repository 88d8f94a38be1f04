import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { localGroups } from '../../../infra/local/serve-hosted-page.ts'
import { slowed } from '../../slowness.ts'
import type { LocalSystem } from '../local-system.ts'
import { mayCall, refusalOf } from '../may-call.ts'
import { PageVisitor } from '../page-visitor.ts'
import { account, startWithRequesters } from '../requesters.ts'
import { type Session, signIn } from '../sign-in.ts'
import { until } from '../until.ts'

const users = ['ana', 'ben', 'cleo'] as const
type User = (typeof users)[number]
/** Of the group `approvers`, which no file made: in it, ben and cleo are by others. */
const permissionSet = 'Support-ps'
const link = `links_data/account%${account}%${permissionSet}%approvers%GROUP%ssofile`
const suspension = 'suspended/ben'
const linkData = `account%${account}%Admin-ps%ana%USER%ssofile`
const eligibility = {
  for: { users: ['ana'] },
  permissionSets: ['Admin-ps'],
  scopes: [`account%${account}`],
  longest: 'PT8H',
  approvers: { groups: ['approvers'] },
}

let system: LocalSystem
let sessions: Readonly<Record<User, Session>>
let origin: string
beforeAll(async () => {
  ;({ system, sessions } = await startWithRequesters(users, eligibility))
  // Ben is an operator and an auditor of the page, beside.
  await system.joinGroup('ben', localGroups.operators[0])
  await system.joinGroup('ben', localGroups.auditors[0])
  const inlinePolicyDocument = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } }
  const file = `permission_sets/${permissionSet}.json`
  await system.upload(file, JSON.stringify({ permissionSetName: permissionSet, inlinePolicyDocument }))
  await system.upload(link, '')
  await system.untilStatus(link, 'applied')
  origin = ((await (await fetch(`${system.url}/_ssofile/health`)).json()) as { page: string }).page
})
afterAll(() => system?.stop(), 60_000)

const open = async (user: User) => (await signIn(system, { user, permissionSet, account })).accessKeyId

async function call(as: string, path: string, sent?: object): Promise<number> {
  const credential = `Credential=${as}/20260303/us-east-1/execute-api/aws4_request`
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0`
  const { status } = await fetch(`${system.url}/api${path}`, {
    method: sent === undefined ? 'GET' : 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
  })
  return status
}

test('while the file lies there, an operator does nothing by page, API, approval or command, and each new session is denied within two minutes; others go on', async () => {
  const [ben, cleo] = [await PageVisitor.signIn(origin, 'ben'), await PageVisitor.signIn(origin, 'cleo')]
  expect(await ben.get('/operations')).toMatchObject({ status: 200 })
  expect(await mayCall(system, await open('ben'))).toBe(true)
  await system.upload(
    `requests/${sessions.ana.userId}/${linkData}`,
    JSON.stringify({ duration: 'PT1H' }),
    sessions.ana.accessKeyId,
  )
  const { request } = await system.untilStatus(`requests/${sessions.ana.userId}/${linkData}`, 'waiting')
  const approval = { digest: request?.digest, decision: 'approve' }

  const began = Date.now()
  await system.upload(suspension, JSON.stringify({ reason: 'left' }), 'hr')
  expect(await ben.post('/pause', { reason: 'revenge' })).toMatchObject({ status: 401 })
  await expect(PageVisitor.signIn(origin, 'ben')).rejects.toThrow('did not come to an end')
  expect(await ben.post('/approvals', approval)).toMatchObject({ status: 401 })
  for (const path of ['/links', '/requests', '/eligibility'])
    expect(await call(sessions.ben.accessKeyId, path)).toBe(403)
  expect(await call(sessions.ben.accessKeyId, '/approvals', approval)).toBe(403)
  const commands = [
    ['pause', '--reason', 'revenge'],
    ['approve', request?.digest ?? '', '--yes'],
    ['touch', link, '--rebind'],
  ] as const
  for (const command of commands)
    expect(await system.ssofile(command, sessions.ben.accessKeyId)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("received the credentials of 'ben', who is suspended"),
    })
  expect(await system.has(`approvals/${sessions.ben.userId}/${request?.digest}`)).toBe(false)
  // By the file that the API would write, straight into the bucket.
  await system.upload(
    `approvals/${sessions.ben.userId}/${request?.digest}`,
    JSON.stringify({ decision: 'approve' }),
    sessions.ben.accessKeyId,
  )
  await system.untilStatus(`approvals/${sessions.ben.userId}/${request?.digest}`, 'rejected')
  expect(await system.status(`requests/${sessions.ana.userId}/${linkData}`)).toMatchObject({ state: 'waiting' })

  await until('that new sessions of ben are denied', async () => refusalOf(system, await open('ben')), {
    withinMs: 150_000,
    tell: () => system.lastLogLines(),
  })
  expect((Date.now() - began) * 6).toBeLessThan(slowed(180_000))
  expect(await mayCall(system, await open('cleo'))).toBe(true)
  expect(await cleo.get('/me')).toMatchObject({ status: 200 })
  expect(await system.has('control/pause.json')).toBe(false)
})

test('status, explain and who say that the person is suspended, what is left, and its limit in the same words', async () => {
  const limit = 'sessions of permission sets that ssofile owns are denied within two minutes'
  const told = await system.untilStatus(suspension, 'partly')
  expect(told.reason).toContain(
    `access through groups that ssofile does not manage (approvers), which ssofile cannot take away; until that ends, ${limit}`,
  )
  expect(told.remedy).toContain('disable the user in the provider')
  const explained = await system.ssofile(['explain', account, permissionSet, 'ben'], 'auditor')
  expect(explained.stdout).toContain(limit)
  const who = await system.ssofile(['who', '--user', 'ben'], 'auditor')
  expect(who.stdout).toContain(`'ben' is suspended by ${suspension}: ssofile has revoked everything that it gave`)
  expect(who.stdout).toContain(limit)
})

test('without the file the same person acts again, and what denied every session is gone from the permission set', async () => {
  const denied = async () => JSON.stringify(await system.json(`owned_permission_sets/${permissionSet}`))
  expect(await denied()).toContain('9999-01-01')
  await system.cli(['s3', 'rm', `s3://ssofile/${suspension}`], { as: 'hr' })
  await system.untilGone(suspension)
  await until('the end of the denial', async () => ((await denied()).includes('9999-01-01') ? undefined : true), {
    withinMs: 60_000,
    tell: () => system.lastLogLines(),
  })
  const again = await PageVisitor.signIn(origin, 'ben')
  expect(await again.get('/operations')).toMatchObject({ status: 200 })
})
