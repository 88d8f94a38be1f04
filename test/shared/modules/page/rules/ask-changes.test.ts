import { expect, test } from '@jest/globals'
import { askChanges } from '../../../../../shared/modules/page/rules/ask-changes.ts'
import type { FilterToken } from '../../../../../shared/modules/page/rules/filter-query.ts'

const span = { from: '2026-02-01', words: '' }
const token = (propertyKey: string, operator: string, value: string): FilterToken => ({ propertyKey, operator, value })

test.each<[string, readonly FilterToken[], string]>([
  ['no filter', [], 'from=2026-02-01'],
  ['names', [token('who', '=', "O'Brien"), token('account', ':', 'prod')], 'from=2026-02-01&words=O%27Brien+prod'],
  ['an author', [token('author', ':', 'maria')], 'from=2026-02-01&by=maria'],
  ['days', [token('at', '>=', '2026-01-05'), token('at', '<', '2026-02-01')], 'from=2026-01-05&to=2026-02-01'],
  ['what a name is not', [token('who', '!=', 'ana')], 'from=2026-02-01'],
  ['any text, which may be in what the key lacks', [{ operator: ':', value: 'maria' }], 'from=2026-02-01'],
])('a filter by %s asks for all that may match', (_, tokens, expected) => {
  expect(askChanges({ operation: 'and', tokens }, span)).toBe(expected)
})

test('of several conditions, one of which suffices, nothing narrows the question', () => {
  const tokens = [token('who', '=', 'ana'), token('set', '=', 'Read-ps')]
  expect(askChanges({ operation: 'or', tokens }, { from: '2026-02-01', words: 'ben' })).toBe(
    'from=2026-02-01&words=ben',
  )
})
