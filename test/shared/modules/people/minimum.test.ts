import { describe, expect, test } from '@jest/globals'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { Grouping, kenji } from './grouping.ts'

const file = `memberships/oncall%${kenji}%ssofile`
const lars = 'lars.jensen@acme.example'
const ofLars = file.replace(kenji, lars)
const link = 'links_data/account%233000000002%Admin-ps%oncall%GROUP%ssofile'
const minimum = (peopleLeast: number, mode = 'enforce') => ({
  contact: 'security',
  minimums: [
    {
      ...{ id: 'an-administrator', control: 'AC-6', mode },
      ...{ for: { permissionSets: ['Admin-ps'] }, must: { peopleLeast } },
    },
  ],
})

/** The group has access that a policy wants somebody to keep. */
async function open(policy: object): Promise<Grouping> {
  const grouping = await Grouping.begin()
  await grouping.put('permission_sets/Admin-ps.json', { permissionSetName: 'Admin-ps' })
  await grouping.put(link)
  await grouping.until(link, 'applied')
  await grouping.put('policies/p.json', policy)
  await grouping.world.clock.advance(10_000)
  return grouping
}

const lists = async ({ world }: Grouping) => (await brakeFile(world.objects).read())?.value.lists ?? []

/** Minutes pass, with what is due in each. */
async function pass({ world }: Grouping, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await world.clock.advance(60_000)
    await world.finish(world.everyMinuteOfLinks())
  }
}

