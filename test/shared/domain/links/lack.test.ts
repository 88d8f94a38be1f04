import { describe, expect, test } from '@jest/globals'
import {
  type Lack,
  lackOfActiveAccount,
  lackOfBoundUser,
  lackOfManagementAccount,
  lackOfPermissionSet,
  lackOfPrincipal,
  lackOfScope,
  lackOfTags,
  remedyOfFailures,
} from '../../../../shared/domain/links/lack.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'

const account = accountId.parse('210000000001')
const zoe = principalId.parse('21111111-2222-3333-4444-555555555555')
const set = permissionSetName.parse('Billing-ps')
const group = { type: 'GROUP', principal: principalName.parse('team-Web') } as const
const user = { type: 'USER', principal: principalName.parse('zoe') } as const
const zoeNow = principalName.parse('zoe@acme.example')
const missing = { hasOtherType: false }

describe('what a link lacks is told with what to do', () => {
  test.each<[string, () => Lack, string, string]>([
    [
      'a permission set',
      () => lackOfPermissionSet(set, 'billing-ps'),
      "permission set 'Billing-ps' does not exist; did you mean 'billing-ps'?",
      'upload permission_sets/Billing-ps.json, or look at its status if you already have; ssofile applies the link when the permission set exists',
    ],
    [
      'a group',
      () => lackOfPrincipal(group, missing),
      "group 'team-Web' does not exist in the identity store",
      'create the group, or upload the link with the exact name; ssofile applies it when the group exists',
    ],
    [
      'a user with a near name',
      () => lackOfPrincipal(user, { ...missing, near: 'zoé' }),
      "user 'zoe' does not exist in the identity store; did you mean 'zoé'?",
      'upload the link with that name, or create the user; ssofile applies it when the user exists',
    ],
    [
      'a group that is a user',
      () => lackOfPrincipal(group, { hasOtherType: true }),
      "group 'team-Web' does not exist in the identity store, but a user of this name does",
      'if you mean the user, upload the link again with %USER%ssofile at the end, then delete this one',
    ],
    [
      'a user that is a group',
      () => lackOfPrincipal(user, { hasOtherType: true }),
      "user 'zoe' does not exist in the identity store, but a group of this name does",
      'if you mean the group, upload the link again with %GROUP%ssofile at the end, then delete this one',
    ],
    [
      'a user that is called otherwise now',
      () => lackOfPrincipal(user, { bearer: { by: 'former name', type: 'USER', name: zoeNow } }),
      "user 'zoe' is called 'zoe@acme.example' now",
      'upload the link with that name, then delete this one',
    ],
    [
      'a user whose present name nobody else may know',
      () => lackOfPrincipal(user, { bearer: { by: 'former name', type: 'USER' } }),
      "user 'zoe' has another name now",
      'upload the link with its present name, then delete this one',
    ],
    [
      'a group whose link has the id of a user',
      () =>
        lackOfPrincipal(
          { ...group, principal: principalName.parse(zoe) },
          { bearer: { by: 'id', type: 'USER', name: zoeNow } },
        ),
      `'${zoe}' is the id of user 'zoe@acme.example'`,
      'upload the link with that name and %USER%ssofile at the end, then delete this one',
    ],
    [
      'the user that it was applied to',
      () => lackOfBoundUser('zoe', zoe),
      `user 'zoe' is no longer the user that this link was applied to (${zoe})`,
      'if you mean the new user of this name, run ssofile touch with the key of the link and --rebind; otherwise delete the link',
    ],
    [
      'a permission set that the management account does not have',
      () => lackOfManagementAccount(set, account),
      `permission set 'Billing-ps' is also assigned in the management account ${account}, so a delegated administrator can neither change it nor grant or revoke it anywhere`,
      'remove its assignments in the management account, or use another permission set there; ssofile checks again every hour',
    ],
    [
      'an organizational unit',
      () => lackOfScope({ kind: 'ou_id', id: 'ou-acme-sec1000a' }, 'ou-acme-sec10000'),
      "organizational unit 'ou-acme-sec1000a' does not exist in the organization; did you mean 'ou-acme-sec10000'?",
      'upload the link with the exact id, or delete it; ssofile applies it when the organizational unit exists',
    ],
    [
      'an account',
      () => lackOfScope({ kind: 'account', id: account }, undefined),
      `account '${account}' does not exist in the organization`,
      'upload the link with the exact id, or delete it; ssofile applies it when the account exists',
    ],
    [
      'a tag, whose control characters are escaped',
      () => lackOfScope({ kind: 'account_tag', key: 'te\u202eam', value: 'Web' }, 'team^Web'),
      "no active account has the tag 'te\\u{202e}am' with the value 'Web'; did you mean 'team^Web'?",
      'tag an account, or upload the link with the exact tag; ssofile applies it when an account has the tag',
    ],
    [
      'an active account',
      () => lackOfActiveAccount(account, 'SUSPENDED'),
      `account ${account} is SUSPENDED, not ACTIVE`,
      'delete the link, or wait: ssofile applies it when the account is ACTIVE',
    ],
    [
      'an account that is not closed',
      () => lackOfActiveAccount(account, 'CLOSED'),
      `account ${account} is CLOSED, not ACTIVE`,
      'delete the link; or, within 90 days of the closure, have AWS Support reopen the account',
    ],
    [
      'tags',
      () => lackOfTags(2, 7),
      'ssofile has not read the tags of 2 of 7 accounts yet; it reads about nine accounts a second',
      'nothing to do: ssofile applies the link when it has read all tags',
    ],
  ])('for %s', (_, lack, reason, remedy) => {
    expect(lack()).toMatchObject({ reason, remedy })
  })
})

const lacks = (name: string) => `Received a 404 status error: Not supported policy ${name}.`

test('a customer managed policy that accounts lack is named, with what to do', () => {
  expect(remedyOfFailures([lacks('base.v2'), lacks('base.v2')])).toBe(
    "create the customer managed policy 'base.v2' in these accounts, under the path that the permission set names, or take it out of the permission set",
  )
  expect(remedyOfFailures([lacks('a'), lacks('b')])).toBe(
    "create the customer managed policies 'a', 'b' in these accounts, under the path that the permission set names, or take them out of the permission set",
  )
})

test('a permission set of the management account that cannot be revoked has the remedy that it has elsewhere', () => {
  const { reason, remedy } = lackOfManagementAccount(set, account)
  expect(remedy).toBe(`${remedyOfFailures([reason, reason])}; ssofile checks again every hour`)
  expect(remedyOfFailures([reason, 'Access denied by IAM.'])).toBe('remove the cause')
})

test.each([[[]], [['Access denied by IAM.']], [[lacks('a'), 'Access denied by IAM.']]])(
  'accounts that failed for any other reason only get the remedy to remove the cause: %j',
  (reasons: readonly string[]) => {
    expect(remedyOfFailures(reasons)).toBe('remove the cause')
  },
)
