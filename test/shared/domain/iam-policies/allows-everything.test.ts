import { expect, test } from '@jest/globals'
import { allowsAlmostEverything, allowsEverything } from '../../../../shared/domain/iam-policies/allows-everything.ts'

const inline = (Statement: unknown) => ({ managedPolicyArns: [], inlinePolicy: JSON.stringify({ Statement }) })
const all = { Effect: 'Allow', Action: '*', Resource: '*' }
const onlyIf = (operator: string, key: string, value: unknown) => ({
  ...all,
  Condition: { [operator]: { [key]: value } },
})

test.each([
  ["AWS's policy AdministratorAccess", { managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }],
  ['the same in another partition', { managedPolicyArns: ['arn:aws-cn:iam::aws:policy/AdministratorAccess'] }],
  ['one statement that is no list', inline(all)],
  [
    'a statement among others, with lists',
    inline([{ Effect: 'Deny' }, { ...all, Action: ['s3:*', '*:*'], Resource: ['*'] }]),
  ],
  ['an empty condition', inline({ ...all, Condition: {} })],
  ['an operator without a key as its condition', inline({ ...all, Condition: { StringEquals: {} } })],
  ['another spelling of every action and resource', inline({ ...all, Action: '?*', Resource: '**' })],
])('a permission set with %s allows everything', (_, set) => {
  expect(allowsEverything(set)).toBe(true)
  expect(allowsAlmostEverything(set)).toBe(true)
})

test.each([
  ['every action but one', { Effect: 'Allow', NotAction: 'a4b:ApproveSkill', Resource: '*' }],
  ['every action but a part of IAM', { Effect: 'Allow', NotAction: ['s3:*', 'iam:Create*'], Resource: '*' }],
  ['every resource but one', { Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::none' }],
  ['every resource that has an ARN', { ...all, Resource: 'arn:*' }],
  ['every resource of the partition', { ...all, Resource: 'arn:aws-cn:*:*:*' }],
  ['everything after a second factor', onlyIf('Bool', 'aws:MultiFactorAuthPresent', 'true')],
  ['everything from one network', onlyIf('IpAddress', 'aws:SourceIp', ['203.0.113.0/24'])],
  ['everything for who has a tag', onlyIf('StringEquals', 'aws:PrincipalTag/team', 'ops')],
  ['everything for a time', onlyIf('DateLessThan', 'aws:CurrentTime', '2030-01-01T00:00:00Z')],
  ['everything with any tag', onlyIf('StringLike', 'aws:ResourceTag/team', ['ops', '*'])],
  ['everything with another tag', onlyIf('StringNotEquals', 'aws:ResourceTag/team', 'none')],
  ['everything with a tag or without', onlyIf('StringEqualsIfExists', 'aws:ResourceTag/team', 'none')],
  ['everything without tags in the request', onlyIf('ForAllValues:StringEquals', 'aws:TagKeys', ['none'])],
  ['everything that lacks a tag', onlyIf('Null', 'aws:ResourceTag/none', true)],
])('a permission set with %s allows almost everything', (_, statement) => {
  expect(allowsEverything(inline(statement))).toBe(false)
  expect(allowsAlmostEverything(inline(statement))).toBe(true)
})

test.each([
  ['no policy', { managedPolicyArns: [] }],
  ['a policy of another name', { managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess-Amplify'] }],
  ['a denial of everything', inline({ ...all, Effect: 'Deny' })],
  ['everything that has a tag', inline(onlyIf('StringEquals', 'aws:ResourceTag/team', 'ops'))],
  ['everything in one region', inline(onlyIf('StringEquals', 'aws:RequestedRegion', 'eu-central-1'))],
  ['what one service asks of a role', inline(onlyIf('StringLike', 'iam:PassedToService', 'ec2.amazonaws.com'))],
  ['every action of one service', inline({ ...all, Action: 's3:*' })],
  ['one resource', inline({ ...all, Resource: 'arn:aws:s3:::b' })],
  ['every action of one service on everything that has an ARN', inline({ ...all, Action: 's3:*', Resource: 'arn:*' })],
  [
    'every action but those of IAM',
    inline({ Effect: 'Allow', NotAction: ['IAM:*', 'organizations:*'], Resource: '*' }),
  ],
  ['no action', inline({ Effect: 'Allow', NotAction: '*', Resource: '*' })],
  ['no resource', inline({ Effect: 'Allow', Action: '*', NotResource: '*' })],
  ['neither actions nor resources', inline({ Effect: 'Allow' })],
  ['a policy that is none', inline('x')],
])('a permission set with %s does not', (_, set) => {
  expect(allowsEverything(set)).toBe(false)
  expect(allowsAlmostEverything(set)).toBe(false)
})
