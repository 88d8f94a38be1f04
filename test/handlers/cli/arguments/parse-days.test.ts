import { expect, test } from '@jest/globals'
import { parseDays } from '../../../../handlers/cli/arguments/parse-days.ts'

test.each([
  ['1d', 1],
  ['90d', 90],
  ['399d', 399],
])('%s are days for which IAM can tell', (text, days) => {
  expect(parseDays(text)).toBe(days)
})

test.each(['0d', '400d', '90', 'd', '-1d', '1.5d', '90 d', '90D', ''])(
  "'%s' is refused, with what is expected",
  (text) => {
    expect(() => parseDays(text)).toThrow('expected days from 1d to 399d, such as 90d: IAM keeps no older data')
  },
)
