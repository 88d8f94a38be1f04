import { expect, test } from '@jest/globals'
import { lettersOfPlanLeast, wholeDigest } from '../../../../handlers/cli/arguments/whole-digest.ts'

const known = ['3f0c9d2e7a1b', '3f0cffff0000', 'aa11bb22cc33']

test.each([
  ['the whole digest', '3f0c9d2e7a1b', '3f0c9d2e7a1b'],
  ['a beginning that only one has', 'aa11', 'aa11bb22cc33'],
  ['three letters are taken as they are', 'aa1', 'aa1'],
  ['the beginning of none is taken as it is', 'bb11', 'bb11'],
])('%s', (_, typed, meant) => {
  expect(wholeDigest(typed, known)).toBe(meant)
})

test('the beginning of two is refused with both', () => {
  expect(() => wholeDigest('3f0c', known)).toThrow(
    "received the beginning '3f0c' of 2 digests, expected the beginning of one: 3f0c9d2e7a1b, 3f0cffff0000",
  )
})

test('of a plan seven letters are too few, and eight will do', () => {
  expect(wholeDigest('aa11bb2', known, lettersOfPlanLeast)).toBe('aa11bb2')
  expect(wholeDigest('aa11bb22', known, lettersOfPlanLeast)).toBe('aa11bb22cc33')
})
