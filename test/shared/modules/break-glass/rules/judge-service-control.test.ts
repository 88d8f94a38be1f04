import { expect, test } from '@jest/globals'
import { parseServiceControl } from '../../../../../handlers/cli/break-glass/read-service-control.ts'
import { judgeServiceControl } from '../../../../../shared/modules/break-glass/rules/judge-service-control.ts'
import { renderExemption, renderProtection } from '../../../../../shared/modules/break-glass/rules/service-control.ts'
import { example } from './definitions.ts'

const parse = (policy: object) => parseServiceControl('guard.json', Buffer.from(JSON.stringify(policy)))
/** What one denial stops, as `<who> <actions>`. */
const stops = (statement: object) =>
  judgeServiceControl(example, [
    {
      file: 'guard.json',
      policy: parse({
        Version: '2012-10-17',
        Statement: { Sid: 'Guard', Effect: 'Deny', Resource: '*', ...statement },
      }),
    },
  ])
    .filter(({ level }) => level === 'fail')
    .map(({ subject, told }) => `${subject.split('/')[2]}: ${told}`)

const onlyAdmins = { Action: 'ec2:*', Condition: { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/Admin' } } }

test('a denial for all but some roles stops break-glass, and its exemption lets it through', () => {
  expect(stops(onlyAdmins)).toContainEqual(
    expect.stringMatching(/^BREAK-GLASS-forensics-analyst: .*ec2:CreateSnapshot\*/),
  )
  const { 'aws:PrincipalArn': exempt } = (
    renderExemption(example).Condition as { ArnNotLike: { 'aws:PrincipalArn': string[] } }
  ).ArnNotLike
  expect(
    stops({
      ...onlyAdmins,
      Condition: { ArnNotLike: { 'aws:PrincipalArn': ['arn:aws:iam::*:role/Admin', ...exempt] } },
    }),
  ).toEqual([])
})

test.each<[string, object, RegExp]>([
  [
    'demands MFA of every call',
    { Action: '*', Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } } },
    /^BREAK-GLASS-security-investigator: guard.json: Guard denies .*cloudtrail:LookupEvents/,
  ],
  ['lets nobody assume roles', { Action: 'sts:AssumeRole' }, /^kenji-BREAK-GLASS: .*sts:AssumeRole/],
  [
    'allows one Region for everything',
    { Action: '*', Condition: { StringNotEquals: { 'aws:RequestedRegion': 'eu-west-1' } } },
    /^kenji-BREAK-GLASS: .*iam:ChangePassword/,
  ],
  [
    'knows only what it names',
    { NotAction: ['s3:*', 'sts:*'] },
    /^BREAK-GLASS-incident-responder: .*ec2:StopInstances/,
  ],
  [
    'denies the keys of users and the policies of roles, by their ARNs',
    {
      Action: ['iam:UpdateAccessKey', 'iam:AttachRolePolicy'],
      Resource: ['arn:aws:iam::*:user/*', 'arn:aws:iam::*:role/*'],
    },
    /^BREAK-GLASS-identity-responder: .* denies iam:UpdateAccessKey, iam:AttachRolePolicy to/,
  ],
  [
    'denies one of the actions of a need',
    { Action: 'ec2:revokeSecurityGroupIngress', Resource: 'arn:aws:ec2:*:*:security-group/*' },
    /^BREAK-GLASS-network-responder: .* denies ec2:RevokeSecurityGroup\* to/,
  ],
  [
    'denies roles of one account to its users',
    { Action: 'sts:AssumeRole', Resource: 'arn:aws:iam::233000000001:role/*' },
    /^kenji-BREAK-GLASS: .* denies sts:AssumeRole to/,
  ],
  [
    'denies the sign-in of the command line',
    { Action: 'signin:*' },
    /^ama-BREAK-GLASS: .* denies signin:AuthorizeOAuth2Access, signin:CreateOAuth2Token to/,
  ],
  [
    'excepts some resources of a need',
    { Action: 'ec2:*', NotResource: 'arn:aws:ec2:*:*:security-group/*' },
    /^BREAK-GLASS-incident-responder: .* denies .*ec2:StopInstances/,
  ],
  [
    'denies by a fact that nobody knows beforehand',
    { Action: 'ec2:StopInstances', Condition: { StringEquals: { 'aws:ResourceTag/env': 'production' } } },
    /^BREAK-GLASS-incident-responder: guard.json: Guard may deny ec2:StopInstances to .*: that depends on aws:ResourceTag\/env$/,
  ],
])('a policy that %s is told, with whom it stops', (_, statement, expected) => {
  expect(stops(statement)).toContainEqual(expect.stringMatching(expected))
})

