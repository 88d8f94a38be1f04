import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../shared/domain/account-id.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization-cache.ts'
import { intercept } from '../../intercept.ts'
import { World } from '../../world.ts'

const moved = accountId.parse('210000000001')
const move = (world: World) => world.organizations.moveAccount(moved, 'ou-acme-sec10000', 'ou-acme-wrk3fina')
const parentOf = async (cache: OrganizationCache) => (await cache.find(moved, await cache.view()))?.parents.at(-1)

describe('the view of the organization', () => {
  test('is never older than one that somebody wrote before it was asked for', async () => {
    const world = new World()
    const dispatcher = new OrganizationCache(world.ports, [])
    await world.finish(dispatcher.view())
    await move(world)
    await world.finish(new OrganizationCache(world.ports, []).rebuild())
    expect(await world.finish(parentOf(dispatcher))).toBe('ou-acme-wrk3fina')
  })

  test('is not replaced by a slower reading that began before it', async () => {
    const world = new World()
    let isFirst = true
    const slow = intercept(world.ports, async ({ operation, proceed }) => {
      const answer = await proceed()
      if (operation === 'managementAccountId' && isFirst) {
        isFirst = false
        await move(world)
        await new OrganizationCache(world.ports, []).rebuild()
      }
      return answer
    })
    await world.finish(new OrganizationCache(slow, []).rebuild())
    expect(await world.finish(parentOf(new OrganizationCache(world.ports, [])))).toBe('ou-acme-wrk3fina')
  })

  test('that cannot be understood is made again, since it is only a cache', async () => {
    const world = new World()
    await world.objects.put('state/organization.json', '{"v":0}')
    expect((await world.finish(new OrganizationCache(world.ports, []).view())).accounts.length).toBeGreaterThan(10)
  })
})
