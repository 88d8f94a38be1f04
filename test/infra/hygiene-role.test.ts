import { expect, test } from '@jest/globals'
import * as z from 'zod'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { hygieneRoleTemplate } from '../../infra/hygiene-role.ts'
import { environment } from '../../shared/domain/deployment/environment.ts'
import { evaluatePolicy } from '../../shared/domain/iam-policies/evaluate-policy.ts'
import { example, exampleDocument } from './environments.ts'

const owned = environment.parse({ ...exampleDocument, hygieneRole: 'platform/ssofile-hygiene' })
const statement = z.looseObject({
  Effect: z.enum(['Allow', 'Deny']),
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.string(),
})
const properties = z.object({
  RoleName: z.string(),
  Path: z.string(),
  AssumeRolePolicyDocument: z.unknown(),
  Policies: z.tuple([z.object({ PolicyDocument: z.object({ Statement: z.array(statement) }) })]),
})

/** As CloudFormation puts the values in, in an account. */
function roleOf() {
  const template = hygieneRoleTemplate(owned, deploymentNames(owned))
  const text = JSON.stringify(template?.Resources.Role?.Properties)
    .replaceAll(/\{"Fn::Sub":("[^"]*")\}/g, '$1')
    .replaceAll(/\$\{AWS::Partition\}/g, 'aws')
    .replaceAll(/\$\{AWS::AccountId\}/g, '233000000002')
  return properties.parse(JSON.parse(text))
}

/** What the role's own policy says, of a user in its account. */
function judge(action: string, user: string) {
  const [{ PolicyDocument }] = roleOf().Policies
  const Statement = PolicyDocument.Statement.map((one) => ({ ...one, Principal: '*' as const }))
  const resource = `arn:aws:iam::233000000002:user/${user}`
  return evaluatePolicy({ Version: '2012-10-17', Statement }, { action: `iam:${action}`, resource, principal: 'x' })
}

test('without a configured role there is no template', () => {
  expect(hygieneRoleTemplate(example, deploymentNames(example))).toBeUndefined()
})

test('it has the name that the function assumes, and trusts that function alone', () => {
  expect(roleOf()).toMatchObject({
    RoleName: 'ssofile-hygiene',
    Path: '/platform/',
    AssumeRolePolicyDocument: {
      Statement: [
        {
          Principal: { AWS: [owned.account] },
          Condition: { ArnLike: { 'aws:PrincipalArn': [`arn:aws:iam::${owned.account}:role/ssofile-retire`] } },
        },
      ],
    },
  })
})

test('it retires what users have, and nothing of break-glass, whatever a file says', () => {
  for (const action of ['UpdateAccessKey', 'DeleteAccessKey', 'DeleteLoginProfile', 'DeleteUser']) {
    expect(judge(action, 'team/ci')).toBe('allowed')
    expect(judge(action, 'break-glass/alice-BREAK-GLASS')).toBe('denied')
  }
})

test('it gives nothing to anybody', () => {
  for (const action of ['CreateAccessKey', 'CreateUser', 'AttachUserPolicy', 'UpdateLoginProfile', 'PassRole'])
    expect(judge(action, 'team/ci')).toBe('silent')
})
