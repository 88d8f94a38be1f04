import { readdirSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { AccountId } from '../../shared/domain/organization/account-id.ts'
import { deliverEvent } from '../deliver-event.ts'
import { World } from '../world.ts'

const fixtures = new URL('../../fixtures/events/', import.meta.url)

async function upload(world: World, link: string, state: string): Promise<void> {
  await world.objects.as('maria').put('permission_sets/Later-ps.json', '{"permissionSetName":"Later-ps"}')
  await world.objects.as('maria').put(`links_data/${link}`, '')
  await world.until(async () => (await world.json(`status/links_data/${link}.json`))?.state === state, state)
}

describe('an event', () => {
  test('of a created group applies the links that wait for the group', async () => {
    const world = new World().start()
    const link = 'account%233000000002%Later-ps%team-Newcomers%GROUP%ssofile'
    await upload(world, link, 'waiting')
    await world.identityStore.createGroup({ displayName: 'team-Newcomers' })
    await deliverEvent(world, 'group-created')
    await world.until(async () => (await world.json(`status/links_data/${link}.json`))?.state === 'applied', 'applied')
  })

  test('of a moved account grants what its new place grants and revokes what its old one did', async () => {
    const world = new World().start()
    const moved = world.organizations.accountsNow().find(({ name }) => name === 'website-test')?.id as AccountId
    const old = 'ou_id%ou-acme-wrk2test%Later-ps%team-Web%GROUP%ssofile'
    const next = 'ou_id%ou-acme-mna2next%Later-ps%team-Platform%GROUP%ssofile'
    await upload(world, old, 'applied')
    await upload(world, next, 'waiting')
    await world.organizations.moveAccount(moved, 'ou-acme-wrk2test', 'ou-acme-mna2next')
    await deliverEvent(world, 'move-account', moved)
    await world.until(
      async () =>
        (await world.namedKeys(`assignments/account%${moved}`)).join() ===
        `assignments/account%${moved}%Later-ps%team-Platform%GROUP%ssofile`,
      'only what the new place grants',
    )
  })

  test.each(readdirSync(fixtures))(
    '%s changes nothing where nothing has changed, and is done with',
    async (fixture) => {
      const world = new World().start()
      await deliverEvent(world, fixture.replace('.json', ''))
      await world.until(() => world.queues.queue('events').messages().length === 0, 'the event is done with')
      expect(await world.namedKeys('assignments/')).toEqual([])
      expect(world.errors).toEqual([])
    },
  )

  test('that nobody can read is followed like any other: something has changed', async () => {
    const world = new World().start()
    await world.queues.send('events', [{ body: 'no event' }])
    await world.until(() => world.queues.queue('events').messages().length === 0, 'the event is done with')
    expect(world.log.lines.map(({ message }) => message)).toContain('events followed')
  })
})
