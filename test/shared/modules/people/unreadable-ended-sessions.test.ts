import { expect, test } from '@jest/globals'
import { Grouping, kenji } from './grouping.ts'

const record = 'control/ended-sessions.json'
const link = `links_data/account%233000000002%ReadOnly-ps%${kenji}%USER%ssofile`
const membership = `memberships/team-a/oncall%${kenji}%ssofile`

async function minutes({ world }: Grouping, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await world.clock.advance(61_000)
    await world.finish(world.everyMinute())
  }
}

test.each([
  ['suspended', (grouping: Grouping) => grouping.put(`suspended/${kenji}`)],
  [
    'disabled',
    async (grouping: Grouping) => {
      await grouping.world.identityStore.setUserStatus(grouping.id('USER', kenji), 'DISABLED')
      await grouping.world.finish(grouping.world.everyHour())
    },
  ],
])(
  'a %s person loses access while the record of ended sessions is spoiled, and the sessions are denied once it is gone',
  async (_, leave) => {
    const grouping = await Grouping.begin()
    const { world } = grouping
    await grouping.put('permission_sets/ReadOnly-ps.json', { permissionSetName: 'ReadOnly-ps', description: 'reads' })
    for (const input of [membership, link]) {
      await grouping.put(input)
      await grouping.until(input, 'applied')
    }
    const user = grouping.id('USER', kenji)
    const has = () => world.ssoAdmin.assignments().some(({ principalId }) => principalId === user)
    expect(has()).toBe(true)
    await world.objects.put(record, '{ "v": 1, "ended": [ }')
    await leave(grouping)
    await minutes(grouping, 3)
    expect(has()).toBe(false)
    expect(await grouping.status(link)).toMatchObject({ state: 'waiting' })
    expect(grouping.groupsOf()).not.toContain('oncall')
    await world.objects.delete(record)
    await minutes(grouping, 1)
    expect(await world.json(record)).toMatchObject({
      ended: expect.arrayContaining([expect.objectContaining({ user, permissionSet: 'ReadOnly-ps' })]),
    })
    expect(await world.keys('state/owed-endings/')).toEqual([])
  },
)
