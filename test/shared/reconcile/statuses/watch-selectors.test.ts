import { expect } from '@jest/globals'
import { SelectorFiles } from '../../../../shared/reconcile/records/selector-files.ts'
import { lostMost, watchSelectors } from '../../../../shared/reconcile/statuses/watch-selectors.ts'
import { testInDepth } from '../../../depth.ts'
import { World } from '../../../world.ts'

testInDepth('a selector that loses very much access fits into its minute: the sweep finds the rest', async () => {
  const world = new World()
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
