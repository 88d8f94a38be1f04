import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { listAttention } from '../../shared/reconcile/records/list-attention.ts'
import { deliverEvent } from '../deliver-event.ts'
import { World } from '../world.ts'

const ofUnit = 'links_data/ou_id%ou-acme-mna2next%Later-ps%team-Platform%GROUP%ssofile'
const ofTag = 'links_data/account_tag%team^Nobody%Later-ps%team-Web%GROUP%ssofile'

async function open() {
  const world = new World().start()
  await world.objects.put('permission_sets/Later-ps.json', '{"permissionSetName":"Later-ps"}')
  for (const link of [ofUnit, ofTag]) await world.objects.put(link, '')
  await world.until(async () => (await statesOf(world)).join() === 'waiting,waiting', 'both links wait')
  const account = accountId.parse(world.organizations.accountsNow().find(({ name }) => name === 'website-test')?.id)
  return { world, account }
}

function statesOf(world: World) {
  return Promise.all([ofUnit, ofTag].map(async (link) => (await world.json(`status/${link}.json`))?.state))
}

function both(world: World): () => Promise<boolean> {
  return async () => (await statesOf(world)).join() === 'applied,applied'
}

describe('a link on a unit without accounts, and one on a tag that no account has', () => {
  test('say the same, and nobody is asked to look at them', async () => {
    const { world } = await open()
    for (const link of [ofUnit, ofTag])
      expect(await world.json(`status/${link}.json`)).toMatchObject({
        state: 'waiting',
        atRest: true,
        remedy: expect.stringMatching(/^nothing to do: ssofile applies it when /),
      })
    expect(await world.keys('attention/')).toEqual([])
    expect(await listAttention(world.ports)).toEqual({ all: 0, inputs: [] })
  })

  test('are applied by the events of an account that comes', async () => {
    const { world, account } = await open()
    await world.organizations.moveAccount(account, 'ou-acme-wrk2test', 'ou-acme-mna2next')
    await deliverEvent(world, 'move-account', account)
    await world.organizations.tagResource(account, { team: 'Nobody' })
    await deliverEvent(world, 'tag-resource', account)
    await world.until(both(world), 'both links are applied')
    expect(await world.json(`status/${ofUnit}.json`)).not.toHaveProperty('atRest')
  })

  test('are applied by the reconcile where the events were lost', async () => {
    const { world, account } = await open()
    await world.organizations.moveAccount(account, 'ou-acme-wrk2test', 'ou-acme-mna2next')
    await world.organizations.tagResource(account, { team: 'Nobody' })
    await world.finish(world.everyHour(), 1_000)
    await world.until(both(world), 'both links are applied')
  })
})
