import { GetInlinePolicyForPermissionSetCommand } from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { operatorRole } from '../../../infra/local/add-roles-of-people.ts'
import { slowed } from '../../slowness.ts'
import { LocalSystem } from '../local-system.ts'
import { mayCall } from '../may-call.ts'
import { until } from '../until.ts'

const account = '233000000001'
/** What waits for a minute waits for ten seconds. Sessions keep real time. */
const timeScale = 6
const [kenji, lars, ama] = ['kenji.ito@acme.example', 'lars.jensen@acme.example', 'ama.osei@acme.example']
const key = 'permission_sets/Support-ps.json'
const own = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: ['s3:*'], Resource: '*' } }
const file = (fields: object = {}) =>
  JSON.stringify({ permissionSetName: 'Support-ps', inlinePolicyDocument: own, ...fields })
const record = z.object({ ended: z.array(z.looseObject({})) })
const issued = z.object({ accessKeyId: z.string(), arn: z.string(), userId: z.string() })

/** A local system on which these users have Support-ps in one account. */
async function start(users: readonly string[], timeScale?: number): Promise<LocalSystem> {
  const system = await LocalSystem.start({ timeScale })
  await system.upload(key, file())
  const links = users.map((user) => `links_data/account%${account}%Support-ps%${user}%USER%ssofile`)
  await system.uploadAll(links)
  await system.untilStatuses(links, 'applied')
  return system
}

