import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import effects from '../../../../shared/domain/iam-policies/aws-managed-policy-effects.json' with { type: 'json' }
import { type Conditions, evaluatePolicy } from '../../../../shared/domain/iam-policies/evaluate-policy.ts'
import {
  administratorRightsOf,
  administratorsByAws,
  isAdministrator,
} from '../../../../shared/domain/iam-policies/is-administrator.ts'
import { readPolicyStatements } from '../../../../shared/domain/iam-policies/policy-statement.ts'

const inline = (Statement: unknown) => ({ managedPolicyArns: [], inlinePolicy: JSON.stringify({ Statement }) })
const all = { Effect: 'Allow', Action: '*', Resource: '*' }
const iam = (Action: string | readonly string[], more: object = {}) => ({ ...all, Action, ...more })
const onlyIf = (operator: string, key: string, value: unknown, Action = '*') => ({
  ...all,
  Action,
  Condition: { [operator]: { [key]: value } },
})
const aws = (...names: readonly string[]) => ({
  managedPolicyArns: names.map((name) => `arn:aws:iam::aws:policy/${name}`),
})

test.each([
  ["AWS's policy AdministratorAccess", aws('AdministratorAccess')],
  ['the same in another partition', { managedPolicyArns: ['arn:aws-cn:iam::aws:policy/AdministratorAccess'] }],
  ["AWS's policy IAMFullAccess beside PowerUserAccess", aws('PowerUserAccess', 'IAMFullAccess')],
  ["AWS's policy IAMFullAccess alone", aws('IAMFullAccess')],
  [
    "AWS's policy AdministratorAccess-Amplify, which attaches policies to every role",
    aws('AdministratorAccess-Amplify'),
  ],
  ['one statement that is no list', inline(all)],
  [
    'a statement among others, with lists',
    inline([{ Effect: 'Deny' }, { ...all, Action: ['s3:*', '*:*'], Resource: ['*'] }]),
  ],
  ['an empty condition', inline({ ...all, Condition: {} })],
  ['an operator without a key as its condition', inline({ ...all, Condition: { StringEquals: {} } })],
  ['another spelling of every action and resource', inline({ ...all, Action: '?*', Resource: '**' })],
  ['everything but IAM beside IAM', inline([{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }, iam('iam:*')])],
  ['iam:* beside others', inline([iam('s3:Get*'), iam('iam:*')])],
  ['every action but one', inline({ Effect: 'Allow', NotAction: 'a4b:ApproveSkill', Resource: '*' })],
  ['every action but a part of IAM', inline({ Effect: 'Allow', NotAction: ['s3:*', 'iam:Create*'], Resource: '*' })],
  ['every resource but one', inline({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::none' })],
  ['every resource that has an ARN', inline({ ...all, Resource: 'arn:*' })],
  ['every resource of the partition', inline({ ...all, Resource: 'arn:aws-cn:*:*:*' })],
  ['every role of one account', inline(iam('iam:Put*', { Resource: 'arn:aws:iam::111122223333:role/*' }))],
  [
    'every role by its first letters',
    inline(
      'abcdefghijklmnopqrstuvwxyz'
        .split('')
        .map((letter) => iam('iam:PassRole', { Resource: `arn:aws:iam::*:role/${letter}*` })),
    ),
  ],
  [
    'everything with a denial that has a condition',
    inline([all, { ...onlyIf('Bool', 'aws:MultiFactorAuthPresent', 'false', 'iam:*'), Effect: 'Deny' }]),
  ],
  ['everything but a part of the granting rights', inline([all, iam('iam:Attach*', { Effect: 'Deny' })])],
])('people with %s are administrators', (_, set) => {
  expect(isAdministrator(set)).toBe(true)
})

test.each([
  ['Attach*'],
  ['Put*'],
  ['PassRole'],
  ['CreatePolicyVersion'],
  ['SetDefaultPolicyVersion'],
  ['UpdateAssumeRolePolicy'],
  ['AddUserToGroup'],
  ['CreateAccessKey'],
  ['CreateLoginProfile'],
  ['UpdateLoginProfile'],
])('iam:%s on everything lets people give themselves the rest', (action) => {
  expect(isAdministrator(inline(iam(`iam:${action}`)))).toBe(true)
})

test.each([
  ['a second factor', onlyIf('Bool', 'aws:MultiFactorAuthPresent', 'true')],
  ['one network', onlyIf('IpAddress', 'aws:SourceIp', ['203.0.113.0/24'])],
  ['a tag of the person', onlyIf('StringEquals', 'aws:PrincipalTag/team', 'ops')],
  ['a time', onlyIf('DateLessThan', 'aws:CurrentTime', '2030-01-01T00:00:00Z')],
  ['any tag', onlyIf('StringLike', 'aws:ResourceTag/team', ['ops', '*'])],
  ['another tag', onlyIf('StringNotEquals', 'aws:ResourceTag/team', 'none')],
  ['a tag or none', onlyIf('StringEqualsIfExists', 'aws:ResourceTag/team', 'none')],
  ['no tags in the request', onlyIf('ForAllValues:StringEquals', 'aws:TagKeys', ['none'])],
  ['the lack of a tag', onlyIf('Null', 'aws:ResourceTag/none', true)],
  ['the Region of IAM', onlyIf('StringEquals', 'aws:RequestedRegion', ['eu-central-1', 'us-east-1'])],
  ['the own organization', onlyIf('StringEquals', 'aws:ResourceOrgID', 'o-example1234')],
  ['any service', onlyIf('StringLike', 'iam:PassedToService', '*.amazonaws.com', 'iam:PassRole')],
  ["policies of AWS's", onlyIf('ArnLike', 'iam:PolicyARN', 'arn:aws:iam::aws:policy/*', 'iam:AttachRolePolicy')],
])('the condition of %s limits no administrator', (_, statement) => {
  expect(isAdministrator(inline(statement))).toBe(true)
})

test.each([
  ['no policy', { managedPolicyArns: [] }],
  ["AWS's policies PowerUserAccess and ReadOnlyAccess", aws('PowerUserAccess', 'ReadOnlyAccess')],
  ["AWS's policy for Beanstalk, which passes roles to some services", aws('AdministratorAccess-AWSElasticBeanstalk')],
  ["AWS's policies AdministratorAccess and AWSDenyAll", aws('AdministratorAccess', 'AWSDenyAll')],
  ['a denial of everything', inline({ ...all, Effect: 'Deny' })],
  ['everything, and a denial of IAM', inline([all, iam('iam:*', { Effect: 'Deny' })])],
  ['everything that has a tag', inline(onlyIf('StringEquals', 'aws:ResourceTag/team', 'ops'))],
  ['everything in one Region without IAM', inline(onlyIf('StringEquals', 'aws:RequestedRegion', 'eu-central-1'))],
  ['a role for one service', inline(onlyIf('StringLike', 'iam:PassedToService', 'ec2.amazonaws.com', 'iam:PassRole'))],
  ['some roles only', inline(iam('iam:PassRole', { Resource: 'arn:aws:iam::*:role/app-*' }))],
  ['the rights to read IAM', inline(iam(['iam:Get*', 'iam:List*']))],
  ['every action of one service', inline({ ...all, Action: 's3:*' })],
  ['one resource', inline({ ...all, Resource: 'arn:aws:s3:::b' })],
  [
    'every action but those of IAM',
    inline({ Effect: 'Allow', NotAction: ['IAM:*', 'organizations:*'], Resource: '*' }),
  ],
  ['no action', inline({ Effect: 'Allow', NotAction: '*', Resource: '*' })],
  ['no resource', inline({ Effect: 'Allow', Action: '*', NotResource: '*' })],
  ['neither actions nor resources', inline({ Effect: 'Allow' })],
  ['a policy that is none', inline('x')],
])('people with %s are no administrators', (_, set) => {
  expect(isAdministrator(set)).toBe(false)
})

describe("over drawn policies, an independent evaluator of IAM's rules", () => {
  const kinds = [
    ['role', ['AttachRolePolicy', 'PutRolePolicy', 'PassRole', 'UpdateAssumeRolePolicy']],
    ['policy', ['CreatePolicyVersion']],
  ] as const
  const names = ['admin', 'zz/top', 'x']
  const context = { 'aws:PrincipalTag/team': 'ops', 'aws:RequestedRegion': 'us-east-1' }
  const action = fc.constantFrom(
    '*',
    'iam:*',
    'iam:Put*',
    'iam:PassRole',
    'iam:*Policy*',
    '*:Attach*',
    's3:*',
    'iam:Get*',
  )
  const statement = fc.record(
    {
      Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      action: fc.tuple(fc.constantFrom('Action', 'NotAction'), fc.array(action, { minLength: 1, maxLength: 3 })),
      resource: fc.tuple(
        fc.constantFrom('Resource', 'NotResource'),
        fc.constantFrom('*', 'arn:aws:iam::111122223333:role/*', 'arn:*', 'arn:aws:iam::*:policy/*', 'arn:aws:s3:::b'),
      ),
      Condition: fc.constantFrom<Conditions>(
        { StringEquals: { 'aws:PrincipalTag/team': 'ops' } },
        { StringLike: { 'aws:RequestedRegion': 'us-*' } },
        { StringNotEquals: { 'aws:ResourceTag/team': 'x' } },
        { StringEquals: { 'aws:ResourceTag/team': 'x' } },
      ),
    },
    { requiredKeys: ['Effect', 'action', 'resource'] },
  )
  test('never finds a right to grant everything that the answer does not know', () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 5 }), (drawn) => {
        const Statement = drawn.map(({ Effect, action: [a, actions], resource: [r, resource], Condition }) => ({
          Effect: Effect === 'Deny' ? ('Deny' as const) : ('Allow' as const),
          [a]: actions,
          [r]: resource,
          ...(Condition && { Condition }),
        }))
        const may = (name: string, resource: string) =>
          evaluatePolicy({ Statement }, { principal: 'p', action: `iam:${name}`, resource, context }) === 'allowed'
        const isGranting = kinds.some(([type, actions]) =>
          actions.some((one) => names.every((name) => may(one, `arn:aws:iam::111122223333:${type}/${name}`))),
        )
        return !isGranting || isAdministrator(inline(Statement))
      }),
      { numRuns: 3_000 },
    )
  })
})

test("the short list of AWS's policies says of administrators what their statements say", () => {
  const rights = Object.entries(effects.statements).flatMap(([path, document]) => {
    const own = administratorRightsOf(readPolicyStatements(document).statements)
    return own.grants.length + own.denies.length === 0 ? [] : [[path, own] as const]
  })
  expect(new Map(rights)).toEqual(administratorsByAws)
})
