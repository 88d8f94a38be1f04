import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { acme, World } from '../../../world.ts'

const account = accountId.parse('233000000002')
const link = `links_data/account%${account}%Billing-ps%team-Accountants%GROUP%ssofile`
const billing = { permissionSetName: 'Billing-ps', description: 'Sees the bills' }

async function settle(world: World): Promise<void> {
  await world.look()
  await world.finish(world.slice())
}

test('a deleted link whose access is stuck on a suspended account stands under attention/stuck/ until the account is back', async () => {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
  await world.objects.put('permission_sets/Billing-ps.json', JSON.stringify(billing))
  await settle(world)
  await world.objects.put(link, '')
  await settle(world)
  world.organizations.suspendAccount(account)
  await world.objects.delete(link)
  await settle(world)
  expect(await world.json(`status/${link}.json`)).toMatchObject({
    state: 'failed',
    accounts: { desired: 0, open: 0, failed: [{ account, stuck: true, reason: expect.any(String) }] },
  })
  expect(await world.keys('attention/')).toEqual([`attention/stuck/${link}`])
  await world.finish(world.everyHour())
  await settle(world)
  expect(await world.keys('attention/')).toEqual([`attention/stuck/${link}`])
  world.organizations.reinstateAccount(account)
  await world.finish(world.everyHour())
  await settle(world)
  expect(await world.namedKeys('assignments/')).toEqual([])
  expect(await world.keys('status/links_data/')).toEqual([])
  expect(await world.keys('attention/')).toEqual([])
})
