import { describe, expect, test } from '@jest/globals'
import { Refusal } from '../../../../handlers/cli/arguments/refusal.ts'
import { explainDenial } from '../../../../handlers/cli/operations/explain-denial.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'

describe.each(['AccessDenied', 'AccessDeniedException'])('%s becomes a refusal', (code) => {
  const denied = new ServiceError('s3', code, "'me' may not write 'control/a'; use the access key id 'operator'")

  // The advice of the local system after the semicolon is for uploaders.
  test.each([
    [
      explainDenial('ssofile', 'apply', 'apply s3://ssofile'),
      /^apply needs the permissions of ssofile itself, and s3 answered: 'me' may not write 'control\/a'\nUse cred.*AWS_ACCESS_KEY_ID=ssofile ssofile apply s3:\/\/ssofile$/,
    ],
    [
      explainDenial('operators', 'release', 'release --all'),
      /^release needs the role of operators, and s3 answered: .*'control\/a'\nAssume the role <name>-operator .*AWS_ACCESS_KEY_ID=ssofile-operator ssofile release --all$/,
    ],
    [
      explainDenial('control', 'pause', 'pause …'),
      /^pause needs to write control\/, and s3 answered: .*'control\/a'\nUse an operator's credentials.*AWS_ACCESS_KEY_ID=operator ssofile pause …$/,
    ],
  ])('%# that says whose rights the command needs', (explain, message) => {
    expect(() => explain(denied)).toThrow(Refusal)
    expect(() => explain(denied)).toThrow(message)
  })
})

test('any other error stays what it is', () => {
  const other = new ServiceError('s3', 'SlowDown', 'Please reduce your request rate.')
  expect(() => explainDenial('ssofile', 'apply', 'apply')(other)).toThrow(other)
})
