import { expect, test } from '@jest/globals'
import { permissionSetOfRole } from '../../../../shared/domain/permission-sets/permission-set-role.ts'

test.each([
  ['AWSReservedSSO_Billing-ps_58dd3c0a5e77430a', 'Billing-ps'],
  ['AWSReservedSSO_a_b_58dd3c0a5e77430a_58dd3c0a5e77430b', 'a_b_58dd3c0a5e77430a'],
  [`AWSReservedSSO_${'x'.repeat(32)}_58dd3c0a5e77430a`, 'x'.repeat(32)],
  ['AWSReservedSSO_Billing-ps_58dd3c0a5e77430', undefined],
  [`AWSReservedSSO_${'x'.repeat(33)}_58dd3c0a5e77430a`, undefined],
  ['AWSReservedSSO__58dd3c0a5e77430a', undefined],
  ['ssofile-auditor', undefined],
])('the role %s is of the permission set %s', (role, permissionSet) => {
  expect(permissionSetOfRole(role)).toBe(permissionSet)
})
