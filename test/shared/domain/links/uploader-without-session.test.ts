import { expect, test } from '@jest/globals'
import { uploaderWithoutSession } from '../../../../shared/domain/links/uploader-without-session.ts'

test.each([
  ['AWS:AROAEXAMPLE:maria', 'AWS:AROAEXAMPLE'],
  ['AWS:AROAEXAMPLE:maria:of:team', 'AWS:AROAEXAMPLE'],
  ['AWS:AIDAEXAMPLE', 'AWS:AIDAEXAMPLE'],
  ['arn:aws:sts::111122223333:assumed-role/team/maria', 'arn:aws:sts::111122223333:assumed-role/team'],
  ['arn:aws-cn:iam::111122223333:user/path/maria', 'arn:aws-cn:iam::111122223333:user/path/maria'],
  ['AIDAEXAMPLE', 'AIDAEXAMPLE'],
])('%s is %s, whatever the session is called', (principalId, name) => {
  expect(uploaderWithoutSession({ principalId })).toBe(name)
})

test('nobody known is nobody', () => {
  expect(uploaderWithoutSession(undefined)).toBeUndefined()
})