test.each<[string, object]>([
  ['denies what no playbook needs', { Action: 'organizations:LeaveOrganization' }],
  [
    'denies other Regions than those of the sign-in',
    { Action: 'ec2:*', Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1'] } } },
  ],
  ['denies only what the management account does', { Action: ['organizations:AttachPolicy', 'sso:CreateInstance'] }],
  [
    'denies another user',
    { Action: '*', Condition: { StringEquals: { 'aws:SourceIdentity': 'mallory-BREAK-GLASS' } } },
  ],
  ['denies what its exception has', { NotAction: '*' }],
])('a policy that %s stops nothing', (_, statement) => {
  expect(stops(statement)).toEqual([])
})

test('an operator that is not known is told, not passed over', () => {
  expect(
    stops({ Action: 'ec2:*', Condition: { 'ForAnyValue:StringLike': { 'aws:PrincipalArn': 'arn:*' } } }),
  ).toContainEqual(
    expect.stringMatching(/^BREAK-GLASS-incident-responder: .*could not be analyzed .*ForAnyValue:StringLike/),
  )
})

test('the policy that protects break-glass stops nothing of it', () => {
  expect(judgeServiceControl(example, [{ file: 'protection', policy: renderProtection(example) }])).toEqual([
    {
      check: 'break-glass scps',
      subject: 'protection',
      level: 'ok',
      told: 'protection stops nothing that the playbooks need',
    },
  ])
})

/** What a policy does not allow, as `<who>: <message>`. */
const leavesOut = (...statements: object[]) =>
  judgeServiceControl(example, [
    { file: 'allow.json', policy: parse({ Version: '2012-10-17', Statement: statements }) },
  ])
    .filter(({ level, subject }) => level === 'fail' && subject.includes('/allowed actions/'))
    .map(({ subject, told }) => `${subject.split('/')[2]}: ${told}`)
const allow = { Effect: 'Allow', Resource: '*' }

test('a policy that allows everything stops nothing, also beside a denial that nobody needs', () => {
  expect(leavesOut({ ...allow, Action: '*' })).toEqual([])
  expect(leavesOut({ ...allow, NotAction: 'organizations:LeaveOrganization' })).toEqual([])
  expect(leavesOut({ ...allow, Action: '*' }, { ...allow, Effect: 'Deny', Action: 'a4b:*' })).toEqual([])
})

test.each<[string, object]>([
  ['allows one service', { ...allow, Action: 'ec2:*' }],
  ['allows everything to others', { ...allow, Action: '*', Condition: { ArnLike: { 'aws:PrincipalArn': '*/Admin' } } }],
  [
    'allows everything by an unknown fact',
    { ...allow, Action: '*', Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } },
  ],
  ['allows everything on some resources', { ...allow, Action: '*', Resource: 'arn:aws:s3:::*' }],
  ['allows everything but a service that users need', { ...allow, NotAction: 'sts:*' }],
])('a policy that %s asks what else allows the rest', (_, statement) => {
  expect(leavesOut(statement)).toContainEqual(
    expect.stringMatching(
      /^kenji-BREAK-GLASS: allow.json does not allow .*sts:AssumeRole.* to kenji-BREAK-GLASS: does nothing else at this level/,
    ),
  )
})

test('an allowing policy asks about each action that it leaves out, and about no other', () => {
  const told = leavesOut({ ...allow, Action: ['ec2:*', 'iam:*', 'sts:*', 'signin:*', 'cloudtrail:*'] })
  expect(told).toContainEqual(
    expect.stringMatching(
      /^BREAK-GLASS-network-responder: allow.json does not allow elasticloadbalancing:Describe\*, [^.]*to/,
    ),
  )
  expect(told.join()).not.toMatch(/kenji-BREAK-GLASS:|ec2:|organization-administrator/)
})

test('what is no policy is refused', () => {
  expect(() => parse({ Statement: [{ Effect: 'Deny', Actions: '*' }] })).toThrow(/expected a service control policy/)
})
