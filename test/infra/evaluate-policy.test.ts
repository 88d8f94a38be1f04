import { expect, test } from '@jest/globals'
import type { PolicyStatementJson } from '../../infra/bucket-policy.ts'
import { evaluatePolicy, type PolicyRequest } from '../../infra/evaluate-policy.ts'

const zoe = 'arn:aws:iam::111122223333:role/zoe'
const read: PolicyRequest = { principal: zoe, action: 's3:GetObject', resource: 'arn:aws:s3:::b/a/b' }
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
])('the condition %s %j holds: %j', (operator, keys, isHeld) => {
  expect(judge({}, { ...allow, Condition: { [operator]: keys } })).toBe(isHeld ? 'allowed' : 'silent')
})

test('an operator that is not known is refused, not passed over', () => {
  expect(() => judge({}, { ...allow, Condition: { DateLessThan: { a: 'b' } } })).toThrow('DateLessThan')
})
