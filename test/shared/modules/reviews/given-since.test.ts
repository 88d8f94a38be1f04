import { expect, test } from '@jest/globals'
import { verifyReview } from '../../../../shared/modules/reviews/review-evidence.ts'
import { readRun } from '../../../../shared/modules/reviews/review-records.ts'
import { minutesUntil } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { lars, linkTo, Review, reviewed, tom } from './review.ts'

const elsewhere = (name: string, type = 'USER') => `links_data/account%233000000003%Support-ps%${name}%${type}%ssofile`

async function end(review: Review) {
  const { grouping } = review
  await grouping.delete('reviews/quarter.json')
  await minutesUntil(grouping, async () => (await review.run()).phase === 'done', 'its end')
  const run = await readRun(grouping.world.objects, 'quarter')
  expect(run && (await verifyReview(grouping.world.objects, 'quarter', run))).toEqual([])
}

test('the evidence of a link lists the links that gave the same person the same permission set since the run began', async () => {
  const review = await Review.begin({ ...reviewed, groups: [] })
  const { grouping } = review
  await grouping.world.clock.advance(60_000)
  await apply(grouping, [elsewhere(lars), elsewhere(kenji)])
  const [revoked, kept] = [await review.link(lars), await review.link(kenji)]
  expect(await review.decide(tom, revoked, 'revoke')).toMatch(/^applied: revoked/)
  expect(await review.decide(tom, kept, 'keep')).toMatch(/^applied/)
  await end(review)
  expect((await review.link(lars)).givenSince).toMatchObject([{ key: elsewhere(lars) }])
  expect((await review.link(kenji)).givenSince).toMatchObject([{ key: elsewhere(kenji) }])
  expect((await review.link('oncall')).givenSince).toBeUndefined()
  const csv = await grouping.world.objects.get(`${review.folder}items.csv`)
  expect(new TextDecoder().decode(csv?.body)).toContain(elsewhere(lars))
})

test('a link that the scope of the review left out is not given since', async () => {
  const review = new Review()
  const { grouping } = review
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, [linkTo(lars), elsewhere(lars)])
  await grouping.world.clock.advance(60_000)
  await review.subjects({ scopes: ['account%233000000002'], groups: [] })
  await grouping.put(elsewhere(lars))
  await end(review)
  expect((await review.link(lars)).givenSince).toBeUndefined()
})

test('a link for the new name of a renamed group is given since', async () => {
  const review = await Review.begin({ ...reviewed, groups: [] })
  const { grouping } = review
  const operations = [{ path: 'displayName', value: 'oncall-2' }]
  await grouping.world.identityStore.updateGroup(grouping.id('GROUP', 'oncall'), operations)
  await grouping.world.clock.advance(60_000)
  await apply(grouping, [elsewhere('oncall-2', 'GROUP')])
  await end(review)
  expect((await review.link('oncall')).givenSince).toMatchObject([{ key: elsewhere('oncall-2', 'GROUP') }])
})
