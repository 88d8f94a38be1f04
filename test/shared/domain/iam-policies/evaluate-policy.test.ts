import { describe, expect, test } from '@jest/globals'
import type { PolicyStatementJson } from '../../../../infra/policy-statements.ts'
import { evaluatePolicy, type PolicyRequest } from '../../../../shared/domain/iam-policies/evaluate-policy.ts'

const zoe = 'arn:aws:iam::111122223333:role/zoe'
const read: PolicyRequest = { principal: zoe, action: 's3:GetObject', resource: 'arn:aws:s3:::b/a/b' }
const context = {
  'identitystore:UserId': 'u-2',
  'aws:TokenIssueTime': '2026-03-03T10:00:00Z',
  'aws:MultiFactorAuthAge': '3599',
}
const allow: PolicyStatementJson = {
  Sid: 'A',
  Effect: 'Allow',
  Principal: '*',
  Action: ['s3:GetObject'],
  Resource: ['arn:aws:s3:::b/a*'],
}
const judge = (request: Partial<PolicyRequest>, ...Statement: PolicyStatementJson[]) =>
  evaluatePolicy({ Version: '2012-10-17', Statement }, { ...read, ...request })

test('what no statement speaks of is left to the policies of the person', () => {
  expect(judge({})).toBe('silent')
  expect(judge({ action: 's3:PutObject' }, allow)).toBe('silent')
  expect(judge({ resource: 'arn:aws:s3:::b/c' }, allow)).toBe('silent')
})

test('a denial wins over an allowance, whichever comes first', () => {
  const deny: PolicyStatementJson = { ...allow, Effect: 'Deny', Action: ['s3:*'] }
  expect(judge({}, allow)).toBe('allowed')
  expect(judge({}, allow, deny)).toBe('denied')
  expect(judge({}, deny, allow)).toBe('denied')
})

test('a principal is meant by its account', () => {
  const ours: PolicyStatementJson = { ...allow, Principal: { AWS: ['arn:aws:iam::111122223333:root'] } }
  expect(judge({}, ours)).toBe('allowed')
  expect(judge({ principal: 'arn:aws:iam::444455556666:role/zoe' }, ours)).toBe('silent')
})

test('a user or a role that is named is meant alone, not its account', () => {
  const only: PolicyStatementJson = { ...allow, Principal: { AWS: [zoe] } }
  expect(judge({}, only)).toBe('allowed')
  expect(judge({ principal: 'arn:aws:iam::111122223333:role/max' }, only)).toBe('silent')
})

test('actions may be named by exclusion, and have no case', () => {
  const policy = (NotAction: string) => ({ Statement: [{ Effect: 'Allow', NotAction, Resource: '*' } as const] })
  expect(evaluatePolicy(policy('S3:get*'), read)).toBe('silent')
  expect(evaluatePolicy(policy('s3:Put*'), read)).toBe('allowed')
})

test('a question mark stands for exactly one character', () => {
  const resource = (one: string) => ({ ...allow, Resource: [one] })
  expect(judge({}, resource('arn:aws:s3:::?/a/*'))).toBe('allowed')
  expect(judge({}, resource('arn:aws:s3:::b/?'))).toBe('silent')
  expect(judge({}, resource('*/a/?'))).toBe('allowed')
  expect(judge({}, resource('*b?a*'))).toBe('allowed')
  expect(judge({}, resource('arn:aws:s3:::b/a/b?'))).toBe('silent')
})

test('resources may be named by exclusion', () => {
  const { Resource: _, ...others } = allow
  const outside: PolicyStatementJson = { ...others, NotResource: ['arn:aws:s3:::b/c/*'] }
  expect(judge({}, outside)).toBe('allowed')
  expect(judge({ resource: 'arn:aws:s3:::b/c/d' }, outside)).toBe('silent')
})

