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
    /^BREAK-GLASS-organization-administrator: .*organizations:AttachPolicy/,
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
])('a policy that %s stops nothing', (_, statement) => {
  expect(stops(statement)).toEqual([])
})

test('an operator that is not known is told, not passed over', () => {
  expect(
    stops({ Action: 'ec2:*', Condition: { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-a/*' } } }),
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

test('what is no policy is refused', () => {
  expect(() => parse({ Statement: [{ Effect: 'Deny', Actions: '*' }] })).toThrow(/expected a service control policy/)
})
