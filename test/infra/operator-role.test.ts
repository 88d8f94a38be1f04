import { expect, test } from '@jest/globals'
import { Role } from 'aws-cdk-lib/aws-iam'
import { App, Stack } from 'aws-cdk-lib/core'
import { createOperatorRole } from '../../infra/constructs/create-operator-role.ts'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { example } from './environments.ts'

/** The trust policy for so many operators, each in an account of their own. */
function trustOf(count: number) {
  const operators = Array.from(
    { length: count },
    (_, nth) => `arn:aws:iam::${111122223333 + nth}:role/operators-${nth}`,
  )
  const environment = { ...example, access: { ...example.access, operators } }
  const stack = new Stack(new App(), 'operators')
  createOperatorRole(stack, { environment, names: deploymentNames(environment), keyArns: ['k'] })
  const role = stack.node.findChild('Role-operator')
  return { operators, text: JSON.stringify(stack.resolve(role instanceof Role ? role.assumeRolePolicy : undefined)) }
}

test('the trust policy names each operator once, however many accounts they are in', () => {
  const { operators, text } = trustOf(15)
  for (const arn of operators) expect(text.split(`"${arn}"`)).toHaveLength(2)
  expect(text.length).toBeLessThanOrEqual(2_048)
})

test('a deployment with more operators than IAM takes is refused, with the size of the trust policy', () => {
  expect(() => trustOf(40)).toThrow(
    /^the trust policy of the role ssofile-operator has \d{4} characters, expected at most 2048/,
  )
})
