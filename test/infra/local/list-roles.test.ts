import { expect, test } from '@jest/globals'
import { listRoles } from '../../../infra/local/list-roles.ts'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import { World } from '../../world.ts'

test('a person sees the role of a permission set in an account come back under another suffix', () => {
  const { ssoAdmin, identityStore } = new World()
  const account = accountId.parse('260000000001')
  const permissionSetArn = ssoAdmin.permissionSetArnOf('ViewOnlyAccess')
  const principalId = identityStore.idOf('GROUP', 'team-Web')
  if (permissionSetArn === undefined || principalId === undefined) throw new Error('not in the fixture')
  const target: AssignmentTarget = { accountId: account, permissionSetArn, principalId, principalType: 'GROUP' }
  const role = () => listRoles(ssoAdmin).find((one) => one.account === account)?.role
  ssoAdmin.addAssignment(target)
  const first = role()
  expect(first).toMatch(/^AWSReservedSSO_ViewOnlyAccess_[0-9a-f]{16}$/)
  ssoAdmin.removeAssignment(target)
  expect(role()).toBeUndefined()
  ssoAdmin.addAssignment(target)
  expect(role()).not.toBe(first)
})

test('a role that several principals may take is listed once', () => {
  const roles = listRoles(new World().ssoAdmin).map(({ account, role }) => `${account} ${role.split('_')[1]}`)
  expect(roles).toEqual([
    '111111111111 AdministratorAccess',
    '210000000003 ViewOnlyAccess',
    '220000000003 AdministratorAccess',
    '233000000001 ViewOnlyAccess',
    '280000000001 AdministratorAccess',
  ])
})
