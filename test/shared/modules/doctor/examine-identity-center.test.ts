import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { examineReadLag } from '../../../../shared/modules/doctor/examine-identity-center.ts'
import { slowPorts } from '../../../../shared/modules/doctor/slow-ports.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import { World } from '../../../world.ts'

const member = accountId.parse('210000000001')

/** A request to grant, and later one to take away, each waited for. */
async function change(world: World, kind: 'create' | 'delete', target: AssignmentTarget): Promise<void> {
  const { ssoAdmin } = world.ports
  const call = kind === 'create' ? ssoAdmin.createAccountAssignment(target) : ssoAdmin.deleteAccountAssignment(target)
  await world.finish(call)
  await world.until(() => world.ssoAdmin.outstandingRequests().length === 0, 'the end of the request')
}

async function open(readLagMs: number) {
  const world = new World({ readLagMs })
  const group = await world.ports.identityStore.findPrincipalId('GROUP', principalName.parse('team-Accountants'))
  const [arn] = (await world.ports.ssoAdmin.listPermissionSets()).items
  if (group === undefined || arn === undefined) throw new Error('the organization has neither')
  const target = { accountId: member, permissionSetArn: arn, principalId: group, principalType: 'GROUP' } as const
  const examine = (isActive = true) => world.finish(examineReadLag(slowPorts(world.ports), () => isActive))
  return { world, target, examine }
}

test('what was granted and taken away again is listed so: only the last request of a target counts', async () => {
  const { world, target, examine } = await open(0)
  expect(await examine()).toMatchObject({ level: 'skip' })
  await change(world, 'create', target)
  expect(await examine()).toMatchObject({ level: 'ok', figures: { changes: 1, shown: 1 } })
  await change(world, 'delete', target)
  expect(await examine()).toMatchObject({ level: 'ok', figures: { changes: 1, shown: 1 } })
  expect(await examine(false)).toMatchObject({ level: 'skip' })
})

test('a listing that lags is measured: what it does not show yet, and then how soon it did', async () => {
  const { world, target, examine } = await open(60_000)
  await change(world, 'create', target)
  expect(await examine()).toMatchObject({
    level: 'ok',
    told: expect.stringContaining('do not show 1 of 1 changes yet'),
    figures: { changes: 1, shown: 0, oldestMissingSeconds: expect.any(Number) },
  })
  await world.clock.advance(60_000)
  expect(await examine()).toMatchObject({ level: 'ok', figures: { shown: 1, newestShownSeconds: expect.any(Number) } })
})
