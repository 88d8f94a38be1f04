import { describe, expect, test } from '@jest/globals'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import {
  beginRestoration,
  endRestoration,
  findLostRecords,
} from '../../../../shared/modules/restore/restore-records.ts'
import { judgeLostMembership } from '../../../../shared/modules/restore/rules/judge-lost-membership.ts'
import { readLedgerCount } from '../../../../shared/reconcile/records/ledger-count.ts'
import { readPause } from '../../../../shared/reconcile/records/pause.ts'
import { MemoryObjectVersions } from '../../../memory-object-versions.ts'
import { Grouping, kenji } from '../people/grouping.ts'

const users = [kenji, 'ama.osei@acme.example', 'lars.jensen@acme.example'] as const
const [first, second, third] = users
const fileOf = (user: string) => `memberships/team-a/oncall%${user}%ssofile`
const { brake } = configuration.parse({})
const strict = { brake: { ...brake, indirect: { ...brake.indirect, count: 1, percent: 0 } } }

/** Three people in the group by files; the ledger was counted. */
async function open({ isVersioned = true } = {}): Promise<Grouping> {
  const grouping = new Grouping(strict)
  if (isVersioned) grouping.world.objects.model.setVersioning('Enabled')
  await grouping.world.finish(grouping.world.everyHour(), 1_000)
  await grouping.put('groups/oncall.json', { description: 'who is called' })
  for (const user of users) await grouping.put(fileOf(user))
  for (const user of users) await grouping.until(fileOf(user), 'applied')
  await grouping.world.finish(grouping.world.everyFiveMinutes())
  return grouping
}

async function lose({ world }: Grouping, prefix: string): Promise<number> {
  const keys = await world.keys(prefix)
  for (const key of keys) await world.objects.as('vandal').delete(key)
  return keys.length
}

async function restore({ world }: Grouping) {
  const { ports, objects, clock, ssoAdmin, identityStore } = world
  const versions = new MemoryObjectVersions(objects.model)
  await beginRestoration(ports)
  const context = { objects, ssoAdmin, identityStore, clock, versions, at: undefined, stoppedAt: undefined }
  const lost = await world.finish(findLostRecords({ ...context, inPortions: async () => {} }))
  const changed = await world.finish(lost.carryOut())
  await endRestoration(ports, 'olga')
  return { ...lost, changed }
}

test('when groups and memberships are gone without history everything stops, as for access', async () => {
  const grouping = await open()
  const { world } = grouping
  expect(await readLedgerCount(world.objects)).toMatchObject({ people: { settled: 4 } })
  expect((await world.finish(world.slice())).outcome).toBe('done')
  expect(await lose(grouping, 'owned_memberships/')).toBe(3)
  expect((await world.finish(world.slice())).outcome).toBe('paused')
  expect(await readPause(world.objects)).toMatchObject({
    lost: expect.stringContaining('3 of 4 entries under owned_groups/ and owned_memberships/ are gone'),
  })
})

test('what was made since the last count and is gone stops everything too', async () => {
  const grouping = new Grouping(strict)
  const { world } = grouping
  await world.finish(world.everyHour(), 1_000)
  await world.finish(world.everyFiveMinutes())
  await grouping.put('groups/oncall.json')
  for (const user of users) await grouping.put(fileOf(user))
  for (const user of users) await grouping.until(fileOf(user), 'applied')
  await lose(grouping, 'owned_memberships/')
  expect((await world.finish(world.slice())).outcome).toBe('paused')
})

test('memberships that ended, and a group that was deleted, are no loss', async () => {
  const grouping = await open()
  const { world } = grouping
  for (const user of users) await grouping.delete(fileOf(user))
  for (const user of users) await grouping.until(fileOf(user), undefined)
  await grouping.delete('groups/oncall.json')
  await grouping.until('groups/oncall.json', undefined)
  expect((await world.finish(world.slice())).outcome).toBe('done')
  await world.finish(world.everyFiveMinutes())
  expect((await world.finish(world.slice())).outcome).toBe('done')
  expect(await readLedgerCount(world.objects)).toMatchObject({ people: { settled: 0 } })
})

describe.each([{ isVersioned: true }, { isVersioned: false }])('in a bucket that is versioned: $isVersioned', (how) => {
  test('restore brings back what the directory really has, and nothing else', async () => {
    const grouping = await open(how)
    const { world } = grouping
    const before = await Promise.all((await grouping.owned()).map(async (key) => [key, await world.json(key)]))
    await lose(grouping, 'owned_')
    expect((await world.finish(world.slice())).outcome).toBe('paused')
    // Somebody took one out meanwhile, and put another one in again by hand.
    const { identityStore } = world
    const group = grouping.id('GROUP', 'oncall')
    for (const user of [second, third]) {
      const id = await identityStore.getGroupMembershipId(group, grouping.id('USER', user))
      if (id) await identityStore.deleteGroupMembership(id)
    }
    await identityStore.createGroupMembership(group, grouping.id('USER', third))
    const { people, undecided, changed } = await restore(grouping)
    const own = `owned_memberships/${group}%${grouping.id('USER', first)}`
    expect(people.map(({ key }) => key)).toEqual(['owned_groups/oncall', own])
    expect([...undecided, ...changed]).toEqual([])
    const saved = Object.fromEntries(before)[own]
    expect(await world.json(own)).toMatchObject({ state: 'granted', membershipId: saved?.membershipId })
    expect(await world.json('owned_groups/oncall')).toMatchObject({ id: group, isAdopted: false })
    expect((await world.finish(world.slice())).outcome).toBe('done')
    // It is ours: without its file it ends. What somebody else gave stays.
    for (const user of [first, third]) await grouping.delete(fileOf(user))
    await grouping.until(fileOf(first), undefined)
    await grouping.until(fileOf(third), undefined)
    expect([first, third].map((user) => grouping.groupsOf(user).includes('oncall'))).toEqual([false, true])
  })
})

test.each([
  ['m-1', 'm-1', 'ours'],
  ['m-1', 'm-2', 'over'],
  ['m-1', undefined, 'over'],
  [undefined, undefined, 'over'],
  [undefined, 'm-1', 'undecided'],
] as const)('a lost record of membership %s is, where the directory has %s, %s', (membershipId, found, verdict) => {
  expect(judgeLostMembership({ membershipId }, found)).toBe(verdict)
})
