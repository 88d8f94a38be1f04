import { expect, test } from '@jest/globals'
import { pushedPlaces } from '../../../../handlers/cli/folder/input-parts.ts'
import { findInputsAt } from '../../../../shared/modules/restore/inputs-at.ts'
import { findLastPush } from '../../../../shared/modules/restore/last-push.ts'
import { MemoryObjectVersions } from '../../../memory-object-versions.ts'
import { minutes, minutesUntil } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { lars, linkTo, Review, reviewed, tom } from '../reviews/review.ts'

const places = pushedPlaces(undefined)

/** A versioned bucket. A push gave `kenji` and `lars` a link; a review runs since then, and has revoked the link of `lars`. */
async function revoke() {
  const review = new Review()
  const { grouping } = review
  const { world } = grouping
  const { model } = world.objects
  model.setVersioning('Enabled')
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await minutes(grouping, 1)
  await apply(grouping, [linkTo(kenji), linkTo(lars)])
  await minutes(grouping, 1)
  const before = world.clock.now()
  await minutes(grouping, 1)
  await review.subjects({ ...reviewed, groups: [] })
  await review.decide(tom, await review.link(lars), 'revoke')
  await minutesUntil(grouping, () => !review.has(lars), 'the access')
  await minutes(grouping, 1)
  const versions = new MemoryObjectVersions(model)
  const at = (instant: Date) => findInputsAt(world.objects, versions, { places, at: instant })
  const last = () => findLastPush(world.objects, versions, { places, isMeant: () => true })
  return { review, before, at, last }
}

test('an earlier state neither gives back what a review revoked nor ends a review that runs, and says which review', async () => {
  const { before, at } = await revoke()
  const { uploads, deletions, ofReviews } = await at(before)
  expect([uploads, deletions]).toEqual([[], []])
  expect(ofReviews).toEqual([
    { key: linkTo(lars), review: 'quarter' },
    { key: 'reviews/quarter.json', review: 'quarter' },
  ])
})

test('the last push is that of people, not what a review deleted', async () => {
  const { last } = await revoke()
  expect((await last())?.keys).toEqual(['reviews/quarter.json'])
})

test('a file that somebody uploaded again and deleted is that person’s, and comes back', async () => {
  const { review, at } = await revoke()
  const { grouping } = review
  await apply(grouping, [linkTo(lars)])
  await minutes(grouping, 1)
  const then = grouping.world.clock.now()
  await minutes(grouping, 1)
  await grouping.delete(linkTo(lars))
  await minutes(grouping, 1)
  const { uploads, ofReviews } = await at(then)
  expect([uploads.map(({ key }) => key), ofReviews]).toEqual([[linkTo(lars)], []])
})

test('the file of a review whose run is over goes with an earlier state', async () => {
  const { review, before, at } = await revoke()
  await review.days(23)
  const { deletions } = await at(before)
  expect(deletions.map(({ key }) => key)).toContain('reviews/quarter.json')
})
