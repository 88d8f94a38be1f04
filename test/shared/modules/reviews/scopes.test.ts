import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { isPrivileged } from '../../../../shared/modules/reviews/rules/review-item.ts'
import { minutes } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { account, dayMs, lars, linkTo, membership, otherMembership, Review, reviewed } from './review.ts'

test('a review of movers asks about the own access and the memberships of people who left a group since the date', async () => {
  const review = new Review()
  const { grouping } = review
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, ['groups/oncall.json', 'groups/second.json'])
  const second = `memberships/second%${lars}%ssofile`
  await apply(grouping, [membership, otherMembership, second, linkTo(kenji), linkTo(lars), linkTo('oncall', 'GROUP')])
  await grouping.world.clock.advance(dayMs)
  const movedSince = grouping.world.clock.now().toISOString().slice(0, 10)
  await grouping.delete(second)
  await minutes(grouping, 5)
  expect(await review.subjects({ movedSince })).toEqual([
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
  expect(await review.subjects(said)).toEqual([`Support-ps for ${kenji} (USER) in account%${account}`])
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
  await review.subjects({ scopes: [`account%${place}`] })
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
  expect(await review.subjects({ only: 'privileged' })).toEqual([
    `Everything-ps for second (GROUP) in account%${account}`,
    `${lars} in the group second`,
  ])
  expect((await review.items()).map(({ subject }) => isPrivileged(subject))).toEqual([true, true])
})

test('a harmless file beside a permission set that others made does not hide that it may be privileged', async () => {
  const review = new Review()
  const { grouping } = review
  await grouping.world.finish(
    grouping.world.ssoAdmin.createPermissionSet({
      name: permissionSetName.parse('Everything-ps'),
      sessionDuration: 'PT1H',
      tags: [],
    }),
  )
  await grouping.put('permission_sets/Everything-ps.json', { permissionSetName: 'Everything-ps' })
  await grouping.put(`links_data/account%${account}%Everything-ps%${kenji}%USER%ssofile`)
  expect(await review.subjects({ only: 'privileged', groups: [] })).toEqual([
    `Everything-ps for ${kenji} (USER) in account%${account}`,
  ])
})

test('a review of some permission sets asks about no settings', async () => {
  const review = new Review()
  await apply(review.grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(review.grouping, [linkTo(kenji)])
  const subjects = await review.subjects({ permissionSets: ['Support-*'], groups: [] })
  expect(subjects).toEqual([`Support-ps for ${kenji} (USER) in account%${account}`])
  await review.grouping.put('reviews/second.json', { ...reviewed, permissionSets: ['Suport-*'], groups: [] })
  await review.grouping.until('reviews/second.json', 'waiting')
})
