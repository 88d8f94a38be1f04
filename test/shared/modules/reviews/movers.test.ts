import { expect, test } from '@jest/globals'
import { writeReport } from '../../../../shared/modules/reports/write-report.ts'
import { unreadMembers } from '../../../../shared/reconcile/directory/nights-of-groups.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { account, dayMs, lars, linkTo, Review, tom } from './review.ts'

/** A group of a provider has access, and so have three people themselves. A night has passed. */
async function begin() {
  const review = new Review()
  const { grouping } = review
  const { identityStore, clock } = grouping.world
  const group = grouping.id('GROUP', 'team-Web')
  for (const name of [lars, kenji]) await identityStore.createGroupMembership(group, grouping.id('USER', name))
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, [linkTo(kenji), linkTo(lars), linkTo(tom), linkTo('team-Web', 'GROUP')])
  await night(review)
  const movedSince = clock.now().toISOString().slice(0, 10)
  return { review, movedSince }
}

async function night({ grouping: { world } }: Review): Promise<void> {
  await world.finish(writeReport(world.ports, world.configuration))
  await world.clock.advance(dayMs)
}

/** The provider takes this user out of the group. */
async function move({ grouping }: Review, name: string): Promise<void> {
  const { identityStore } = grouping.world
  const membership = await identityStore.getGroupMembershipId(
    grouping.id('GROUP', 'team-Web'),
    grouping.id('USER', name),
  )
  if (membership) await identityStore.deleteGroupMembership(membership)
}

const of = (name: string) => `Support-ps for ${name} (USER) in account%${account}`

test('a person whom the provider moved out of a group has moved, as the reports of the nights show', async () => {
  const { review, movedSince } = await begin()
  await move(review, lars)
  await night(review)
  expect(await review.subjects({ movedSince })).toEqual([of(lars)])
})

test('a person who moved away and back between two dates has moved', async () => {
  const { review, movedSince } = await begin()
  const { grouping } = review
  await move(review, lars)
  await night(review)
  await grouping.world.identityStore.createGroupMembership(grouping.id('GROUP', 'team-Web'), grouping.id('USER', lars))
  await night(review)
  await night(review)
  expect(await review.subjects({ movedSince })).toContain(of(lars))
})

test('the people of a group that the provider deleted have moved', async () => {
  const { review, movedSince } = await begin()
  const { grouping } = review
  await grouping.world.identityStore.deleteGroup(grouping.id('GROUP', 'team-Web'))
  await grouping.delete(linkTo('team-Web', 'GROUP'))
  await night(review)
  const reviewers = { fallback: { users: [tom] } }
  expect(await review.subjects({ movedSince, reviewers })).toEqual([of(kenji), of(lars)])
})

test('a group whose members a night could not read has moved nobody', async () => {
  const { review, movedSince } = await begin()
  const { grouping } = review
  const { objects } = grouping.world
  await night(review)
  const [key = ''] = (await grouping.world.keys('reports/')).filter((one) => one.endsWith('groups.csv')).slice(-1)
  const line = ['team-Web', grouping.id('GROUP', 'team-Web'), unreadMembers, '', ''].map((cell) => `"${cell}"`).join()
  await objects.put(key, `${line}\r\n`)
  await night(review)
  await grouping.put('reviews/quarter.json', {})
  await expect(review.subjects({ movedSince })).rejects.toThrow(/quarter.json as applied/)
  const { reason } = (await grouping.status('reviews/quarter.json')) ?? {}
  expect(reason).toMatch(/nothing to review/)
})
