import { CreateGroupCommand, DeleteGroupCommand } from '@aws-sdk/client-identitystore'
import { CreateAccountAssignmentCommand } from '@aws-sdk/client-sso-admin'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
const link = `links_data/account%${account}%ReadOnly-ps%kept%GROUP%ssofile`
/** Names that no link can have: with a tab, with a line feed, and not in Unicode normal form C. */
const unspelt = ['on\tcall', 'two\nlines', 'cafe\u0301']

let system: LocalSystem
beforeEach(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ groups: ['kept', 'leaving'] }), timeScale: 30 })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.upload(link)
  await system.untilStatus(link, 'applied')
})
afterEach(() => system.stop(), 60_000)

/** Somebody gives a group access in the console, and its event is lost. */
async function grantByHand(GroupId = ''): Promise<void> {
  await system.ssoAdminOf('silent').send(
    new CreateAccountAssignmentCommand({
      InstanceArn: await system.access.instanceArn(),
      PermissionSetArn: await system.access.permissionSetArn('ReadOnly-ps'),
      TargetId: account,
      TargetType: 'AWS_ACCOUNT',
      PrincipalType: 'GROUP',
      PrincipalId: GroupId,
    }),
  )
  await until(`access of ${GroupId}`, async () =>
    (await system.access.ofPrincipal('GROUP', GroupId)).length > 0 ? true : undefined,
  )
}

async function createGroup(DisplayName: string): Promise<string> {
  const IdentityStoreId = await system.access.identityStoreId()
  const { GroupId = '' } = await system.identityStore.send(new CreateGroupCommand({ IdentityStoreId, DisplayName }))
  return GroupId
}

const foreignKey = (id: string) => `foreign/account%${account}%ReadOnly-ps%${id}%GROUP`
const apply = () => system.ssofile(['apply', 's3://ssofile'], 'ssofile')

test('access by hand of principals whose names no link can have is listed by their ids, and apply ends each time', async () => {
  const ids: string[] = []
  for (const name of unspelt) ids.push(await createGroup(name))
  const leaving = await createGroup('leaves soon')
  for (const id of [...ids, leaving]) await grantByHand(id)
  await system.identityStore.send(
    new DeleteGroupCommand({ IdentityStoreId: await system.access.identityStoreId(), GroupId: leaving }),
  )
  for (const times of [1, 2, 3]) {
    const { exitCode, stderr } = await apply()
    expect({ times, exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(stderr).toContain(times === 1 ? '4 foreign found' : '0 foreign found, 0 foreign gone')
    expect(await system.keys('foreign/')).toEqual([...ids, leaving].map(foreignKey).sort())
  }
  // An id is no name whose owner could have changed: no reconcile evaluates it.
  const noted = await system.keys('state/principals/')
  expect(noted.filter((key) => [...ids, leaving].some((id) => key.endsWith(`%${id}`)))).toEqual([])
})
