import { expect, test } from '@jest/globals'
import { renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { type PrincipalId, permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { type PrincipalType, principalName } from '../../../../shared/domain/principals/principal.ts'
import { writeForeign } from '../../../../shared/reconcile/records/foreign-assignments.ts'
import { kenji } from '../people/grouping.ts'
import { account, Review } from './review.ts'

/** Access that ssofile found under this name, and that others gave to the user or group of this id. */
async function find({ grouping }: Review, found: { type: PrincipalType; id: PrincipalId; name: string }) {
  const { type, name } = found
  const access = { accountId: accountId.parse(account), permissionSet: permissionSetName.parse('Other-ps') }
  const key = renderAssignmentKey({ ...access, type, principalId: found.id })
  await writeForeign(grouping.world.objects, key, {
    principal: principalName.parse(name),
    permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef'),
    links: [],
    seenAt: grouping.world.clock.now().toISOString(),
  })
}

/** What becomes of this person's decision to keep the access. */
async function keep(review: Review, user: string, reviewer: object): Promise<string> {
  await review.subjects({ groups: [], only: 'foreign', reviewers: { fallback: reviewer } })
  return review.decide(user, await review.find(({ kind }) => kind === 'foreign'), 'keep')
}

const refused = 'rejected: received a decision on your own access, membership or upload'

test('a user who was renamed since ssofile found their access may not keep it', async () => {
  const review = new Review()
  const { grouping } = review
  const { identityStore } = grouping.world
  const id = grouping.id('USER', kenji)
  await identityStore.createGroupMembership(grouping.id('GROUP', 'team-Web'), id)
  await find(review, { type: 'USER', id, name: kenji })
  await identityStore.updateUser(id, [{ path: 'userName', value: 'kenji.married@acme.example' }])
  expect(await keep(review, 'kenji.married@acme.example', { groups: ['team-Web'] })).toContain(refused)
})

test("a member of a group whose name links cannot spell may not keep the group's access", async () => {
  const review = new Review({ principalSuffix: '@acme.example' })
  const { grouping } = review
  const id = grouping.id('GROUP', 'team-Web')
  await grouping.world.identityStore.createGroupMembership(id, grouping.id('USER', kenji))
  await find(review, { type: 'GROUP', id, name: id })
  expect(await keep(review, kenji, { users: ['kenji.ito'] })).toContain(refused)
})
