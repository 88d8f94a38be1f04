import { expect, test } from '@jest/globals'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { account, lars, linkTo, Review, tom } from './review.ts'

const role = `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Support-ps_*`
const pipeline = 'arn:aws:iam::777788889999:role/hr-pipeline'

async function begin(writers: readonly object[]): Promise<Review> {
  const review = new Review()
  const { grouping } = review
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, [linkTo(lars)])
  if (writers.length > 0)
    await grouping.world.objects.put('reports/writers.json', JSON.stringify({ v: 1, asOf: 'x', bucket: 'x', writers }))
  await review.subjects({ groups: [], reviewers: { fallback: { users: [tom, lars, kenji] } } })
  return review
}

const settings = async (review: Review) =>
  (await review.items()).flatMap(({ subject }) => (subject.kind === 'setting' ? [subject.what] : [])).sort()

test('each principal that writes for others is one item, which names its people, and they do not decide on it', async () => {
  const review = await begin([
    { prefix: 'policies/', people: [role], ssofile: [] },
    { prefix: 'drills/', people: [role], ssofile: [] },
    { prefix: 'suspended/', people: [pipeline], ssofile: [] },
    { prefix: 'requests/', people: ['arn:aws:iam::111122223333:role/anybody'], ssofile: [] },
  ])
  expect(await settings(review)).toEqual([
    `${role} may write policies/, drills/: ${lars}`,
    `${pipeline} may write suspended/`,
  ])
  const item = await review.find((one) => one.kind === 'setting' && one.what.startsWith(role))
  expect(await review.decide(lars, item, 'keep')).toMatch(/^rejected: .*a setting about you/)
  expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied: a task for a person: change access/)
})

test('without a list of writers the settings of the environment are two items', async () => {
  expect(await settings(await begin([]))).toEqual([
    'the responders of break-glass: access in the file of the environment',
    'the writers of governance, people and operators: access in the file of the environment',
  ])
})
