import { CreateAccountAssignmentCommand, DeleteAccountAssignmentCommand } from '@aws-sdk/client-sso-admin'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
const grant = 'ReadOnly-ps%kept%GROUP'
const name = `account%${account}%${grant}%ssofile`
const link = `links_data/${name}`
const timeScale = 60

let system: LocalSystem
let record = ''
beforeEach(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ groups: ['kept'] }), timeScale })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.upload(link)
  await system.untilStatus(link, 'applied')
  await system.untilDispatcherRests()
  record = (await system.recordKeyOf(name)) ?? ''
})
afterEach(() => system.stop(), 60_000)

const apply = () => system.ssofile(['apply', 's3://ssofile'], 'ssofile')
const hasAccess = async () => (await system.access.inAccount(account)).includes(grant)

test('a ledger object that is lost makes nothing foreign: its link fails until it is restored, and then all goes on', async () => {
  const version = JSON.stringify(await system.json(record))
  await system.remove(record, 'ssofile')

  const applied = await apply()
  expect(applied).toMatchObject({ exitCode: 1 })
  expect(applied.stdout).toContain('restore the version of that ledger object')
  expect(await system.status(link)).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/^history says that ssofile granted it at .*the ledger lost its record/),
    remedy: expect.stringContaining('restore the version'),
  })
  expect(await system.keys('attention/')).toEqual([`attention/failed/${link}`])
  expect(await system.keys('foreign/')).toEqual([])
  expect(await system.ssofile(['status'], 'ssofile')).toMatchObject({ exitCode: 1 })

  await system.remove(link)
  await system.untilStatus(link, 'failed')
  await system.untilQuiet()
  expect(await hasAccess()).toBe(true)
  expect(await system.keys('foreign/')).toEqual([])
  expect(await system.history(name)).toEqual(['granted'])

  await system.upload(record, version, 'ssofile')
  expect(await apply()).toMatchObject({ exitCode: 0 })
  await system.untilGone(link)
  expect(await hasAccess()).toBe(false)
  expect(await system.history(name)).toEqual(['granted', 'revoked'])
  expect(await system.keys('attention/')).toEqual([])
})

test('a lost ledger object is told without its link too, and ends when the access is removed by hand', async () => {
  const target = await targetOf()
  await system.remove(record, 'ssofile')
  await system.remove(link)
  await until('no status', async () => ((await system.has(`status/${link}.json`)) ? undefined : true))

  expect(await apply()).toMatchObject({ exitCode: 1 })
  expect(await system.keys('foreign/')).toEqual([])
  expect(await system.status(link)).toMatchObject({ state: 'failed', remedy: expect.stringContaining('by hand') })

  await system.ssoAdmin.send(new DeleteAccountAssignmentCommand(target))
  await until('no access', async () => ((await hasAccess()) ? undefined : true))
  expect(await apply()).toMatchObject({ exitCode: 0 })
  expect(await system.keys('assignments/')).toEqual([])
  expect(await system.keys('attention/')).toEqual([])
  expect(await system.history(name)).toEqual(['granted', 'revoked'])
})

test('access that was given by hand since ours ended is not revoked because an old version of its ledger object is back', async () => {
  const version = JSON.stringify(await system.json(record))
  const target = await targetOf()
  await system.remove(link)
  await system.untilGone(link)
  await system.ssoAdmin.send(new CreateAccountAssignmentCommand(target))
  await until('the access given by hand', async () => ((await hasAccess()) ? true : undefined))
  await system.upload(record, version, 'ssofile')

  expect(await apply()).toMatchObject({ exitCode: 1 })
  expect(await hasAccess()).toBe(true)
  expect(await system.status(link)).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/^the access could not be revoked: history says that it ended at /),
    remedy: expect.stringContaining('remove it in Identity Center by hand'),
  })
  expect(await system.keys('attention/')).toEqual([`attention/failed/${link}`])

  await system.ssoAdmin.send(new DeleteAccountAssignmentCommand(target))
  await until('no access', async () => ((await hasAccess()) ? undefined : true))
  expect(await apply()).toMatchObject({ exitCode: 0 })
  expect(await system.keys('assignments/')).toEqual([])
  expect(await system.keys('attention/')).toEqual([])
  expect(await system.history(name)).toEqual(['granted', 'revoked'])
})

async function targetOf() {
  return {
    InstanceArn: await system.access.instanceArn(),
    PermissionSetArn: await system.access.permissionSetArn('ReadOnly-ps'),
    TargetId: account,
    TargetType: 'AWS_ACCOUNT' as const,
    PrincipalType: 'GROUP' as const,
    PrincipalId: (await system.status(link))?.principalId ?? '',
  }
}
