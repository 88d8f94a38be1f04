import { expect, test } from '@jest/globals'
import { moveCell } from '../../../../../shared/modules/access-page/rules/move-cell.ts'

const size = { rows: 100, columns: 5, page: 20 }
const from = { row: 50, column: 2 }

test.each([
  ['ArrowDown', false, { row: 51, column: 2 }],
  ['ArrowUp', false, { row: 49, column: 2 }],
  ['ArrowRight', false, { row: 50, column: 3 }],
  ['ArrowLeft', false, { row: 50, column: 1 }],
  ['PageDown', false, { row: 70, column: 2 }],
  ['PageUp', false, { row: 30, column: 2 }],
  ['Home', false, { row: 50, column: 0 }],
  ['End', false, { row: 50, column: 4 }],
  ['Home', true, { row: 0, column: 0 }],
  ['End', true, { row: 99, column: 4 }],
])('the key %s (with control: %s) leads to its cell', (key, ctrlKey, to) => {
  expect(moveCell(from, { key, ctrlKey }, size)).toEqual(to)
})

test('no key leads out of the table, and other keys lead nowhere', () => {
  expect(moveCell({ row: 99, column: 4 }, { key: 'PageDown', ctrlKey: false }, size)).toEqual({ row: 99, column: 4 })
  expect(moveCell({ row: 0, column: 0 }, { key: 'ArrowLeft', ctrlKey: false }, size)).toEqual({ row: 0, column: 0 })
  expect(moveCell(from, { key: 'a', ctrlKey: false }, size)).toBeUndefined()
})
