import { expect, test } from '@jest/globals'
import { findPushAuthors } from '../../../../shared/modules/restore/push-authors.ts'
import { World } from '../../../world.ts'

const file = JSON.stringify({ permissionSetName: 'Billing-ps' })
const link = (principal: string) => `links_data/account%233000000002%Billing-ps%${principal}%GROUP%ssofile`
const [kept, gone, never] = [link('team-Accountants'), link('team-security'), link('nobody')]

test('the author of a file is its uploader, or the person who deleted it, also when its access is gone', async () => {
  const world = new World().start()
  await world.objects.as('ines').put('permission_sets/Billing-ps.json', file)
  for (const key of [kept, gone]) await world.objects.as('maria').put(key, '')
  const isApplied = async (key: string) => (await world.json(`status/${key}.json`))?.state === 'applied'
  await world.until(async () => (await isApplied(kept)) && (await isApplied(gone)), 'applied')
  const from = world.clock.now()
  await world.objects.as('lars').delete(gone)
  await world.until(async () => (await world.namedKeys('assignments/')).length === 1, 'revoked')
  await world.until(async () => (await world.keys('status/links_data/')).length === 1, 'its status is gone')
  const keys = [kept, gone, never, 'permission_sets/Billing-ps.json', 'policies/none.json']
  const authors = await findPushAuthors(world, { keys, from, to: world.clock.now() })
  expect([...authors]).toEqual([
    [kept, 'AWS:maria'],
    [gone, 'AWS:lars'],
    [never, undefined],
    ['permission_sets/Billing-ps.json', 'AWS:ines'],
    ['policies/none.json', undefined],
  ])
})
