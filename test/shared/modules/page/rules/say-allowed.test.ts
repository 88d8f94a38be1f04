import { expect, test } from '@jest/globals'
import { sayAllowed } from '../../../../../shared/modules/page/rules/say-allowed.ts'

const none = { managedPolicyArns: [], customerManagedPolicies: [] }
const policy = (...statements: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const allow = (...actions: readonly string[]) => ({ Effect: 'Allow', Action: actions, Resource: '*' })

test.each([
  [none, 'Nothing: its file has no policy'],
  [
    { ...none, managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] },
    'Everything: people can give themselves every right',
  ],
  [
    { ...none, managedPolicyArns: ['arn:aws:iam::aws:policy/job-function/Billing'] },
    'AWS’s policies job-function/Billing',
  ],
  [
    {
      ...none,
      inlinePolicy: policy(allow('s3:*', 's3:GetObject', 'ec2:Describe*'), { ...allow('iam:*'), Effect: 'Deny' }),
    },
    'all actions of s3; some actions of ec2',
  ],
  [{ ...none, inlinePolicy: '{"Statement":"?"}' }, 'an inline policy that ssofile does not understand'],
])('the permission set %j allows: %s', (set, said) => {
  expect(sayAllowed(set)).toBe(said)
})
