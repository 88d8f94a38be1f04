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
    accounts: {
      desired: 0,
      open: 0,
      failed: [
        {
          account,
          stuck: true,
          reason: expect.stringMatching(/^account 233000000002 is SUSPENDED, not ACTIVE: AWS SSO/),
        },
      ],
    },
    remedy: expect.stringContaining('reactivate or close'),
  })
  expect(await world.keys('attention/')).toEqual([`attention/stuck/${link}`])
  await world.finish(world.everyHour())
  await settle(world)
  expect(await world.keys('attention/')).toEqual([`attention/stuck/${link}`])
  await world.organizations.closeAccount(account)
  await world.clock.advance(60 * 60_000)
  await world.finish(world.everyHour())
  await settle(world)
  expect(await world.json(`status/${link}.json`)).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('account 233000000002 is CLOSED, not ACTIVE'),
    remedy: 'nothing to do: the access ends when AWS deletes the account, 90 days after its closure',
  })
  expect(await world.keys('attention/')).toEqual([`attention/stuck/${link}`])
  world.organizations.reinstateAccount(account)
  await world.finish(world.everyHour())
  await settle(world)
  expect(await world.namedKeys('assignments/')).toEqual([])
  expect(await world.keys('status/links_data/')).toEqual([])
  expect(await world.keys('attention/')).toEqual([])
})

test('a new link on an account that was suspended since the organization was read names its state at once', async () => {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
  await world.objects.put('permission_sets/Billing-ps.json', JSON.stringify(billing))
  await world.objects.put(link.replace('Accountants', 'Web'), '')
  await settle(world)
  world.organizations.suspendAccount(account)
  await world.objects.put(link, '')
  await settle(world)
  expect(await world.json(`status/${link}.json`)).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/account 233000000002 is SUSPENDED, not ACTIVE: AWS SSO/),
    remedy: expect.stringContaining('nothing to do: ssofile reads the organization again within the hour'),
  })
  await world.finish(world.everyHour())
  await settle(world)
  expect(await world.json(`status/${link}.json`)).toMatchObject({
    state: 'waiting',
    reason: 'account 233000000002 is SUSPENDED, not ACTIVE',
  })
})
