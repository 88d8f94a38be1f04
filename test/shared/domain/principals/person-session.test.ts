import { expect, test } from '@jest/globals'
import { parsePersonSession } from '../../../../shared/domain/principals/person-session.ts'

const role = 'arn:aws:sts::233000000002:assumed-role/AWSReservedSSO_Billing-ps_0123456789abcdef'

test('a session of IAM Identity Center names its user, permission set and account', () => {
  expect(parsePersonSession(`${role}/kenji.ito@acme.example`)).toEqual({
    account: '233000000002',
    role: 'AWSReservedSSO_Billing-ps_0123456789abcdef',
    permissionSet: 'Billing-ps',
    userName: 'kenji.ito@acme.example',
  })
  expect(parsePersonSession(`${role.replace('arn:aws:', 'arn:aws-cn:')}/kenji`)?.userName).toBe('kenji')
})

test.each([
  ['another role', 'arn:aws:sts::233000000002:assumed-role/deploy/kenji'],
  ['a role that only begins so', 'arn:aws:sts::233000000002:assumed-role/AWSReservedSSO_Billing-ps/kenji'],
  ['the role itself', 'arn:aws:iam::233000000002:role/AWSReservedSSO_Billing-ps_0123456789abcdef'],
  ['an IAM user', 'arn:aws:iam::233000000002:user/AWSReservedSSO_Billing-ps_0123456789abcdef/kenji'],
  ['a text before the ARN', `x${role}/kenji`],
  ['no name', `${role}/`],
  ['an access key', 'AWS:test'],
])('%s is no session of a person', (_, arn) => {
  expect(parsePersonSession(arn)).toBeUndefined()
})
