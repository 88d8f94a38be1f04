import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { FilterToken } from '../../../../../shared/modules/page/rules/filter-query.ts'
import { findRows, indexRows, suggestValues } from '../../../../../shared/modules/page/rules/row-index.ts'

type Row = { readonly name: string; readonly days: number | ''; readonly key: string }
const columns = [
  { id: 'name', value: ({ name }: Row) => name },
  { id: 'days', value: ({ days }: Row) => days },
  { id: 'key', value: ({ key }: Row) => key, isFilter: false },
]
const text = fc.constantFrom('', 'ana', 'Ana', 'ANA B', 'ben', '7', '10', 'Zoë')
const row: fc.Arbitrary<Row> = fc.record({
  name: text,
  days: fc.constantFrom('' as const, 0, 7, 10, 70),
  key: fc.constant('ana'),
})
const token: fc.Arbitrary<FilterToken> = fc.oneof(
  fc.record({
    propertyKey: fc.constantFrom('name', 'days', 'gone'),
    operator: fc.constantFrom(':', '!:', '=', '!=', '^', '>=', '<', 'x'),
    value: text,
  }),
  fc.record({ operator: fc.constantFrom(':', '!:'), value: text }),
)

/** The same said of one row: what the index must agree with. */
function fits(item: Row, { propertyKey, operator, value }: FilterToken): boolean {
  const has = (known: string | number) => String(known).toLowerCase().includes(value.toLowerCase())
  const filtered = [item.name, item.days]
  if (propertyKey === undefined) return operator === ':' ? filtered.some(has) : !filtered.some(has)
  const known = propertyKey === 'name' ? item.name : item.days
  const limit = typeof known === 'number' ? Number(value) : value
  const answers: Readonly<Record<string, boolean>> = {
    ':': has(known),
    '!:': !has(known),
    '^': String(known).toLowerCase().startsWith(value.toLowerCase()),
    '=': String(known) === value,
    '!=': String(known) !== value,
    '>=': known !== '' && known >= limit,
    '<': known !== '' && known < limit,
  }
  return propertyKey !== 'gone' && (answers[operator] ?? false)
}

test('a filter leaves the rows that match when each row is looked at alone, in the same order', () => {
  fc.assert(
    fc.property(fc.array(row), fc.array(token), fc.constantFrom('and', 'or'), (rows, tokens, operation) => {
      const index = indexRows(rows, columns)
      const found = findRows(rows, index, { operation, tokens }, { isDescending: false })
      const isFitting = (item: Row) =>
        operation === 'and' ? tokens.every((one) => fits(item, one)) : tokens.some((one) => fits(item, one))
      expect(found).toEqual(rows.filter((item) => tokens.length === 0 || isFitting(item)))
    }),
  )
})

describe('an order', () => {
  const rows = ['b', '', 'B', 'a', '10', '9'].map((name): Row => ({ name, days: Number(name) || '', key: '' }))
  const order = (by: string, isDescending: boolean) =>
    findRows(rows, indexRows(rows, columns), { operation: 'and', tokens: [] }, { by, isDescending }).map(
      ({ name }) => name,
    )

  test('of texts ignores capitals, keeps equal rows in their order, and has absent values last', () => {
    expect(order('name', false)).toEqual(['10', '9', 'a', 'b', 'B', ''])
    expect(order('name', true)).toEqual(['', 'b', 'B', 'a', '9', '10'])
  })

  test('of numbers is by number', () => {
    expect(order('days', false).slice(0, 2)).toEqual(['9', '10'])
  })

  test('by a column that does not exist is that of the rows', () => {
    expect(order('gone', false)).toEqual(['b', '', 'B', 'a', '10', '9'])
  })
})

test('suggestions are the first values that contain the typed text, of one column or of those that filter', () => {
  const rows = Array.from({ length: 200 }, (_, at): Row => ({ name: `Person${at}`, days: at, key: `person${at}` }))
  const index = indexRows(rows, columns)
  expect(suggestValues(index, 'PERSON19', 'name').map(({ value }) => value)).toContain('Person199')
  expect(suggestValues(index, '')).toHaveLength(60)
  expect(suggestValues(index, 'person')).toHaveLength(30)
})
