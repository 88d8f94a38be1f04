import { expect, test } from '@jest/globals'
import { explainOperatorDenial } from '../../../handlers/cli/explain-operator-denial.ts'
import { Refusal } from '../../../handlers/cli/refusal.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'

const explain = explainOperatorDenial('release', 'release --all')

test.each(['AccessDenied', 'AccessDeniedException'])(
  '%s becomes a refusal that names the role of operators',
  (code) => {
    const denied = new ServiceError('s3', code, "'me' may not write 'control/a'; use the access key id 'operator'")
    expect(() => explain(denied)).toThrow(Refusal)
    expect(() => explain(denied)).toThrow(
      /^release needs the role of operators, and s3 answered: 'me' may not write 'control\/a'\nAssume the role <name>-operator .*AWS_ACCESS_KEY_ID=ssofile-operator ssofile release --all$/,
    )
  },
)

test('any other error stays what it is', () => {
  const other = new ServiceError('s3', 'SlowDown', 'Please reduce your request rate.')
  expect(() => explain(other)).toThrow(other)
})
