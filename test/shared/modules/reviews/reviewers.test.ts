import { describe, expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { sayReviewers } from '../../../../shared/modules/reviews/rules/manifest.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { lars, linkTo, otherMembership, Review, reviewed, tom } from './review.ts'

const onlyRevokes = /^rejected: .* may only revoke it/
const noReviewer = /^rejected: .* who does not review this item/
const own = /^rejected: .* on a setting about you/

/** The item of the link for `lars`, whose file names this owner. The review has also what `said` has. */
async function askAboutOwned(owner: string, said: object = {}) {
  const review = new Review()
  await review.grouping.world.identityStore.createGroup({ displayName: 'team-Empty' })
  await apply(review.grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(review.grouping, [linkTo(lars)], { owner })
  const reviewers = { owners: true, named: { users: [tom] }, fallback: { groups: ['team-Web'] }, ...said }
  await review.subjects({ reviewers })
  return { review, item: await review.link(lars) }
}

/** Whom the item asks, by name. */
const asked = ({ review }: { readonly review: Review }) => review.link(lars).then(sayReviewers)

async function suspend({ grouping }: Review, name: string): Promise<void> {
  await grouping.put(`suspended/${name}`)
  await grouping.until(`suspended/${name}`, 'suspended')
}

describe('the reviewers of a run', () => {
  test('are ids: a user who gets the name of a reviewing group decides nothing', async () => {
    const review = await Review.begin({ ...reviewed, reviewers: { fallback: { groups: ['team-Web'] } } })
    const { grouping } = review
    const { identityStore } = grouping.world
    await identityStore.createUser({ userName: 'team-Web' })
    const item = await review.link(lars)
    expect(await review.decide('team-Web', item, 'revoke')).toMatch(noReviewer)
    expect(await review.decide('team-Web', item, 'keep')).toMatch(noReviewer)
  })

  test('who joined a reviewing group after the beginning may revoke, and not keep', async () => {
    const review = await Review.begin({ ...reviewed, reviewers: { fallback: { groups: ['team-Web'] } } })
    const { grouping } = review
    const group = grouping.id('GROUP', 'team-Web')
    await grouping.world.identityStore.createGroupMembership(group, grouping.id('USER', tom))
    const item = await review.link(lars)
    expect(await review.decide(tom, item, 'keep')).toMatch(onlyRevokes)
    expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied/)
  })

  test('who left a reviewing group decides nothing any more', async () => {
    const review = new Review()
    const { grouping } = review
    const { identityStore } = grouping.world
    const group = grouping.id('GROUP', 'team-Web')
    const membership = await identityStore.createGroupMembership(group, grouping.id('USER', tom))
    await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
    await apply(grouping, [linkTo(lars)])
    await review.subjects({ reviewers: { fallback: { groups: ['team-Web'] } } })
    await identityStore.deleteGroupMembership(membership)
    expect(await review.decide(tom, await review.link(lars), 'revoke')).toMatch(noReviewer)
  })
})

describe('the owner in the file of a link', () => {
  test('may revoke and not keep, because the uploader wrote it; the others keep it', async () => {
    const { review, item } = await askAboutOwned(kenji)
    expect(await asked({ review })).toBe(`${tom}, ${kenji} (may only revoke)`)
    expect(await review.decide(kenji, item, 'keep')).toMatch(onlyRevokes)
    expect(await review.decide(tom, item, 'keep')).toMatch(/^applied/)
    expect(await review.decide(kenji, item, 'revoke')).toMatch(/^applied: revoked/)
  })

  test('is the only one who is asked if the review lets uploaders name owners', async () => {
    const { review, item } = await askAboutOwned(kenji, { uploadersNameOwners: true })
    expect(await asked({ review })).toBe(kenji)
    expect(await review.decide(tom, item, 'keep')).toMatch(noReviewer)
    expect(await review.decide(kenji, item, 'keep')).toMatch(/^applied/)
  })

  test.each([
    ['nobody', 'nobody-there', 'is the name of no group and no user'],
    ['the person who has the access', lars, 'may not decide on their own access, membership or upload'],
    ['a group without members', 'team-Empty', 'has no members'],
  ])('counts as none if it is %s, and the status says so', async (_, owner, why) => {
    const { review, item } = await askAboutOwned(owner, { uploadersNameOwners: true })
    expect(await asked({ review })).toBe(`${tom}, not ${owner}, which ${why}`)
    expect(await review.decide(tom, item, 'keep')).toMatch(/^applied/)
    const { reason } = (await review.grouping.status('reviews/quarter.json')) ?? {}
    expect(reason).toMatch(/1 item has an owner who cannot decide, so others are asked/)
  })

  test('counts as none if it is suspended', async () => {
    const review = new Review()
    await apply(review.grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
    await apply(review.grouping, [linkTo(lars)], { owner: kenji })
    await suspend(review, kenji)
    const reviewers = { owners: true, uploadersNameOwners: true, fallback: { users: [tom] } }
    await review.subjects({ groups: [], reviewers })
    expect(await asked({ review })).toBe(`not ${kenji}, which is suspended, disabled or gone`)
    expect(await review.decide(tom, await review.link(lars), 'keep')).toMatch(/^applied/)
  })

  test('counts as none if a group and a user have the name', async () => {
    const review = new Review()
    const { identityStore } = review.grouping.world
    await identityStore.createUser({ userName: 'team-Web' })
    await apply(review.grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
    await apply(review.grouping, [linkTo(lars)], { owner: 'team-Web' })
    const reviewers = { owners: true, uploadersNameOwners: true, fallback: { users: [tom] } }
    await review.subjects({ groups: [], reviewers })
    expect(await asked({ review })).toBe('not team-Web, which is the name of a group and of a user')
  })
})

test('a keep lapses if its author is suspended before the end: then it is silence', async () => {
  const review = await Review.begin({ ...reviewed, groups: [] })
  const item = await review.link(lars)
  expect(await review.decide(tom, item, 'keep')).toMatch(/^applied/)
  expect(await review.decide(tom, await review.link(kenji), 'keep')).toMatch(/^applied/)
  expect(await review.decide(kenji, await review.link('oncall'), 'keep')).toMatch(/^applied/)
  await suspend(review, tom)
  await review.days(23)
  expect(await review.outcome(item)).toMatchObject({ end: { is: 'deleted' }, decisions: [{ lapsed: 'barred' }] })
  expect(await review.outcome(await review.link('oncall'))).toMatchObject({ end: { is: 'kept' } })
  expect([review.has(lars), review.has('oncall', 'GROUP')]).toEqual([false, true])
})

test('a keep lapses if its author has the access before the end', async () => {
  const review = await Review.begin({ ...reviewed, groups: [] })
  const item = await review.link('oncall')
  expect(await review.decide(tom, item, 'keep')).toMatch(/^applied/)
  await apply(review.grouping, [otherMembership])
  await review.days(23)
  expect(await review.outcome(item)).toMatchObject({ end: { is: 'deleted' }, decisions: [{ lapsed: 'own' }] })
})

test('nobody keeps an eligibility or an exception that is for themself', async () => {
  const review = new Review()
  const { grouping } = review
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  const eligibility = { for: { users: [tom] }, permissionSets: [permissionSetName.parse('Support-ps')] }
  const rest = { scopes: ['root%all'], longest: 'PT1H', approvers: { users: [kenji] } }
  await grouping.put('eligibility/support.json', { ...eligibility, ...rest })
  await apply(grouping, [linkTo(lars)])
  await review.subjects({ groups: [], reviewers: { fallback: { users: [tom, kenji] } } })
  const item = await review.find((one) => one.kind === 'setting' && one.what.includes('eligibility/support.json'))
  expect(await review.decide(tom, item, 'keep')).toMatch(own)
  expect(await review.decide(kenji, item, 'keep')).toMatch(/^applied/)
})
