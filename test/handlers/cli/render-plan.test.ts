import { expect, test } from '@jest/globals'
import { ProposedObjects } from '../../../handlers/cli/proposed-objects.ts'
import { renderPlan } from '../../../handlers/cli/render-plan.ts'
import { accountId } from '../../../shared/domain/account-id.ts'
import { previewChanges } from '../../../shared/reconcile/preview/preview.ts'
import { World } from '../../world.ts'

async function plan(world: World): Promise<string> {
  const objects = new ProposedObjects(world.objects, world.clock.now())
  return renderPlan(
    await world.finish(previewChanges({ ...world.ports, objects }, world.configuration, { looksMost: 300 })),
  )
}

test('where nothing differs the plan says so, and only of what ssofile gave', async () => {
  expect(await plan(new World())).toContain('Nothing to change: what ssofile gave is what the files say.')
})

test('where something waits the plan does not say that all is as the files say', async () => {
  const world = new World()
  await world.objects.put('links_data/account%233000000002%Nobodys-ps%team-Accountants%GROUP%ssofile', '')
  const told = await plan(world)
  expect(told).toContain('Nothing to change right now.')
  expect(told).toContain('1 waiting')
  expect(told).not.toContain('what the files say')
})

test('the plan names accounts in which nothing is granted or revoked, since nobody knows their place', async () => {
  const world = new World()
  world.organizations.withholdPlace(accountId.parse('233000000002'))
  await world.objects.put('links_data/root%all%ReadOnly-ps%team-Accountants%GROUP%ssofile', '')
  const told = await plan(world)
  expect(told).toContain(
    'whose State or Paths Organizations does not say: nothing is granted or revoked in 233000000002',
  )
})
