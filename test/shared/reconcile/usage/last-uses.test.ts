import { describe, expect, test } from '@jest/globals'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { Use } from '../../../../shared/domain/usage/use.ts'
import { LastUses } from '../../../../shared/reconcile/usage/last-uses.ts'
import { recordUses, recordWatching } from '../../../../shared/reconcile/usage/record-uses.ts'
import { rollUpUses } from '../../../../shared/reconcile/usage/roll-up-uses.ts'
import { World } from '../../../world.ts'

const personAt = (digit: string) => principalId.parse(`5f3c7f0a-1111-4222-8333-44445555666${digit}`)
const [anna, ben] = [personAt('a'), personAt('b')]
const dayMs = 24 * 60 * 60_000

async function use(world: World, user = anna, set = 'Billing-ps'): Promise<readonly Use[]> {
  const at = world.clock.now().toISOString()
  const access = { account: accountId.parse('111122223333'), permissionSet: permissionSetName.parse(set) }
  return recordUses(world.ports, user, [{ user, ...access, at, by: 'cli' }])
}
const lastUses = ({ objects, clock }: World) => new LastUses(objects, clock)

describe('the last uses', () => {
  test('are those of today at once, of one person and of all', async () => {
    const world = new World()
    expect(await lastUses(world).all()).toEqual([])
    expect(await use(world)).toHaveLength(1)
    await use(world, ben)
    expect(await lastUses(world).of(anna)).toMatchObject([{ user: anna, at: '2026-03-03T10:00:00.000Z', hours90: 1 }])
    expect(await lastUses(world).all()).toHaveLength(2)
  })

  test('are the same before and after the night, and count each day once', async () => {
    const world = new World()
    await use(world)
    await world.clock.advance(dayMs)
    await use(world)
    const before = await lastUses(world).all()
    expect(before).toMatchObject([{ at: '2026-03-04T10:00:00.000Z', hours90: 2, hours400: 2 }])
    for (const _ of [1, 2]) await rollUpUses(world.ports, configuration.parse({}))
    expect(await lastUses(world).all()).toEqual(before)
    await world.clock.advance(3 * dayMs)
    for (const _ of [1, 2]) await rollUpUses(world.ports, configuration.parse({}))
    expect(await lastUses(world).all()).toEqual(before)
    expect(await lastUses(world).of(anna)).toEqual(before)
  })

  test('leave out an object that cannot be read', async () => {
    const world = new World()
    await use(world)
    await world.objects.put(`usage/days/2026-03-03/${ben}.json`, '{')
    expect(await lastUses(world).all()).toHaveLength(1)
    await world.clock.advance(dayMs)
    await rollUpUses(world.ports, configuration.parse({}))
    expect(world.log.lines).toMatchObject([{ level: 'error' }])
  })
})

test('a night deletes what is older than usageDays, and everything if it is 0', async () => {
  const world = new World()
  await recordWatching(world.ports, [world.clock.now()])
  await use(world)
  await world.clock.advance(31 * dayMs)
  await use(world, ben)
  await recordWatching(world.ports, [world.clock.now()])
  await rollUpUses(world.ports, configuration.parse({ usageDays: 30 }))
  expect(await lastUses(world).all()).toMatchObject([{ user: ben }])
  expect(await world.keys('usage/days/')).toEqual([`usage/days/2026-04-03/${ben}.json`])
  expect(await lastUses(world).watched()).toEqual({ since: '2026-04-03T10:00:00.000Z', gaps: [] })
  await rollUpUses(world.ports, configuration.parse({ usageDays: 0 }))
  expect(await world.keys('usage/')).toEqual([])
  expect(await lastUses(world).watched()).toEqual({ gaps: [] })
})
