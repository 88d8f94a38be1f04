import { describe, expect, test } from '@jest/globals'
import { sayReviewers } from '../../../../shared/modules/reviews/rules/manifest.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { lars, linkTo, Review, tom } from './review.ts'

const [noReviewer, onlyRevokes] = [/^rejected: .*does not review/, /^rejected: .*may only revoke/]
const ama = 'ama.osei@acme.example'

/** A review of the link of `lars`: its owner decides, then `tom`, then `ama`. */
async function begin(owner: string, prepare: (review: Review) => Promise<unknown> = async () => {}): Promise<Review> {
  const review = new Review()
  await apply(review.grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(review.grouping, [linkTo(lars)], { owner })
  await prepare(review)
  const reviewers = { owners: true, uploadersNameOwners: true, named: { users: [tom] }, fallback: { users: [ama] } }
  await review.subjects({ groups: [], reviewers })
  return review
}

const leave = {
  suspended: async ({ grouping }: Review, name: string) => {
    await grouping.put(`suspended/${name}`)
    await grouping.until(`suspended/${name}`, 'suspended')
  },
  deleted: async ({ grouping }: Review, name: string) =>
    grouping.world.identityStore.deleteUser(grouping.id('USER', name)),
}
const askedNow = (review: Review) => review.link(lars).then(sayReviewers)

describe('an owner who leaves while the review runs', () => {
  test.each(['suspended', 'deleted'] as const)(
    'and is %s no longer blocks the item: the next one is asked',
    async (how) => {
      const review = await begin(kenji)
      expect(await review.decide(tom, await review.link(lars), 'keep')).toMatch(noReviewer)
      await leave[how](review, kenji)
      await review.days(1)
      expect(await askedNow(review)).toBe(`${tom}, not ${kenji}, which is suspended, disabled or gone`)
      const { reason } = (await review.grouping.status('reviews/quarter.json')) ?? {}
      expect(reason).toMatch(/1 item has an owner who cannot decide, so others are asked/)
      expect(await review.decide(ama, await review.link(lars), 'keep')).toMatch(noReviewer)
      const again = { comment: 'now I may' }
      expect(await review.decide(tom, await review.link(lars), 'keep', again)).toMatch(/^applied/)
      await review.days(22)
      expect((await review.link(lars)).end).toMatchObject({ is: 'kept' })
    },
  )

  test('hands on from one to the next until the fallback decides, before the escalation', async () => {
    const review = await begin(kenji)
    await leave.suspended(review, kenji)
    await leave.suspended(review, tom)
    await review.days(1)
    expect(await review.decide(ama, await review.link(lars), 'keep')).toMatch(/^applied/)
  })

  test('with everybody else of the owning group: who joined it later may not keep', async () => {
    const review = await begin('team-Web', async ({ grouping }) =>
      grouping.world.identityStore.createGroupMembership(grouping.id('GROUP', 'team-Web'), grouping.id('USER', kenji)),
    )
    const { identityStore } = review.grouping.world
    const [group, id] = [review.grouping.id('GROUP', 'team-Web'), review.grouping.id('USER', kenji)]
    const membership = await identityStore.getGroupMembershipId(group, id)
    if (membership) await identityStore.deleteGroupMembership(membership)
    await identityStore.createGroupMembership(group, review.grouping.id('USER', ama))
    await review.days(1)
    expect(await askedNow(review)).toBe(`${tom}, not team-Web, which has no members`)
    expect(await review.decide(ama, await review.link(lars), 'keep')).toMatch(onlyRevokes)
    expect(await review.decide(tom, await review.link(lars), 'keep')).toMatch(/^applied/)
  })

  test('is the owner again after coming back', async () => {
    const review = await begin(kenji)
    await leave.suspended(review, kenji)
    await review.days(1)
    await review.grouping.delete(`suspended/${kenji}`)
    await review.days(1)
    expect(await review.decide(kenji, await review.link(lars), 'keep')).toMatch(/^applied/)
  })

  test('does not leave while the directory cannot say who is in the group', async () => {
    const review = await begin('team-Web', async ({ grouping }) =>
      grouping.world.identityStore.createGroupMembership(grouping.id('GROUP', 'team-Web'), grouping.id('USER', kenji)),
    )
    review.grouping.answer = async ({ operation, proceed }) => {
      if (operation === 'listMembersOf') throw new Error('the directory does not answer')
      return proceed()
    }
    await review.days(1).catch(() => undefined)
    review.grouping.answer = ({ proceed }) => proceed()
    expect(await askedNow(review)).toBe('team-Web')
  })
})
