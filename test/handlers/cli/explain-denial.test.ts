import { expect, test } from '@jest/globals'
import { explainDenial } from '../../../handlers/cli/explain-denial.ts'
import { Refusal } from '../../../handlers/cli/refusal.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'

const explain = explainDenial('apply', 'apply s3://ssofile')

test.each(['AccessDenied', 'AccessDeniedException'])('%s becomes a refusal that names who may', (code) => {
  const denied = new ServiceError('s3', code, "'me' may not write 'control/dispatcher.json'")
  expect(() => explain(denied)).toThrow(Refusal)
  expect(() => explain(denied)).toThrow(
    /^apply needs the permissions of ssofile itself, and s3 answered: 'me' may not write .*\n.*AWS_ACCESS_KEY_ID=ssofile ssofile apply s3:\/\/ssofile$/,
  )
})

test('the advice of the local system, which names another role, is left out', () => {
  const denied = new ServiceError(
    's3',
    'AccessDenied',
    "'me' may not write 'control/a'; use the access key id 'operator'",
  )
  expect(() => explain(denied)).toThrow(/answered: 'me' may not write 'control\/a'\nUse credentials/)
})

test('any other error stays what it is', () => {
  const other = new ServiceError('s3', 'SlowDown', 'Please reduce your request rate.')
  expect(() => explain(other)).toThrow(other)
})