async function signIn({ url }: LocalSystem, user: string): Promise<string> {
  const answer = await fetch(`${url}/_ssofile/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user, permissionSet: 'Support-ps', account }),
  })
  return issued.parse(await answer.json()).accessKeyId
}

async function inlinePolicy({ access, ssoAdmin }: LocalSystem): Promise<string> {
  const PermissionSetArn = await access.permissionSetArn('Support-ps')
  const asked = { InstanceArn: await access.instanceArn(), PermissionSetArn }
  return (await ssoAdmin.send(new GetInlinePolicyForPermissionSetCommand(asked))).InlinePolicy ?? ''
}

/** The first second in which no instant of an older session can lie. */
async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000)
  await until('the next second', async () => (Math.floor(Date.now() / 1000) > second ? true : undefined))
}

const end = (system: LocalSystem, ...args: readonly string[]) =>
  system.ssofile(['sessions', 'end', ...args], operatorRole)

describe('a person ends the sessions of a user', () => {
  let system: LocalSystem
  beforeAll(async () => {
    system = await start([kenji, lars, ama], timeScale)
  })
  afterAll(() => system.stop())

  test('old sessions are denied within two minutes, of two users at once, and new ones and those of others are not', async () => {
    const [ofKenji, ofLars, ofAma] = [
      await signIn(system, kenji),
      await signIn(system, lars),
      await signIn(system, ama),
    ]
    expect(await mayCall(system, ofKenji)).toBe(true)
    await nextSecond()
    const beganMs = Date.now()
    const ended = await Promise.all([
      end(system, kenji, '--yes', '--json'),
      end(system, lars, '--permission-set', 'Support-ps', '--account', account, '--yes', '--json'),
    ])
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    expect((Date.now() - beganMs) * timeScale).toBeLessThan(slowed(120_000))
    expect(ended.map(({ stdout }) => JSON.parse(stdout).sessions[0])).toMatchObject([
      { name: kenji, permissionSet: 'Support-ps', state: 'denied' },
      { name: lars, account, state: 'denied' },
    ])
    const { before } = JSON.parse(ended[0].stdout).sessions[0]
    await until('the instant that the command told', async () => (Date.now() >= Date.parse(before) ? true : undefined))
    const fresh = await signIn(system, kenji)
    const all = await Promise.all([ofKenji, ofLars, ofAma, fresh].map((session) => mayCall(system, session)))
    expect(all).toEqual([false, false, true, true])
    // Who somebody is, is answered all the same. (STS API Reference, "GetCallerIdentity".)
    expect(await system.cli(['sts', 'get-caller-identity'], { as: ofKenji })).toContain(kenji)
    const { stdout } = await system.ssofile(['sessions'])
    expect(stdout).toMatch(/kenji\S+ +Support-ps +all .* denied /)
  })

  test('the file may change meanwhile: what is denied stays, and belongs to nobody else', async () => {
    const Statement = [{ Effect: 'Allow', Action: ['s3:*', 'ec2:*'], Resource: '*' }]
    const before = (await system.status(key))?.etag
    await system.upload(key, file({ inlinePolicyDocument: { ...own, Statement } }))
    await until('the new file', async () => {
      const status = await system.status(key)
      return status?.state === 'applied' && status.etag !== before ? true : undefined
    })
    expect(JSON.parse(await inlinePolicy(system)).Statement).toEqual([
      ...Statement,
      expect.objectContaining({ Sid: 'SsofileEnded1' }),
      expect.objectContaining({ Sid: 'SsofileEnded2' }),
    ])
    const plan = await system.ssofile(['plan', 's3://ssofile', '--detailed-exitcode'])
    expect({ exitCode: plan.exitCode, stdout: plan.stdout }).toMatchObject({ exitCode: 0 })
    const calls = system.calls.length
    const apply = await system.ssofile(['apply', 's3://ssofile'], 'ssofile')
    expect(apply.exitCode).toBe(0)
    const changes = system.calls.slice(calls).filter(({ operation }) => /^(Put|Delete|Provision)/.test(operation))
    expect(changes).toEqual([])
  })

  test('a permission set that ssofile does not own is refused, with what to do instead', async () => {
    const { exitCode, stderr } = await end(system, kenji, '--permission-set', 'ViewOnlyAccess', '--yes')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/ViewOnlyAccess: .*ssofile import --permission-sets NAME.*--everywhere/)
  })

  test('without the rights of operators nothing is ended', async () => {
    const { exitCode, stderr } = await system.ssofile(['sessions', 'end', ama, '--yes'], 'maria')
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('role of operators') })
    expect(await mayCall(system, await signIn(system, ama))).toBe(true)
  })

  test('for a leaver the service control policy is printed, and nothing is changed', async () => {
    const before = await system.json('control/ended-sessions.json')
    const { exitCode, stdout } = await end(system, ama, '--everywhere')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] })
    expect(await system.json('control/ended-sessions.json')).toEqual(before)
  })

  test('what is denied goes by itself when its time is over, with its record, and the accounts follow', async () => {
    const old = await signIn(system, ama)
    await nextSecond()
    expect(await end(system, ama, '--permission-set', 'Support-ps', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await mayCall(system, old)).toBe(false)
    // Twelve hours are over: nobody but time changes the record so.
    const { ended } = record.parse(await system.json('control/ended-sessions.json'))
    const nowMs = Date.now()
    const [before, ends] = [nowMs - 12 * 3_600_000, nowMs].map((ms) => new Date(ms).toISOString())
    const over = ended.map((one) => ({ ...one, before, until: ends }))
    await system.upload('control/ended-sessions.json', JSON.stringify({ v: 1, ended: over }), 'operator')
    await until(
      'the end of the record',
      async () => ((await system.has('control/ended-sessions.json')) ? undefined : true),
      { withinMs: 120_000, tell: () => system.lastLogLines() },
    )
    expect(await inlinePolicy(system)).not.toContain('SsofileEnded')
    expect(await mayCall(system, old)).toBe(true)
  })
})

test('the end of temporary access whose eligibility says so denies the sessions that run, and those of nobody else', async () => {
  // Lars keeps the access, so that the role is still there when Kenji's has ended.
  const system = await start([lars], 30)
  try {
    const eligibility = {
      for: { users: [kenji] },
      permissionSets: ['Support-ps'],
      scopes: [`account%${account}`],
      longest: 'PT8H',
      approvers: { users: [ama] },
      endsSessions: true,
    }
    await system.upload('eligibility/support.json', JSON.stringify(eligibility), 'governance')
    const link = `account%${account}%Support-ps%${kenji}%USER%ssofile`
    const request = `requests/${await system.userId(kenji)}/${link}`
    await system.upload(request, JSON.stringify({ duration: 'PT1H' }), 'ssofile')
    const digest = (await system.untilStatus(request, 'waiting')).request?.digest
    const approval = `approvals/${await system.userId(ama)}/${digest}`
    await system.upload(approval, JSON.stringify({ decision: 'approve' }), 'ssofile')
    await system.untilStatus(`links_data/temporary/${link}`, 'applied')
    const [ofKenji, ofLars] = [await signIn(system, kenji), await signIn(system, lars)]
    expect(await mayCall(system, ofKenji)).toBe(true)
    await system.remove(request, 'ssofile')
    const tell = () => system.lastLogLines()
    await until('the denial', async () => ((await mayCall(system, ofKenji)) ? undefined : true), { tell })
    expect(await mayCall(system, ofLars)).toBe(true)
    expect(record.parse(await system.json('control/ended-sessions.json'))).toMatchObject({
      ended: [{ name: kenji, permissionSet: 'Support-ps', account, by: `the end of request ${digest}` }],
    })
  } finally {
    await system.stop()
  }
})
