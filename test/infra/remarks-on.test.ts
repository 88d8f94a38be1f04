import { expect, test } from '@jest/globals'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { remarksOn } from '../../infra/remarks-on.ts'
import { type Environment, environment } from '../../shared/domain/deployment/environment.ts'
import { environments, example } from './environments.ts'

const remarks = (of: Environment) => remarksOn(of, deploymentNames(of))

test('how much room the policy of the bucket takes is told, so that nobody meets the limit of S3 unprepared', () => {
  expect(remarks(example)[0]).toMatch(/^the policy of the bucket example-ssofile has \d{4} bytes of at most 20480$/)
  const [full] = remarks(environment.parse(environments['twenty-folders']))
  expect(full).toMatch(/ has 19\d{3} bytes of at most 20480$/)
})

test('operators whose access ssofile itself may revoke are told of, unless there is another', () => {
  const user = 'arn:aws:iam::111122223333:user/on-call'
  const { access } = example
  expect(remarks(example)[1]).toMatch(/^access\.operators has only roles of IAM Identity Center/)
  expect(remarks({ ...example, access: { ...access, operators: [...access.operators, user] } })).toHaveLength(1)
  expect(remarks({ ...example, access: { ...access, operators: [] } })).toHaveLength(1)
})
