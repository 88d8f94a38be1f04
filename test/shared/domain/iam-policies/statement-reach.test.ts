import { describe, expect, test } from '@jest/globals'
import type { EvaluatedStatement } from '../../../../shared/domain/iam-policies/evaluate-policy.ts'
import { appliesToAll, reachOf } from '../../../../shared/domain/iam-policies/statement-reach.ts'

const request = {
  principal: 'arn:aws:iam::210000000002:role/R',
  action: 'iam:Get*',
  resource: '*',
  context: { 'aws:PrincipalAccount': '210000000002', 'aws:SourceIdentity': undefined },
}
const deny = (more: Partial<EvaluatedStatement>): EvaluatedStatement => ({
  Effect: 'Deny',
  Action: '*',
  Resource: '*',
  ...more,
})

describe('a statement that may apply to a request of a kind', () => {
  test.each<[string, Partial<EvaluatedStatement>, readonly string[] | undefined]>([
    ['names one of the actions, in other letters', { Action: ['iam:getuser'] }, []],
    ['names another action', { Action: ['iam:ListUsers'] }, undefined],
    ['excepts all of the actions', { Action: undefined, NotAction: 'iam:*' }, undefined],
    ['excepts one of the actions', { Action: undefined, NotAction: 'iam:GetUser' }, []],
    ['excepts all of the resources', { Resource: undefined, NotResource: '*' }, undefined],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
    ['has a variable with its value', { Resource: 'arn:aws:iam::${aws:PrincipalAccount}:user/*' }, []],
    ['has a condition that holds', { Condition: { StringLike: { 'aws:principalaccount': '21*' } } }, []],
    ['has a condition that does not hold', { Condition: { StringLike: { 'aws:principalaccount': '22*' } } }, undefined],
    ['wants a value that the request has not', { Condition: { StringLike: { 'aws:SourceIdentity': '*' } } }, undefined],
    ['wants an unknown value', { Condition: { StringLike: { 'aws:SourceIp': '*' } } }, ['aws:SourceIp']],
    [
      'wants an unknown value and one that does not hold',
      { Condition: { StringLike: { 'aws:SourceIp': '*', 'aws:PrincipalAccount': '1' } } },
      undefined,
    ],
  ])('it %s', (_, more, expected) => {
    expect(reachOf(deny(more), request)).toEqual(expected)
  })

  test.each<[string, Partial<EvaluatedStatement>, Partial<EvaluatedStatement>, boolean]>([
    ['by the same patterns', { Resource: ['a*', 'b'] }, { Resource: ['a*', 'b'] }, true],
    ['by wider patterns', { Resource: 'arn:x' }, { Action: 'iam:*', Resource: 'arn:*' }, true],
    ['but for one pattern', { Resource: ['a*', 'b'] }, { Resource: 'a*' }, false],
    ['but for one action', {}, { Action: 'iam:GetUser' }, false],
    [
      'by the same exceptions',
      { Action: undefined, NotAction: 'iam:GetU*' },
      { Action: undefined, NotAction: 'iam:GetU*' },
      true,
    ],
    [
      'by fewer exceptions',
      { Action: undefined, NotAction: 'iam:GetU*' },
      { Action: undefined, NotAction: 'iam:GetUser' },
      true,
    ],
    [
      'by more exceptions',
      { Action: undefined, NotAction: 'iam:GetUser' },
      { Action: undefined, NotAction: 'iam:GetU*' },
      false,
    ],
  ])('what another statement denies anyway is no part of it: %s', (_, more, taken, isTaken) => {
    expect(reachOf(deny(more), request, [deny(taken)])).toEqual(isTaken ? undefined : [])
  })

  test('an unknown operator throws only if the statement could apply', () => {
    const Condition = { StringAlike: { 'aws:PrincipalAccount': 'x' } }
    expect(() => reachOf(deny({ Condition }), request)).toThrow(/StringAlike/)
    expect(reachOf(deny({ Action: 's3:*', Condition }), request)).toBeUndefined()
  })
})

test.each<[string, Partial<EvaluatedStatement>, boolean]>([
  ['has everything', {}, true],
  ['has just the kind', { Action: 'iam:G*' }, true],
  ['has a part of the actions', { Action: ['iam:GetUser', 'iam:GetRole*'] }, false],
  ['has a part of the resources', { Resource: 'arn:*' }, false],
  ['excepts a part of the actions', { Action: undefined, NotAction: 'iam:GetUser' }, false],
  ['excepts other actions', { Action: undefined, NotAction: 'iam:List*' }, true],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
  ['excepts a resource by an unknown value', { Resource: undefined, NotResource: 'arn:${aws:username}' }, false],
  ['wants a known value', { Condition: { StringEquals: { 'aws:PrincipalAccount': '210000000002' } } }, true],
  ['wants an unknown value', { Condition: { StringEquals: { 'aws:username': 'x' } } }, false],
])('a statement that %s applies to all requests of a kind: %#', (_, more, expected) => {
  expect(appliesToAll({ ...deny(more), Effect: 'Allow' }, request)).toBe(expected)
})
