import { describe, expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { minutes } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { lars, linkTo, Review, reviewed, tom } from './review.ts'

/** The directory refuses this operation until the caller calls the returned function. */
function refuse({ grouping }: Review, operation: string, of?: string): () => void {
  grouping.answer = async (call) => {
    if (call.operation !== operation || (of !== undefined && call.args[0] !== of)) return call.proceed()
    throw new ServiceError('identitystore', 'AccessDeniedException', 'no rights', { httpStatus: 400 })
  }
  return () => {
    grouping.answer = ({ proceed }) => proceed()
  }
}

/** A permission set, and a link for `lars` with this content. */
async function prepare(content: object | '' = ''): Promise<Review> {
  const review = new Review()
  await apply(review.grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(review.grouping, [linkTo(lars)], content)
  return review
}

describe('a reviewing group whose members cannot be read', () => {
  test.each(['named', 'fallback'])('does not count as empty under %s: the review waits until they can', async (at) => {
    const review = await prepare()
    const { grouping } = review
    const group = grouping.id('GROUP', 'team-Web')
    await grouping.world.identityStore.createGroupMembership(group, grouping.id('USER', tom))
    const allow = refuse(review, 'listMembersOf', group)
    const reviewers = { fallback: { users: [kenji] }, [at]: { groups: ['team-Web'] } }
    await grouping.put('reviews/quarter.json', { ...reviewed, groups: [], reviewers })
    await grouping.until('reviews/quarter.json', 'waiting')
    const { reason } = (await grouping.status('reviews/quarter.json')) ?? {}
    expect(reason).toMatch(/the members of the group team-Web could not be read \(no rights\)/)
    allow()
    await grouping.world.clock.advance(60 * 60_000)
    await minutes(grouping, 2)
    review.folder = `review-results/quarter/${(await review.run()).run}/`
    expect(await review.decide(tom, await review.link(lars), 'keep')).toMatch(/^applied/)
  })
})

test('a keep of the fallback stands if the groups could not be read when the run ended', async () => {
  const review = await prepare()
  const { grouping } = review
  const group = grouping.id('GROUP', 'team-Web')
  await grouping.world.identityStore.createGroupMembership(group, grouping.id('USER', tom))
  await review.subjects({ groups: [], reviewers: { named: { users: [kenji] }, fallback: { groups: ['team-Web'] } } })
  await review.days(15)
  const item = await review.link(lars)
  expect(await review.decide(tom, item, 'keep')).toMatch(/^applied/)
  const allow = refuse(review, 'listGroupsOf', grouping.id('USER', tom))
  await review.days(8).catch(() => undefined)
  allow()
  await review.days(1)
  expect(await review.outcome(item)).toMatchObject({ end: { is: 'kept' } })
  expect(review.has(lars)).toBe(true)
})

test('a large group does not count as the owner of its own access', async () => {
  const review = await prepare()
  const { grouping } = review
  const { identityStore } = grouping.world
  const group = grouping.id('GROUP', 'team-Web')
  for (let index = 0; index < 12; index++)
    await identityStore.createGroupMembership(
      group,
      await identityStore.createUser({ userName: `many-${index}@acme.example` }),
    )
  await apply(grouping, [linkTo('team-Web', 'GROUP')], { owner: 'team-Web' })
  const reviewers = { owners: true, uploadersNameOwners: true, fallback: { users: [tom] } }
  await review.subjects({ groups: [], reviewers })
  expect(await review.decide(tom, await review.link('team-Web'), 'keep')).toMatch(/^applied/)
})

test('the evidence has the members of reviewing groups, not of groups that a setting is about', async () => {
  const review = await prepare()
  const { grouping } = review
  const eligibility = { for: { groups: ['team-Web'] }, permissionSets: [permissionSetName.parse('Support-ps')] }
  const rest = { scopes: ['root%all'], longest: 'PT1H', approvers: { users: [kenji] } }
  await grouping.put('eligibility/support.json', { ...eligibility, ...rest })
  await review.subjects({ groups: [], reviewers: { fallback: { users: [tom, kenji] } } })
  expect(await grouping.world.keys(`${review.folder}reviewers/`)).toEqual([])
})

test('an edited item still says which owner counts as none', async () => {
  const review = await prepare({ owner: 'nobody-there' })
  await review.subjects({ groups: [], reviewers: { owners: true, fallback: { users: [tom] } } })
  const { passedOver } = await review.link(lars)
  await review.grouping.put(linkTo(lars), { owner: kenji })
  expect(await review.decide(tom, await review.link(lars), 'keep')).toMatch(/^rejected: .*edited/)
  const next = await review.link(lars)
  expect(next.replaces).toBeDefined()
  expect([next.passedOver, next.revokers]).toEqual([passedOver, undefined])
})
