import { describe, expect, test } from '@jest/globals'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'

const team = `\${aws:PrincipalTag/team}`
const onTeam = { Effect: 'Allow', Action: 's3:*', Resource: [`arn:aws:s3:::${team}/*`] }
const ofTeam = { ...onTeam, Resource: '*', Condition: { StringEquals: { 'aws:ResourceTag/team': team } } }
const allow = (fields: object) => ({ Version: '2012-10-17', Statement: [{ ...onTeam, Resource: '*', ...fields }] })

function warningsOf(inlinePolicyDocument: object): readonly string[] {
  const text = JSON.stringify({ permissionSetName: 'Case-ps', inlinePolicyDocument }, undefined, 1)
  const file = parsePermissionSetFile('permission_sets/Case-ps.json', new TextEncoder().encode(text))
  if (!file.ok) throw new Error(JSON.stringify(file.complaint))
  return file.value.warnings
}

describe('a policy is taken with a warning', () => {
  test.each([
    [
      'for variables without a version',
      { Statement: [onTeam] },
      /^line 9, \$.*Resource\[0\]: IAM reads '\$\{aws:PrincipalTag\/team\}' as plain text/,
    ],
    [
      'for variables of the older version',
      { Version: '2008-10-17', Statement: ofTeam },
      /^line 11, .*"Version": "2012-10-17"/,
    ],
    [
      'for a placeholder of a template',
      allow({ Resource: 'arn:aws:s3:::{{ bucket }}/*' }),
      /'\{\{ bucket \}\}' looks like a placeholder/,
    ],
    [
      'for a placeholder of documentation',
      allow({ Resource: 'arn:aws:iam::<account>:role/a' }),
      /'<account>' looks like a placeholder/,
    ],
    [
      'for an account that has no twelve digits',
      allow({ Resource: 'arn:aws:sqs:*:ACCOUNT_ID:a' }),
      /no account is called 'ACCOUNT_ID'/,
    ],
    [
      'for a variable in place of an account',
      allow({ Resource: `arn:aws:sqs:*:\${aws:PrincipalAccount}:a` }),
      /only after the fifth colon/,
    ],
    ['for an ARN that ends too early', allow({ Resource: 'arn:aws:s3:::' }), /names no resource/],
    [
      'for a condition key without a service',
      allow({ Condition: { IpAddress: { SourceIp: '203.0.113.7' } } }),
      /'SourceIp'/,
    ],
  ])('%s', (_, policy, warning) => {
    expect(warningsOf(policy)).toEqual([expect.stringMatching(warning)])
  })

  test('for ten of its texts at most', () => {
    expect(warningsOf({ Statement: Array.from({ length: 12 }, () => onTeam) })).toHaveLength(10)
  })
})

test('variables of the newer version, and accounts as AWS writes them, are no warnings', () => {
  const arns = [
    'arn:aws:s3:::a',
    'arn:aws:iam::aws:policy/a',
    'arn:aws:sqs:*:*:a',
    'arn:aws:sqs:*:1111????????:a',
    'arn:aws:sqs:*:111122223333:a',
  ]
  expect(warningsOf({ Version: '2012-10-17', Statement: [onTeam, ofTeam] })).toEqual([])
  expect(warningsOf(allow({ Resource: arns }))).toEqual([])
})
