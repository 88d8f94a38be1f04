import { expect, test } from '@jest/globals'
import { buildApp } from 'fauxqs'
import { addQueryServices } from '../../infra/local/query-services/add-query-services.ts'
import { openAwsOwnRoles } from '../../shared/aws/aws-own-roles.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { isPermissionSetRole } from '../../shared/domain/permission-sets/permission-set-role.ts'
import { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { openWorld, permissionSetArnIn, principalIdIn, shop as shopId } from './identity-center-world.ts'

const shop = accountId.parse(shopId)

test('a role of Identity Center is found with its path, by its name alone; one that is not there is none', async () => {
  const world = openWorld()
  const { ssoAdmin, organizations, clock } = world
  const iam = new MemoryIam({
    clock,
    randomness: new SeededRandomness(7),
    ssoAdmin,
    organizations,
    auditorRole: 'auditor',
  })
  const permissionSetArn = permissionSetArnIn(world, 'ReadOnly-ps')
  const principalId = principalIdIn(world, 'GROUP', 'Auditors')
  ssoAdmin.addAssignment({ accountId: shop, permissionSetArn, principalId, principalType: 'GROUP' })
  const app = buildApp({ logger: false })
  addQueryServices(app, { iam, accountOf: () => shop })
  try {
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const roles = openAwsOwnRoles({ url, accessKeyId: 'ssofile' })
    const arn = (await roles.arnOf(ssoAdmin.roleName(shop, permissionSetArn) ?? '')) ?? ''
    expect({ arn, is: isPermissionSetRole(arn, shop) }).toEqual({
      arn: expect.stringContaining('ReadOnly-ps'),
      is: true,
    })
    expect(await roles.arnOf('AWSReservedSSO_ReadOnly-ps_0000000000000000')).toBeUndefined()
  } finally {
    await app.close()
  }
})