describe('the last person who keeps what a policy wants kept', () => {
  async function member(policy: object = minimum(1)): Promise<Grouping> {
    const grouping = await open(policy)
    await grouping.put(file)
    await grouping.until(file, 'applied')
    return grouping
  }

  test('stays in the group when the file is deleted, until a person releases that list', async () => {
    const grouping = await member()
    await grouping.delete(file)
    await grouping.until(file, 'held')
    expect(grouping.groupsOf()).toContain('oncall')
    expect((await grouping.status(file))?.reason).toContain('an-administrator')
    const [list] = await lists(grouping)
    expect(list).toMatchObject({ rule: 'minimum', name: '233000000002', items: [`oncall%${kenji}`], held: [] })
    await pass(grouping, 3)
    expect(grouping.groupsOf()).toContain('oncall')
    expect(await releaseList(grouping.world.objects, list ? digestOf(list) : '', 'olga')).toMatchObject({
      outcome: 'released',
    })
    await pass(grouping, 3)
    expect(grouping.groupsOf()).not.toContain('oncall')
    expect(await lists(grouping)).toEqual([])
  })

  test('leaves once somebody else keeps it', async () => {
    const grouping = await member()
    await grouping.delete(file)
    await grouping.until(file, 'held')
    await grouping.put(ofLars)
    await grouping.until(ofLars, 'applied')
    await pass(grouping, 3)
    expect(grouping.groupsOf()).not.toContain('oncall')
    expect(grouping.groupsOf(lars)).toContain('oncall')
    expect(await lists(grouping)).toEqual([])
  })

  test('is not suspended: the file is held with the reason, until a person releases that list', async () => {
    const grouping = await member()
    await grouping.put(`suspended/${kenji}`)
    await grouping.until(`suspended/${kenji}`, 'held')
    expect((await grouping.status(`suspended/${kenji}`))?.reason).toContain("nobody who would keep 'Admin-ps'")
    await pass(grouping, 3)
    expect(grouping.groupsOf()).toContain('oncall')
    const [list, ...more] = await lists(grouping)
    expect([list?.rule, list?.items, more]).toEqual(['minimum', [grouping.id('USER', kenji)], []])
    await releaseList(grouping.world.objects, list ? digestOf(list) : '', 'olga')
    await pass(grouping, 4)
    expect(grouping.groupsOf()).not.toContain('oncall')
    expect((await grouping.status(`suspended/${kenji}`))?.state).toBe('suspended')
    expect(await lists(grouping)).toEqual([])
  })

  test('is suspended once somebody else keeps it', async () => {
    const grouping = await member()
    await grouping.put(`suspended/${kenji}`)
    await grouping.until(`suspended/${kenji}`, 'held')
    await grouping.put(ofLars)
    await grouping.until(ofLars, 'applied')
    await pass(grouping, 5)
    expect((await grouping.status(`suspended/${kenji}`))?.state).toBe('suspended')
    expect([grouping.groupsOf(), grouping.groupsOf(lars)]).toEqual([[], expect.arrayContaining(['oncall'])])
  })

  test.each(['disabled', 'suspended'] as const)(
    'is the last one although somebody else is in the group who is %s',
    async (how) => {
      const grouping = await member()
      const { world } = grouping
      const id = grouping.id('USER', lars)
      if (how === 'suspended') {
        // Put in by others, so that the suspension leaves it.
        await world.identityStore.createGroupMembership(grouping.id('GROUP', 'oncall'), id)
        await grouping.put(`suspended/${lars}`)
        await grouping.until(`suspended/${lars}`, 'partly')
      } else {
        await world.identityStore.createGroupMembership(grouping.id('GROUP', 'oncall'), id)
        world.identityStore.setUserStatus(id, 'DISABLED')
      }
      await world.clock.advance(61_000)
      await grouping.delete(file)
      await grouping.until(file, 'held')
      expect(grouping.groupsOf()).toContain('oncall')
    },
  )

  test('goes when the directory disables the person', async () => {
    const grouping = await member()
    grouping.world.identityStore.setUserStatus(grouping.id('USER', kenji), 'DISABLED')
    await grouping.delete(file)
    await pass(grouping, 3)
    expect([grouping.groupsOf(), await lists(grouping)]).toEqual([[], []])
  })

  test('stays when the rule that asked for it is edited', async () => {
    const grouping = await open(minimum(1))
    const { identityStore } = grouping.world
    await identityStore.updateUser(grouping.id('USER', kenji), [{ path: 'title', value: 'Engineer' }])
    await grouping.put('rules/oncall.json', { title: ['Engineer'] })
    await grouping.world.until(() => grouping.groupsOf().includes('oncall'), 'the membership')
    await grouping.put('rules/oncall.json', { title: ['Nobody'] })
    await pass(grouping, 4)
    expect(grouping.groupsOf()).toContain('oncall')
    expect(await lists(grouping)).toMatchObject([{ rule: 'minimum', items: [`oncall%${kenji}`] }])
    expect(await grouping.status('rules/oncall.json')).toMatchObject({
      state: 'held',
      reason: expect.stringContaining('an-administrator'),
    })
    await grouping.put('rules/oncall.json', { title: ['Engineer'] })
    await pass(grouping, 3)
    expect((await grouping.status('rules/oncall.json'))?.state).toBe('applied')
    expect([await lists(grouping), grouping.groupsOf()]).toEqual([[], expect.arrayContaining(['oncall'])])
  })

  test('leaves where the policy only warns', async () => {
    const grouping = await member(minimum(1, 'warn'))
    await grouping.delete(file)
    await grouping.until(file, undefined)
    expect(grouping.groupsOf()).not.toContain('oncall')
  })

  test('of two who go at once, one is held', async () => {
    const grouping = await member()
    await grouping.put(ofLars)
    await grouping.until(ofLars, 'applied')
    await Promise.all([grouping.delete(file), grouping.delete(ofLars)])
    await pass(grouping, 3)
    const left = [kenji, lars].filter((user) => grouping.groupsOf(user).includes('oncall'))
    expect(left).toHaveLength(1)
    expect(await lists(grouping)).toMatchObject([{ rule: 'minimum', items: [`oncall%${left[0]}`] }])
  })

  test('of two who go one after the other, the second is held, whatever was known of the group before', async () => {
    const grouping = await member()
    await grouping.put(ofLars)
    await grouping.until(ofLars, 'applied')
    await grouping.delete(ofLars)
    await grouping.until(ofLars, undefined)
    expect(grouping.groupsOf(lars)).not.toContain('oncall')
    await grouping.delete(file)
    await grouping.until(file, 'held')
    await pass(grouping, 3)
    expect(grouping.groupsOf()).toContain('oncall')
    // Whoever is put in again counts again.
    await grouping.put(ofLars)
    await grouping.until(ofLars, 'applied')
    await pass(grouping, 3)
    expect([grouping.groupsOf(), grouping.groupsOf(lars)]).toEqual([
      expect.not.arrayContaining(['oncall']),
      expect.arrayContaining(['oncall']),
    ])
  })
})
