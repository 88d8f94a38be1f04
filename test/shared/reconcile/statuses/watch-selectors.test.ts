import { expect, test } from '@jest/globals'
import { lanes } from '../../../../shared/ports/queues.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import { SelectorFiles } from '../../../../shared/reconcile/records/selector-files.ts'
import { lostMost, watchSelectors } from '../../../../shared/reconcile/statuses/watch-selectors.ts'
import { testInDepth } from '../../../depth.ts'
import { World } from '../../../world.ts'

test('a selector loses the access that it no longer selects, and nothing while it is invalid', async () => {
  const world = new World()
  await world.finish(new OrganizationCache(world.ports, []).rebuild())
  const id = await world.identityStore.createGroup({ displayName: 'Support' })
  const [account] = world.organizations
    .accountsNow()
    .filter((one) => one.id !== world.organizations.managementAccountIdNow)
  await world.objects.put(`state/principals/GROUP%${id}%Support`, '')
  await world.objects.put('links_data/select%prod%ReadOnly-ps%Support%GROUP%ssofile', '')
  await world.objects.put(`assignments/account%${account?.id}%ReadOnly-ps%${id}%GROUP`, '')
  const asked = async (selector: string) => {
    await world.objects.put('selectors/prod.json', selector)
    await world.finish(watchSelectors(world.ports, world.configuration, new SelectorFiles(world.objects)))
    return lanes.reduce((sum, lane) => sum + world.queues.queue(lane).counts().visible, 0)
  }
  expect(await asked('{"names":["*"]}')).toBe(0)
  expect(await asked('{"names":["*"],"accountss":[]}')).toBe(0)
  expect(await asked('{"names":["nothing-*"]}')).toBe(1)
})

testInDepth('a selector that loses very much access fits into its minute: the sweep finds the rest', async () => {
  const world = new World()
  await world.finish(new OrganizationCache(world.ports, []).rebuild())
  const id = await world.identityStore.createGroup({ displayName: 'Support' })
  await world.objects.put(`state/principals/GROUP%${id}%Support`, '')
  await world.objects.put('links_data/select%prod%ReadOnly-ps%Support%GROUP%ssofile', '')
  await world.objects.put('selectors/prod.json', JSON.stringify({ names: ['nothing-*'] }))
  for (let account = 0; account < lostMost + 1_000; account++)
    await world.objects.put(`assignments/account%${200_000_000_000 + account}%ReadOnly-ps%${id}%GROUP`, '')
  const look = () => world.finish(watchSelectors(world.ports, world.configuration, new SelectorFiles(world.objects)))
  const asked = () => world.queues.queue('work').counts().visible
  await look()
  expect(asked()).toBe(lostMost)
  await look()
  expect(asked()).toBe(lostMost)
})
