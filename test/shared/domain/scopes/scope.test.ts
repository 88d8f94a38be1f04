import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseScope, renderScope, scopeKinds, scopeOf } from '../../../../shared/domain/scopes/scope.ts'
import { selectorNameForm } from '../../../../shared/domain/scopes/selector-name.ts'
import { scopes } from '../arbitraries.ts'

const longestTag = `${'k'.repeat(128)}^${'v'.repeat(256)}`

describe('a scope is read from its kind and value', () => {
  test.each([
    ['root', 'all', { kind: 'root' }],
    ['ou_id', 'ou-abcd-11111111', { kind: 'ou_id', id: 'ou-abcd-11111111' }],
    [
      'ou_id',
      `ou-${'0'.repeat(32)}-${'z'.repeat(32)}`,
      { kind: 'ou_id', id: `ou-${'0'.repeat(32)}-${'z'.repeat(32)}` },
    ],
    ['ou_id', 'r-abcd', { kind: 'ou_id', id: 'r-abcd' }],
    ['account', '000000000001', { kind: 'account', id: '000000000001' }],
    ['account_tag', 'team^Data', { kind: 'account_tag', key: 'team', value: 'Data' }],
    ['account_tag', 'team^', { kind: 'account_tag', key: 'team', value: '' }],
    ['account_tag', 'a^b^c', { kind: 'account_tag', key: 'a', value: 'b^c' }],
    ['account_tag', ' ^ ', { kind: 'account_tag', key: ' ', value: ' ' }],
    ['account_tag', longestTag, { kind: 'account_tag', key: 'k'.repeat(128), value: 'v'.repeat(256) }],
    ['select', 'prod-eu', { kind: 'select', name: 'prod-eu' }],
  ] as const)('%s %s', (kind, value, scope) => {
    const parsed = parseScope(kind, value)
    expect(parsed).toEqual(scope)
    expect('kind' in parsed && renderScope(parsed)).toBe(`${kind}%${value}`)
  })
})

describe('a value that is none is told, with the remedy', () => {
  test.each([
    ['root', 'ALL', "'all'", 'write root%all% if every account is meant'],
    ['root', '', "'all'", 'write root%all%'],
    ['ou_id', 'Workloads', 'the id of an organizational unit (ou-…) or of the root (r-…)', 'write the id'],
    ['ou_id', 'ou-abc-11111111', 'the id of an organizational unit', 'write the id'],
    ['ou_id', `r-${'a'.repeat(33)}`, 'the id of an organizational unit', 'write the id'],
    ['ou_id', 'ou-abcd-11111111\n', 'the id of an organizational unit', 'write the id'],
    ['account', '12345678901', 'an account id of twelve digits (not 11)', 'with leading zeros'],
    ['account', '1234567890123', 'an account id of twelve digits (not 13)', 'all twelve digits'],
    ['account_tag', '^value', 'a tag as key^value', 'write the key, ^ and the value'],
    ['account_tag', 'key', 'a tag as key^value', 'write the key, ^ and the value'],
    ['account_tag', `${'k'.repeat(129)}^`, 'a tag key of at most 128', 'use a tag that AWS can hold'],
    ['account_tag', `k^${'v'.repeat(257)}`, 'a value of at most 256 characters', 'use a tag that AWS can hold'],
    ['select', 'prod/eu', selectorNameForm, 'the file selectors/<name>.json'],
  ] as const)('%s %j', (kind, value, expected, remedy) => {
    expect(parseScope(kind, value)).toEqual({
      expected: expect.stringContaining(expected),
      remedy: expect.stringContaining(remedy),
    })
  })
})

test.each(['1234567890a', 'a1234567890', ''])('of what is no number, the digits are not counted: %j', (value) => {
  expect(parseScope('account', value)).toMatchObject({ expected: 'an account id of twelve digits' })
})

test('a rendered scope is read as the same scope', () => {
  fc.assert(
    fc.property(scopes, (scope) => {
      const text = renderScope(scope)
      const kind = scopeKinds.find((candidate) => text.startsWith(`${candidate}%`))
      expect(kind).toBe(scope.kind)
      expect(parseScope(scope.kind, text.slice(scope.kind.length + 1))).toEqual(scope)
      expect(scopeOf(text)).toEqual(scope)
    }),
  )
})

test.each(['', 'root', 'root%', 'oot%all', 'ou_id%ou-abcd', 'account%12345678901', 'select%', 'root%all%'])(
  'what does not name a scope as it is rendered is none: %j',
  (text) => {
    expect(scopeOf(text)).toBeUndefined()
  },
)
