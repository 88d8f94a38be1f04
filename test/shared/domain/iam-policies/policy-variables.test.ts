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
    ...(
      [
        ['IpAddress', '192.0.2.300/24', "'192.0.2.300/24' is not an address"],
        ['IpAddress', '10.1', 'not an address'],
        ['IpAddress', '10.0.0.0/33', 'not an address'],
        ['IpAddressIfExists', '2001:db8::/129', 'not an address'],
        ['ForAllValues:IpAddress', '10.0.0.0/8,10.1.0.0/16', 'several ranges as a list'],
        ['NotIpAddress', '192.0.2.300/24', 'so every request meets NotIpAddress'],
        ['Bool', 'yes', "'yes' is not true or false, so it matches nothing"],
        ['Null', '1', 'not true or false'],
        ['NumericLessThan', '1h', 'not a number'],
        ['NumericNotEquals', '', 'every request meets NumericNotEquals'],
        ['BinaryEquals', 'not base64', 'Base64'],
        ['ArnLike', 'Admin', 'not one ARN'],
        ['ArnNotEquals', 'arn:aws:iam::111122223333:role/a arn:aws:iam::111122223333:role/b', 'every request meets'],
        ['StringEquals', 'eu-west-1,eu-west-2', 'has a comma'],
      ] as const
    ).map(([operator, value, told]): [string, object, RegExp] => [
      `for ${operator} with '${value}'`,
      allow({ Condition: { [operator]: { 'aws:RequestedRegion': value } } }),
      new RegExp(told),
    ]),
    ...[
      '$BUCKET',
      '$bucket',
      '%BUCKET%',
      '%s',
      '%{b}',
      '@@b@@',
      '__BUCKET__',
      '[[b]]',
      '((b))',
      '{bucket}',
      '<%= b %>',
    ].map((one): [string, object, RegExp] => [
      `for the placeholder ${one}`,
      allow({ Resource: `arn:aws:s3:::${one}/*` }),
      /looks like a placeholder/,
    ]),
    ...[',', ', ', ' ', ';'].map((between): [string, object, RegExp] => [
      `for two ARNs with '${between}' between`,
      allow({ Resource: `arn:aws:s3:::first/*${between}arn:aws:s3:::second/*` }),
      /two ARNs in one text/,
    ]),
    ['for two actions in one text', allow({ Action: 's3:GetObject,PutObject' }), /several actions in one text/],
    [
      'for a bucket with an account',
      allow({ Resource: 'arn:aws:s3::111122223333:reports' }),
      /ARNs of buckets have no account/,
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
    'arn:aws:lambda:*:111122223333:function:a:$LATEST',
    'arn:aws:iot:*:111122223333:topic/$aws/things/*',
    'arn:aws:execute-api:*:111122223333:a/b/$default',
    'arn:aws:ses:*:111122223333:identity/a@example.com',
    'arn:aws:s3::111122223333:accesspoint/a.mrap',
  ]
  expect(warningsOf({ Version: '2012-10-17', Statement: [onTeam, ofTeam] })).toEqual([])
  expect(warningsOf(allow({ Resource: arns }))).toEqual([])
})
