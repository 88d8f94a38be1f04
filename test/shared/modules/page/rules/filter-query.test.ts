import { expect, test } from '@jest/globals'
import { filterOf, parseFilter, renderFilter } from '../../../../../shared/modules/page/rules/filter-query.ts'

test('a filter comes back from its address as it was', () => {
  const tokens = [
    { propertyKey: 'person', operator: ':', value: 'ana "%&' },
    { operator: '!:', value: 'prod' },
  ]
  const query = { operation: 'or', tokens } as const
  expect(parseFilter(renderFilter(query))).toEqual(query)
  expect(parseFilter(filterOf({ account: '233000000001' }))).toEqual({
    operation: 'and',
    tokens: [{ propertyKey: 'account', operator: '=', value: '233000000001' }],
  })
})

test.each([null, undefined, '', 'x', '{}', '["and",1,"x"]'])('the address %p is no filter', (text) => {
  expect(parseFilter(text)).toEqual({ operation: 'and', tokens: [] })
})
