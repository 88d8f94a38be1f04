import { describe, expect, test } from '@jest/globals'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import {
  forgetUses,
  readLastUses,
  readWatched,
  recordUses,
  recordWatching,
} from '../../../../shared/modules/usage/use-records.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const personAt = (digit: string) => principalId.parse(`5f3c7f0a-1111-4222-8333-44445555666${digit}`)
const [anna, ben] = [personAt('a'), personAt('b')]
const dayMs = 24 * 60 * 60_000

async function use(world: World, user = anna, set = 'Billing-ps'): Promise<void> {
  const at = world.clock.now().toISOString()
  const access = { account: accountId.parse('111122223333'), permissionSet: permissionSetName.parse(set) }
  await recordUses(world.ports, user, [{ user, ...access, at, by: 'cli' }])
}

const rejectWrites = (world: World) =>
  intercept(world.ports, ({ operation, args: [key], proceed }) => {
    if (operation === 'put') throw new Error(`received a write of ${key}`)
    return proceed()
  })

describe('the last uses', () => {
  test('are seen at once, of one person and of all', async () => {
    const world = new World()
    expect((await readLastUses(world)).uses).toEqual([])
    await use(world)
    await use(world, ben)
    const own = [{ user: anna, at: '2026-03-03T10:00:00.000Z', hours90: 1 }]
    expect((await readLastUses(world, [anna])).uses).toMatchObject(own)
    expect((await readLastUses(world)).uses).toHaveLength(2)
  })

  test('are the same before and after the night, which writes nothing if nothing is too old', async () => {
    const world = new World()
    await use(world)
    await world.clock.advance(dayMs)
    await use(world)
    const before = (await readLastUses(world)).uses
    expect(before).toMatchObject([{ at: '2026-03-04T10:00:00.000Z', hours90: 2, hours400: 2 }])
    await forgetUses(rejectWrites(world), configuration.parse({}))
    expect((await readLastUses(world)).uses).toEqual(before)
  })

  test('leave out an object that ssofile cannot read, name its person, and the night reports it', async () => {
    const world = new World()
    await use(world)
    await world.objects.put(`usage/people/${ben}.json`, '{')
    const { uses, unread } = await readLastUses(world)
    expect([uses.map(({ user }) => user), [...unread.keys()]]).toEqual([[anna], [ben]])
    expect((await readLastUses(world, [anna])).unread.size).toBe(0)
    await forgetUses(world.ports, configuration.parse({}))
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
  await forgetUses(world.ports, configuration.parse({ usageDays: 30 }))
  expect((await readLastUses(world)).uses).toMatchObject([{ user: ben }])
  expect(await world.keys('usage/people/')).toEqual([`usage/people/${ben}.json`])
  expect(await readWatched(world)).toMatchObject({ since: '2026-04-03T10:00:00.000Z', gaps: [] })
  await forgetUses(world.ports, configuration.parse({ usageDays: 0 }))
  expect(await world.keys('usage/')).toEqual([])
  expect(await readWatched(world)).toEqual({ gaps: [] })
})
