import { expect, test } from '@jest/globals'
import { adviceAfterFailure } from '../../infra/advice-after-failure.ts'
import { environment } from '../../shared/domain/deployment/environment.ts'
import { readText } from '../house/source-files.ts'
import { environments, example } from './environments.ts'

test('after a failure it is said how to look at a bucket that is in the way, and where its deletion is written down', () => {
  const advice = adviceAfterFailure(example)
  expect(advice).toContain('aws s3 ls s3://example-ssofile/assignments/')
  expect(advice).toContain('docs/deployment.md#a-bucket-that-a-failed-try-left')
  expect(readText('docs/deployment.md')).toContain('## A bucket that a failed try left')
})

test('after a failure the two causes are told that look like a fault of ssofile and are none', () => {
  const advice = adviceAfterFailure(example)
  expect(advice).toContain('"Unable to validate the following destination configurations", deploy again')
  expect(advice).toContain('aws logs describe-resource-policies')
  expect(adviceAfterFailure(environment.parse(environments.existing))).toContain('describe-resource-policies')
})

test('after a failure it is said what to do where CloudFormation does not know that alarms can wait', () => {
  const knows = environment.parse({ ...environments.existing, alarmWarmUp: false })
  expect(adviceAfterFailure(environment.parse(environments.existing))).toMatch(
    /WarmUpConfiguration.*"alarmWarmUp": false/,
  )
  expect(adviceAfterFailure(knows)).not.toContain('WarmUpConfiguration')
})

test("a bucket that existed before is in nobody's way", () => {
  expect(adviceAfterFailure(environment.parse(environments.existing))).not.toContain('aws s3')
})
