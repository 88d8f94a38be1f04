import { expect, test } from '@jest/globals'
import { fits } from '../../../../handlers/cli/terminal/show.ts'

const screen = { rows: 5, columns: 10 }

test('a text with one line less than the screen has rows fits, since the prompt needs one', () => {
  expect(fits('1\n2\n3\n4\n', screen)).toBe(true)
  expect(fits('1\n2\n3\n4\n5\n', screen)).toBe(false)
})

test('a long line takes several rows, and colours take no room', () => {
  expect(fits(`${'x'.repeat(40)}\n`, screen)).toBe(true)
  expect(fits(`${'x'.repeat(41)}\n`, screen)).toBe(false)
  expect(fits(`\u001b[32m${'x'.repeat(40)}\u001b[39m\n`, screen)).toBe(true)
  expect(fits(`${'分'.repeat(21)}\n`, screen)).toBe(false)
})
