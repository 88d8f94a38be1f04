import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { describeSubject, isPrivileged } from '../../../../shared/modules/reviews/rules/review-item.ts'
import { recordUses, recordWatching } from '../../../../shared/modules/usage/record-uses.ts'
import { minutes } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { account, dayMs, lars, linkTo, membership, Review, reviewed, tom } from './review.ts'

const other = `memberships/oncall%${tom}%ssofile`

/** Access that is 95 days old. Lars has used his link and the group's. */
async function open(watchedDays: number): Promise<Review> {
  const review = new Review()
  const { grouping } = review
  const { world } = grouping
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, ['groups/oncall.json'])
  await apply(grouping, [membership, other, linkTo(kenji), linkTo(lars), linkTo('oncall', 'GROUP')])
  await world.clock.advance(95 * dayMs)
  const user = grouping.id('USER', lars)
  const at = world.clock.now()
  const access = { account: accountId.parse(account), permissionSet: permissionSetName.parse('Support-ps') }
  await recordUses(world.ports, user, [{ user, ...access, at: at.toISOString(), by: 'cli' }])
  const hourly = Array.from({ length: watchedDays * 24 + 2 }, (_, hour) => new Date(at.getTime() - hour * 3_600_000))
  await recordWatching(world.ports, hourly)
  return review
}

async function subjectsOf(review: Review, said: object): Promise<readonly string[]> {
  await apply(review.grouping, ['reviews/quarter.json'], { ...reviewed, ...said })
  review.folder = `review-results/quarter/${(await review.run()).run}/`
  return (await review.items()).map(({ subject }) => describeSubject(subject)).sort()
}

test('a review of unused access asks about the links and memberships whose people did not use it', async () => {
  const subjects = await subjectsOf(await open(95), { unusedDays: 90 })
  expect(subjects).toEqual([`Support-ps for ${kenji} (USER) in account%${account}`, `${tom} in the group oncall`])
})

test('nothing counts as unused while uses were not watched for so long', async () => {
  const review = await open(60)
  await review.grouping.put('reviews/quarter.json', { ...reviewed, unusedDays: 90 })
  await review.grouping.until('reviews/quarter.json', 'waiting')
})

test('each item says when its people last used it', async () => {
  const review = await open(95)
  await subjectsOf(review, {})
  const used = (await review.items()).filter(({ subject }) => 'lastUsed' in subject && subject.lastUsed !== undefined)
  expect(used.map(({ subject }) => describeSubject(subject)).sort()).toEqual([
    `Support-ps for ${lars} (USER) in account%${account}`,
    `Support-ps for oncall (GROUP) in account%${account}`,
    `${lars} in the group oncall`,
  ])
})

test('a review of movers asks about the own access and the memberships of people who left a group since the date', async () => {
  const review = new Review()
  const { grouping } = review
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, ['groups/oncall.json', 'groups/second.json'])
  const second = `memberships/second%${lars}%ssofile`
  await apply(grouping, [membership, other, second, linkTo(kenji), linkTo(lars), linkTo('oncall', 'GROUP')])
  await grouping.world.clock.advance(dayMs)
  const movedSince = grouping.world.clock.now().toISOString().slice(0, 10)
  await grouping.delete(second)
  await minutes(grouping, 5)
  expect(await subjectsOf(review, { movedSince })).toEqual([
    `Support-ps for ${lars} (USER) in account%${account}`,
    `${lars} in the group oncall`,
  ])
})

test('a scope of one account takes the links that reach it, and no settings', async () => {
  const review = new Review()
  const { grouping } = review
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, [linkTo(kenji), `links_data/account%233000000001%Support-ps%${lars}%USER%ssofile`])
  const said = { scopes: [`account%${account}`], groups: [] }
  expect(await subjectsOf(review, said)).toEqual([`Support-ps for ${kenji} (USER) in account%${account}`])
})

test.each([
  ['a membership of a group with privileged access in scope is privileged', account, true],
  ['a membership of a group with privileged access elsewhere is not privileged', '233000000001', false],
])('%s', async (_, place, expected) => {
  const review = new Review()
  const { grouping } = review
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, ['groups/oncall.json', 'groups/second.json'])
  // Everything-ps has no file.
  await grouping.put(`links_data/account%${account}%Everything-ps%second%GROUP%ssofile`)
  await apply(grouping, [membership, `memberships/second%${lars}%ssofile`, linkTo('oncall', 'GROUP')])
  await subjectsOf(review, { scopes: [`account%${place}`] })
  const inGroup = (name: string) => review.find((one) => one.kind === 'membership' && one.group === name)
  const [inOncall, inSecond] = [await inGroup('oncall'), await inGroup('second')]
  expect([inOncall, inSecond].map(({ subject }) => isPrivileged(subject))).toEqual([false, expected])
  // So its digest stays as earlier versions computed it.
  expect(Object.keys(inOncall.subject)).not.toContain('isPrivileged')
})

test('a review of privileged access asks about the memberships of the groups that have it', async () => {
  const review = new Review()
  const { grouping } = review
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, ['groups/oncall.json', 'groups/second.json'])
  await grouping.put(`links_data/account%${account}%Everything-ps%second%GROUP%ssofile`)
  await apply(grouping, [membership, `memberships/second%${lars}%ssofile`, linkTo('oncall', 'GROUP')])
  expect(await subjectsOf(review, { only: 'privileged' })).toEqual([
    `Everything-ps for second (GROUP) in account%${account}`,
    `${lars} in the group second`,
  ])
  expect((await review.items()).map(({ subject }) => isPrivileged(subject))).toEqual([true, true])
})

test('a review of some permission sets asks about no settings', async () => {
  const review = new Review()
  await apply(review.grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(review.grouping, [linkTo(kenji)])
  const subjects = await subjectsOf(review, { permissionSets: ['Support-*'], groups: [] })
  expect(subjects).toEqual([`Support-ps for ${kenji} (USER) in account%${account}`])
  await review.grouping.put('reviews/second.json', { ...reviewed, permissionSets: ['Suport-*'], groups: [] })
  await review.grouping.until('reviews/second.json', 'waiting')
})
