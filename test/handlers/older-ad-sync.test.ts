import { describe, expect, test } from '@jest/globals'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { acme, World } from '../world.ts'

const group = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const user = 'links_data/account%233000000002%Billing-ps%maria.alvarez@acme.example%USER%ssofile'

function open(hasOlderAdSync: boolean): World {
  const permissionSets = [{ permissionSetName: permissionSetName.parse('Billing-ps') }]
  return new World({ hasOlderAdSync, organization: { ...acme(), assignments: [], permissionSets } }).start()
}

test.each([true, false])(
  'links for a group and for a user give and take access (older AD sync: %s)',
  async (hasOlderAdSync) => {
    const world = open(hasOlderAdSync)
    const state = async (key: string) => (await world.json(`status/${key}.json`))?.state
    for (const key of [group, user]) await world.objects.put(key, '')
    for (const key of [group, user]) await world.until(async () => (await state(key)) === 'applied', `${key} applied`)
    expect(await world.keys('attention/')).toEqual([])
    for (const key of [group, user]) await world.objects.delete(key)
    for (const key of [group, user]) await world.until(async () => (await state(key)) === undefined, `${key} gone`)
  },
)

describe('with the older AD sync', () => {
  const applied = async () => {
    const world = open(true)
    for (const key of [group, user]) await world.objects.put(key, '')
    const state = async (key: string) => (await world.json(`status/${key}.json`))?.state
    for (const key of [group, user]) await world.until(async () => (await state(key)) === 'applied', `${key} applied`)
    return world
  }
  const through = async (world: World) => {
    await world.finish(world.everyHour())
    await world.finish(world.everyNight())
    await world.finish(world.everyMorning())
    await world.clock.advance(600_000)
  }

  test('the hour and the night come to their end, and take nothing away', async () => {
    const world = await applied()
    await world.objects.put('suspended/kenji.ito@acme.example', '')
    await through(world)
    expect(world.errors).toEqual([])
    expect(world.ssoAdmin.assignments()).toHaveLength(2)
    expect((await world.json(`status/${group}.json`))?.state).toBe('applied')
  })

  test('a group that AWS does not describe keeps its access as long as its link is there', async () => {
    const world = await applied()
    const id = world.identityStore.idOf('GROUP', 'team-Accountants')
    if (id === undefined) throw new Error('the fixture has no such group')
    world.identityStore.doNotDescribe(id)
    await through(world)
    expect(world.ssoAdmin.assignments()).toHaveLength(2)
    await world.objects.put(group, '{}')
    await world.clock.advance(60_000)
    expect(world.ssoAdmin.assignments()).toHaveLength(2)
    await world.objects.delete(group)
    await world.until(async () => world.ssoAdmin.assignments().length === 1, 'the revocation')
  })
})
