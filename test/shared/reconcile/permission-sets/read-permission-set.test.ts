import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { readPermissionSet } from '../../../../shared/reconcile/permission-sets/read-permission-set.ts'
import { World } from '../../../world.ts'
import { anyInlinePolicy } from '../../domain/permission-set-of.ts'

const name = permissionSetName.parse('Whole-ps')

test('a permission set is read with all that it has, and without what it has not', async () => {
  const { ssoAdmin } = new World()
  const attributes = {
    description: 'Looks at everything',
    relayState: 'https://console.aws.amazon.com/',
    sessionDuration: 'PT2H',
    tags: [{ Key: 'team', Value: 'Audit' }],
  }
  const contents = {
    managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    customerManagedPolicies: [{ Name: 'base', Path: '/ops/' }],
    inlinePolicy: anyInlinePolicy,
    permissionsBoundary: { CustomerManagedPolicyReference: { Name: 'limits', Path: '/' } },
  }
  const whole = ssoAdmin.addPermissionSet({ name, ...attributes }, '0123456789abcdef', contents)
  expect(await readPermissionSet(ssoAdmin, whole, undefined)).toEqual({ name, ...attributes, ...contents })
  const empty = { name: permissionSetName.parse('Empty-ps'), sessionDuration: 'PT1H', tags: [] }
  const bare = ssoAdmin.addPermissionSet(empty, 'fedcba9876543210')
  expect(await readPermissionSet(ssoAdmin, bare, undefined)).toEqual({
    ...empty,
    managedPolicyArns: [],
    customerManagedPolicies: [],
  })
})

test('a permission set that is gone is not there, which is no error', async () => {
  const { ssoAdmin } = new World()
  const arn = ssoAdmin.addPermissionSet({ name, sessionDuration: 'PT1H', tags: [] }, '0123456789abcdef')
  await ssoAdmin.deletePermissionSet(arn)
  expect(await readPermissionSet(ssoAdmin, arn, undefined)).toBeUndefined()
})
