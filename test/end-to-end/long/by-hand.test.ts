import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { settlingMs } from '../../../shared/domain/assignments/access-proof.ts'
import { slowed } from '../../slowness.ts'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
const nameOf = (group: string) => `account%${account}%ReadOnly-ps%${group}%GROUP%ssofile`
const link = `links_data/${nameOf('kept')}`
const timeScale = 30
/** The goal is five seconds after the event; other tests use the machine as well. */
const seen = { withinMs: 40_000 }

let system: LocalSystem
let target: readonly string[]

beforeAll(async () => {
  system = await LocalSystem.start({
    organization: smallOrganization({
      groups: ['kept', 'outsiders', 'later', 'askers', 'approvers'],
      users: ['mia@tiny.example', 'zoe@tiny.example'],
    }),
    timeScale,
  })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.upload(link)
  await system.untilStatus(link, 'applied')
  const [instance, set] = [await system.access.instanceArn(), await system.access.permissionSetArn('ReadOnly-ps')]
  target = ['--instance-arn', instance, '--permission-set-arn', set]
  // What contradicts our own grant counts only five minutes after it: what is awaited is the time itself.
  await sleep(settlingMs / timeScale)
})
afterAll(async () => {
  process.stderr.write(`${measured.map(({ what, ms }) => `${what}: ${ms} ms`).join('\n')}\n`)
  await system.stop()
})

/** How long after the call of a person its effect was seen: the median must be below five seconds. */
const measured: { readonly what: string; readonly ms: number }[] = []
async function measure<T>(what: string, sight: () => Promise<T | undefined>): Promise<T> {
  const beganMs = performance.now()
  const found = await until(what, sight, { ...seen, tell: () => logged() })
  measured.push({ what, ms: Math.round(performance.now() - beganMs) })
  return found
}

/** Somebody works with the AWS CLI. */
async function assign(operation: 'create' | 'delete', group: string, as = 'eve'): Promise<void> {
  const whom = ['--principal-type', 'GROUP', '--principal-id', await system.groupId(group)]
  const where = ['--target-id', account, '--target-type', 'AWS_ACCOUNT']
  await system.cli(['sso-admin', `${operation}-account-assignment`, ...target, ...where, ...whom], { as })
}

/** What history says, newest last, with who did it. */
async function told(name: string) {
  const keys = await system.historyKeys(name)
  return Promise.all(
    keys.map(async (key) => ({ event: key.replace(/^.*%|\.json$/gs, ''), ...(await system.json(key)) })),
  )
}

const has = async (group: string) => (await system.access.inAccount(account)).includes(`ReadOnly-ps%${group}%GROUP`)
const logged = () => system.lastLogLines(40)

test('what somebody takes away is given again at once, and history says who took it away', async () => {
  await assign('delete', 'kept')
  await measure('taken away and given again', async () =>
    (await told(nameOf('kept'))).length === 3 ? true : undefined,
  )
  await until('access again', async () => ((await has('kept')) ? true : undefined), { ...seen, tell: logged })
  expect(await told(nameOf('kept'))).toMatchObject([
    { event: 'granted' },
    { event: 'revoked', by: { name: 'eve', call: 'DeleteAccountAssignment', address: '127.0.0.1' } },
    { event: 'granted' },
  ])
})

test('what somebody gives stands under foreign/ and access/ at once, with who gave it, and leaves them with who took it away', async () => {
  await assign('create', 'outsiders')
  const record = await measure('given', () => system.recordOf(nameOf('outsiders'), 'foreign/'))
  expect(record).toMatchObject({ by: { name: 'eve', call: 'CreateAccountAssignment' } })
  expect(await system.keys('access/')).toContain(`access/account%${account}%ReadOnly-ps%outsiders%GROUP%foreign`)
  await assign('delete', 'outsiders', 'frank')
  await until('its end', async () => ((await system.recordOf(nameOf('outsiders'), 'foreign/')) ? undefined : true), {
    ...seen,
    tell: logged,
  })
  expect(await told(nameOf('outsiders'))).toMatchObject([
    { event: 'foreign-found', by: { name: 'eve' } },
    { event: 'foreign-gone', by: { name: 'frank' } },
  ])
})

test('a permission set that somebody edits is put back at once, and history says who edited it', async () => {
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } })
  await system.cli(['sso-admin', 'put-inline-policy-to-permission-set', ...target, '--inline-policy', policy], {
    as: 'eve',
  })
  const folder = 'history/permission-set%ReadOnly-ps/'
  const restored = await measure('a set edited and restored', async () =>
    (await system.keys(folder)).find((key) => key.endsWith('%restored.json')),
  )
  expect(await system.json(restored)).toMatchObject({
    undoes: { name: 'eve', call: 'PutInlinePolicyToPermissionSet' },
  })
  const read = await system.cli(['sso-admin', 'get-inline-policy-for-permission-set', ...target])
  expect(JSON.parse(read).InlinePolicy ?? '').toBe('')
})

test('a request is granted as soon as somebody who has approved it is made an approver by hand', async () => {
  const [mia, zoe] = ['mia@tiny.example', 'zoe@tiny.example']
  const link = `account%${account}%ReadOnly-ps%${mia}%USER%ssofile`
  const request = `requests/${await system.userId(mia)}/${link}`
  const eligibility = {
    ...{ for: { groups: ['askers'] }, permissionSets: ['ReadOnly-ps'], scopes: [`account%${account}`] },
    ...{ longest: 'PT8H', approvers: { groups: ['approvers'] }, approvals: 1 },
  }
  await system.joinGroup(mia, 'askers')
  await system.upload('eligibility/reading.json', JSON.stringify(eligibility), 'governance')
  await system.upload(request, JSON.stringify({ duration: 'PT8H' }), 'ssofile')
  const digest = await until('the digest', async () => (await system.status(request))?.request?.digest, seen)
  await system.upload(`approvals/${await system.userId(zoe)}/${digest}`, '{"decision":"approve"}', 'ssofile')
  await system.untilStatus(`approvals/${await system.userId(zoe)}/${digest}`, 'rejected')
  await system.joinGroup(zoe, 'approvers')
  await measure('made an approver', async () =>
    (await system.status(request))?.state === 'applied' ? true : undefined,
  )
})

test('who --changes lists what was done by hand, with who did it', async () => {
  const { stdout, exitCode } = await system.ssofile(['who', '--changes', '1d', '--account', account], 'auditor')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/foreign-found +200000000001 +ReadOnly-ps +group outsiders +by eve by aws-cli/)
  expect(stdout).toMatch(/foreign-gone +200000000001 +ReadOnly-ps +group outsiders +by frank by aws-cli/)
  expect(stdout).toMatch(/revoked +200000000001 +ReadOnly-ps +group kept +by eve/)
  expect(stdout).toMatch(/granted +200000000001 +ReadOnly-ps +group kept +ssofile/)
})

test('half of what is done by hand is seen within five seconds', () => {
  const times = measured.map(({ ms }) => ms).sort((a, b) => a - b)
  expect(times).toHaveLength(4)
  expect(times[1]).toBeLessThan(slowed(5_000))
})
