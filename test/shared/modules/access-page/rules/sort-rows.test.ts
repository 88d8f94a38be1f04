import { expect, test } from '@jest/globals'
import { sortRows } from '../../../../../shared/modules/access-page/rules/sort-rows.ts'
import { peopleOf, row, tableOf } from './page-rows.ts'

const table = tableOf(
  row({ person: 'zoe', accountName: 'b' }),
  row({ person: 'Ann', account: '100000000002', accountName: 'a' }),
  row({ person: undefined, personId: undefined }),
  row({ person: 'bob', account: '100000000002', accountName: 'a' }),
)

test('rows are sorted by a column without regard to capitals, and rows without a value come last', () => {
  expect(peopleOf(table, sortRows(table, { by: 'person', isDescending: false }))).toEqual(['Ann', 'bob', 'zoe', ''])
})

test('descending order is the reverse', () => {
  expect(peopleOf(table, sortRows(table, { by: 'person', isDescending: true }))).toEqual(['', 'zoe', 'bob', 'Ann'])
})

test('rows with the same value keep the order they came in', () => {
  const sorted = sortRows(table, { by: 'accountName', isDescending: false })
  expect(peopleOf(table, sorted).slice(0, 2)).toEqual(['Ann', 'bob'])
})

test('rows are sorted by the path of OUs', () => {
  const paths = tableOf(
    row({ person: 'ann', account: '1', path: 'Root/Test' }),
    row({ person: 'bob', path: 'Root/Prod' }),
  )
  expect(peopleOf(paths, sortRows(paths, { by: 'accountPath', isDescending: false }))).toEqual(['bob', 'ann'])
})