test.each([
  ['Bool', { 'aws:SecureTransport': 'true' }, true],
  ['Bool', { 'aws:SecureTransport': 'false' }, false],
  ['ArnLike', { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/z*'] }, true],
  ['ArnLike', { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/y*'] }, false],
  ['ArnNotLike', { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/z*', 'x'] }, false],
  ['ArnNotLike', { 'aws:PrincipalArn': ['x'] }, true],
  ['StringLike', { 's3:prefix': ['a/*'] }, false],
  ['StringEquals', { 'identitystore:userid': ['u-1', 'u-2'] }, true],
  ['StringEquals', { 'identitystore:UserId': 'u-1*' }, false],
  ['DateLessThan', { 'aws:TokenIssueTime': '2026-03-03T10:00:00.001Z' }, true],
  ['DateLessThan', { 'aws:TokenIssueTime': '2026-03-03T10:00:00Z' }, false],
  ['DateLessThan', { 'aws:CurrentTime': '2026-03-03T10:00:00Z' }, false],
  ['DateGreaterThan', { 'aws:TokenIssueTime': '2026-03-03T09:59:59Z' }, true],
  ['DateGreaterThan', { 'aws:TokenIssueTime': '2026-03-03T10:00:00Z' }, false],
  ['NumericLessThan', { 'aws:MultiFactorAuthAge': '3600' }, true],
  ['NumericLessThan', { 'aws:MultiFactorAuthAge': '3599' }, false],
  ['NumericLessThan', { absent: '1' }, false],
  ['NumericGreaterThan', { 'aws:MultiFactorAuthAge': '900' }, true],
  ['BoolIfExists', { absent: 'true' }, true],
  ['BoolIfExists', { 'aws:SecureTransport': 'false' }, false],
  ['StringNotEquals', { 'identitystore:UserId': ['u-1', 'u-2'] }, false],
  ['StringNotEquals', { 'identitystore:UserId': 'u-1' }, true],
  ['StringNotEquals', { absent: 'u-1' }, true],
  ['StringNotLike', { 'identitystore:UserId': 'u-*' }, false],
  ['StringEqualsIgnoreCase', { 'identitystore:UserId': 'U-2' }, true],
  ['Null', { absent: 'true' }, true],
  ['Null', { 'identitystore:UserId': 'true' }, false],
  ['Null', { 'identitystore:UserId': 'false' }, true],
])('the condition %s %j holds: %j', (operator, keys, isHeld) => {
  expect(judge({ context }, { ...allow, Condition: { [operator]: keys } })).toBe(isHeld ? 'allowed' : 'silent')
})

describe('a variable', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM puts the value in (IAM User Guide, "Policy variables")
  const variable = '${identitystore:UserId}'
  const own = `arn:aws:s3:::b/${variable}/*`
  const as = (id: string, resource: string) => ({ resource, context: { 'identitystore:UserId': id } })

  test('stands for what the request says, and nothing in it is a wildcard', () => {
    expect(judge(as('u-1', 'arn:aws:s3:::b/u-1/x'), { ...allow, Resource: [own] })).toBe('allowed')
    expect(judge(as('u-1', 'arn:aws:s3:::b/u-12/x'), { ...allow, Resource: [own] })).toBe('silent')
    expect(judge(as('*', 'arn:aws:s3:::b/u-1/x'), { ...allow, Resource: [own] })).toBe('silent')
    expect(judge(as('.', 'arn:aws:s3:::b/u/x'), { ...allow, Resource: [own] })).toBe('silent')
  })

  test('without a value matches no object, so that a denial of all others holds', () => {
    const { Resource: _, ...others } = allow
    const elsewhere: PolicyStatementJson = { ...others, Effect: 'Deny', NotResource: [own] }
    expect(judge({ resource: 'arn:aws:s3:::b//x' }, { ...allow, Resource: [own] })).toBe('silent')
    expect(judge({ resource: 'arn:aws:s3:::b/u-1/x' }, elsewhere)).toBe('denied')
    expect(judge(as('u-1', 'arn:aws:s3:::b/u-1/x'), elsewhere)).toBe('silent')
  })

  test('may stand in a condition too', () => {
    const list = { ...allow, Condition: { StringLike: { 's3:prefix': `a/${variable}/*` } } }
    const context = { 'identitystore:UserId': 'u-1' }
    expect(judge({ context: { ...context, 's3:prefix': 'a/u-1/' } }, list)).toBe('allowed')
    expect(judge({ context: { ...context, 's3:prefix': 'a/u-2/' } }, list)).toBe('silent')
    expect(judge({ context: { 's3:prefix': 'a/u-1/' } }, list)).toBe('silent')
  })
})

test('an operator that is not known is refused, not passed over', () => {
  for (const operator of ['NumericEquals', 'NumericNotLessThan', 'ForAnyValue:StringLike'])
    expect(() => judge({}, { ...allow, Condition: { [operator]: { a: 'b' } } })).toThrow(operator)
})

test.each([
  ['IpAddress', '192.0.2.7', ['10.0.0.0/8', '192.0.2.0/24'], true],
  ['IpAddress', '192.0.3.7', '192.0.2.0/24', false],
  ['IpAddress', '2001:db8::7', '2001:DB8:0::/32', true],
  ['IpAddress', '2001:db8::7', '192.0.2.0/24', false],
  ['IpAddress', '192.0.2.7', '192.0.2.7', true],
  ['NotIpAddress', '192.0.2.7', '192.0.2.0/24', false],
  ['NotIpAddress', '192.0.3.7', '192.0.2.0/24', true],
])('%s of the address %s with %s', (operator, address, range, isFitting) => {
  const statement: PolicyStatementJson = { ...allow, Condition: { [operator]: { 'aws:SourceIp': range } } }
  expect(judge({ context: { 'aws:SourceIp': address } }, statement)).toBe(isFitting ? 'allowed' : 'silent')
})
