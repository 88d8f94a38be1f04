import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { settlingMs } from '../../shared/domain/assignments/access-proof.ts'
import { LocalSystem } from './local-system.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'
import { until } from './until.ts'

const account = '200000000001'
const nameOf = (group: string) => `account%${account}%ReadOnly-ps%${group}%GROUP%ssofile`
const link = `links_data/${nameOf('kept')}`
const timeScale = 30
/** The goal is five seconds after the event; other tests use the machine as well. */
const seen = { withinMs: 15_000 }

let system: LocalSystem
let target: readonly string[]

beforeAll(async () => {
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: ['kept', 'outsiders', 'later'] }),
    timeScale,
  })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.upload(link)
  await system.untilStatus(link, 'applied')
  const [instance, set] = [await system.access.instanceArn(), await system.access.permissionSetArn('ReadOnly-ps')]
  target = ['--instance-arn', instance, '--permission-set-arn', set]
  // What contradicts our own grant counts only five minutes after it: what is awaited is the time itself.
  await sleep(settlingMs / timeScale)
}, 60_000)
afterAll(() => system.stop(), 60_000)

/** Somebody works with the AWS CLI. */
async function assign(operation: 'create' | 'delete', group: string, as = 'eve'): Promise<void> {
  const store = await system.access.identityStoreId()
  const attribute = { UniqueAttribute: { AttributePath: 'displayName', AttributeValue: group } }
  const asked = ['--identity-store-id', store, '--alternate-identifier', JSON.stringify(attribute)]
  const { GroupId } = JSON.parse(await system.cli(['identitystore', 'get-group-id', ...asked], { as }))
  const whom = ['--principal-type', 'GROUP', '--principal-id', GroupId]
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
  await until('the end in history', async () => ((await told(nameOf('kept'))).length === 3 ? true : undefined), {
    ...seen,
    tell: logged,
  })
  await until('access again', async () => ((await has('kept')) ? true : undefined), { ...seen, tell: logged })
  expect(await told(nameOf('kept'))).toMatchObject([
    { event: 'granted' },
    { event: 'revoked', by: { name: 'eve', call: 'DeleteAccountAssignment', address: '127.0.0.1' } },
    { event: 'granted' },
  ])
}, 60_000)

test('what somebody gives stands under foreign/ and access/ at once, with who gave it, and leaves them with who took it away', async () => {
  await assign('create', 'outsiders')
  const record = await until('the foreign access', () => system.recordOf(nameOf('outsiders'), 'foreign/'), {
    ...seen,
    tell: logged,
  })
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
}, 60_000)

test('a permission set that somebody edits is put back at once, and history says who edited it', async () => {
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } })
  await system.cli(['sso-admin', 'put-inline-policy-to-permission-set', ...target, '--inline-policy', policy], {
    as: 'eve',
  })
  const folder = 'history/permission-set%ReadOnly-ps/'
  const restored = await until(
    'the restored set',
    async () => (await system.keys(folder)).find((key) => key.endsWith('%restored.json')),
    { ...seen, tell: logged },
  )
  expect(await system.json(restored)).toMatchObject({
    undoes: { name: 'eve', call: 'PutInlinePolicyToPermissionSet' },
  })
  const read = await system.cli(['sso-admin', 'get-inline-policy-for-permission-set', ...target])
  expect(JSON.parse(read).InlinePolicy ?? '').toBe('')
}, 60_000)
