import { expect, test } from '@jest/globals'
import { Grouping, kenji } from './grouping.ts'

const file = `memberships/oncall%${kenji}%ssofile`
const policy = 'policies/people.json'
const link = 'links_data/account%233000000002%Support-ps%oncall%GROUP%ssofile'

const ruled = (must: object, about: object = { permissionSets: ['Support-*'] }) => ({
  contact: 'the platform team',
  links: [{ id: 'shifts', control: 'AC-2', mode: 'enforce', for: about, must }],
})

/** The group has access by a link, and there is a policy. */
async function open(must: object, about?: object): Promise<Grouping> {
  const grouping = await Grouping.begin()
  await grouping.put('permission_sets/Support-ps.json', { permissionSetName: 'Support-ps' })
  await grouping.put(link)
  await grouping.until(link, 'applied')
  await grouping.put(policy, ruled(must, about))
  await grouping.world.clock.advance(6_000)
  return grouping
}

/** A changed policy counts after five seconds; every minute what is rejected is looked at again. */
async function minute({ world }: Grouping): Promise<void> {
  await world.clock.advance(60_000)
  await world.finish(world.everyMinute())
}

test('a rule that demands an end of access is asked of a file that gives it through a group', async () => {
  const grouping = await open({ expireWithinHours: 12, ticket: 'CHG###' })
  await grouping.put(file, { reason: 'shift' })
  await grouping.until(file, 'rejected')
  expect(await grouping.status(file)).toMatchObject({ reason: expect.stringContaining("rule 'shifts'") })
  expect(grouping.groupsOf()).not.toContain('oncall')
  await grouping.put(file, { expiresAt: '2026-03-03T20:00:00Z', ticket: 'CHG123' })
  await grouping.until(file, 'applied')
})

test('a file that a policy refused is applied when the policy has changed', async () => {
  const grouping = await open({ ticket: 'CHG###' })
  await grouping.put(file)
  await grouping.until(file, 'rejected')
  await grouping.delete(policy)
  await minute(grouping)
  await grouping.until(file, 'applied')
})

test('a file that was refused for a link of its group is applied within the hour when that link is gone', async () => {
  const grouping = await open({ ticket: 'CHG###' })
  await grouping.put(file)
  await grouping.until(file, 'rejected')
  await grouping.delete(link)
  await grouping.until(link, undefined)
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.until(file, 'applied')
})

test('a rule about other permission sets, or of other principals, says nothing', async () => {
  const grouping = await open({ ticket: 'CHG###' }, { permissionSets: ['Admin-*'] })
  await grouping.put(file)
  await grouping.until(file, 'applied')
  const other = await open({ ticket: 'CHG###' }, { principals: ['admins-*'] })
  await other.put(file)
  await other.until(file, 'applied')
})

test('a rule may name the groups and users that come into question', async () => {
  const grouping = await open({ principals: ['ama.*'] })
  await grouping.put(file)
  await grouping.until(file, 'rejected')
  const ama = 'memberships/oncall%ama.osei@acme.example%ssofile'
  await grouping.put(ama)
  await grouping.until(ama, 'applied')
})

test('a stricter policy takes nobody out, and the status warns', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  await grouping.put(policy, ruled({ ticket: 'CHG###' }, {}))
  await grouping.world.clock.advance(6_000)
  const ofTeam = `memberships/team-a/oncall%${kenji}%ssofile`
  await grouping.put(ofTeam)
  await grouping.until(ofTeam, 'rejected')
  expect(await grouping.status(file)).toMatchObject({
    state: 'applied',
    warnings: [expect.stringContaining('no ticket')],
  })
  expect(grouping.groupsOf()).toContain('oncall')
})

test('what the former content gave stays on its terms when the new content is refused', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file, { expiresAt: '2026-03-03T12:00:00Z' })
  await grouping.until(file, 'applied')
  await grouping.put(policy, ruled({ ticket: 'CHG###' }, {}))
  await grouping.world.clock.advance(6_000)
  await grouping.put(file, { expiresAt: '2027-01-01T00:00:00Z' })
  await grouping.until(file, 'rejected')
  expect(grouping.groupsOf()).toContain('oncall')
  await grouping.world.clock.advance(3 * 60 * 60_000)
  await grouping.world.finish(grouping.world.everyMinuteOfLinks())
  await grouping.world.until(() => !grouping.groupsOf().includes('oncall'), 'the end of the former content')
  expect(await grouping.status(file)).toMatchObject({ state: 'rejected' })
})

test('while a policy is not valid nobody new comes into a group', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(policy, { links: 7 })
  await grouping.world.clock.advance(6_000)
  await grouping.put(file)
  await grouping.until(file, 'rejected')
  expect(grouping.groupsOf()).not.toContain('oncall')
})

test('a policy stops whom a rule of the group newly means, and takes nobody out whom it has put in', async () => {
  const grouping = await open({ principals: ['ama.*'] })
  const { identityStore } = grouping.world
  for (const user of [kenji, 'ama.osei@acme.example']) {
    await grouping.world.clock.advance(200)
    await identityStore.updateUser(grouping.id('USER', user), [{ path: 'title', value: 'Engineer' }])
  }
  await grouping.put('rules/oncall.json', { title: ['Engineer'] })
  await grouping.world.until(() => grouping.groupsOf('ama.osei@acme.example').includes('oncall'), 'the one it lets in')
  await grouping.world.clock.advance(60_000)
  expect(grouping.groupsOf()).not.toContain('oncall')
  await grouping.put(policy, ruled({ principals: ['nobody'] }))
  await grouping.world.clock.advance(6_000)
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.world.clock.advance(60_000)
  expect(grouping.groupsOf('ama.osei@acme.example')).toContain('oncall')
})
