import { expect, test } from '@jest/globals'
import { firstThatFit } from '../../../handlers/api/first-that-fit.ts'

test.each([
  ['all items fit up to the limit', [1, 2, 3], 6, [1, 2, 3]],
  ['an item beyond the limit is left out, with all behind it', [1, 2, 4, 1], 6, [1, 2]],
  ['an item that is too large alone is given alone', [7, 1], 6, [7]],
  ['no item is left of none', [], 6, []],
])('%s', (_, sizes, most, expected) => {
  expect(firstThatFit(sizes, most, (size) => size)).toEqual(expected)
})
