import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { isDenied } from '../../../../infra/local/sessions/add-person-sessions.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { PersonSession } from '../../../../shared/memory/iam/person-sessions.ts'

const session: PersonSession = {
  accessKeyId: 'ASIA0000000000000000',
  userId: principalId.parse('906712ab34-00000000-0000-4000-8000-000000000001'),
  userName: 'zoe@acme.example',
  account: accountId.parse('233000000001'),
  permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-0123456789abcdef'),
  roleName: 'AWSReservedSSO_Admin-ps_0123456789abcdef',
  issuedAt: new Date('2026-03-03T10:00:00Z'),
  expiresAt: new Date('2026-03-03T11:00:00Z'),
}
const call = { action: 's3:GetObject', resource: 'arn:aws:s3:::ssofile/a', region: 'eu-west-1', sourceIp: '192.0.2.7' }
const judge = (...Statement: readonly object[]) => isDenied(JSON.stringify({ Statement }), session, call)
const deny = { Effect: 'Deny', Action: '*', Resource: '*' }

test('a role without an inline policy denies nothing, and an allowance denies nothing', () => {
  expect(isDenied(undefined, session, call)).toBe(false)
  expect(judge({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' })).toBe(false)
})

test.each([
  ['everything', {}, true],
  ['this action, whatever its case', { Action: ['S3:getobject'] }, true],
  ['another action', { Action: 's3:PutObject' }, false],
  ['another resource', { Resource: 'arn:aws:s3:::ssofile/b*' }, false],
  ['all but another action', { Action: undefined, NotAction: ['s3:Put*'] }, true],
  ['all but this action', { Action: undefined, NotAction: ['s3:get*'] }, false],
  ['all but another resource', { Resource: undefined, NotResource: 'arn:aws:s3:::ssofile/b*' }, true],
  ['all but this resource', { Resource: undefined, NotResource: 'arn:aws:s3:::ssofile/*' }, false],
])('a denial of %s is judged by action and resource', (_, change, isMeant) => {
  expect(judge({ ...deny, ...change })).toBe(isMeant)
})

test.each([
  ['this user, before an instant after the session began', session.userId, '2026-03-03T10:00:01Z', true],
  ['this user, before the instant at which the session began', session.userId, '2026-03-03T10:00:00Z', false],
  ['another user', 'somebody else', '2026-03-03T10:00:01Z', false],
])('a denial for %s is judged by user and instant', (_, user, before, isMeant) => {
  const Condition = {
    StringEquals: { 'identitystore:UserId': [user], 'aws:PrincipalAccount': session.account },
    DateLessThan: { 'aws:TokenIssueTime': before },
  }
  expect(judge({ ...deny, Condition })).toBe(isMeant)
  expect(judge({ ...deny, Condition: { ...Condition, StringEquals: { 'aws:PrincipalAccount': '1' } } })).toBe(false)
})

test('a denial that is not understood is an error, not passed over', () => {
  expect(() => judge({ ...deny, Condition: { BinaryEquals: { key: 'QQ==' } } })).toThrow()
})

test('the denials of all playbooks hold for a call from elsewhere, in another Region, and of what they protect', () => {
  const folder = 'fixtures/playbooks/permission_sets'
  for (const name of readdirSync(folder)) {
    const { inlinePolicyDocument } = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'))
    const judged = (change: object) => isDenied(JSON.stringify(inlinePolicyDocument), session, { ...call, ...change })
    const denied = [{ sourceIp: '203.0.113.7' }, { region: 'us-east-1' }, { action: 'cloudtrail:DeleteTrail' }]
    expect([judged({ action: 'ec2:DescribeInstances' }), ...denied.map(judged)]).toEqual([false, true, true, true])
  }
})
