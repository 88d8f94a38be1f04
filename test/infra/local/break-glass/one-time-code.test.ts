import { expect, test } from '@jest/globals'
import { decodeBase32, encodeBase32, oneTimeCode, stepOf } from '../../../../infra/local/break-glass/responder-users.ts'

const seed = encodeBase32(Buffer.from('12345678901234567890'))

// RFC 6238, Appendix B: SHA1, the last six of eight digits.
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
])('at second %i a device shows %s', (second, code) => {
  expect(oneTimeCode(seed, stepOf(new Date(second * 1000)))).toBe(code)
})

test('base 32 is as RFC 4648 has it, both ways', () => {
  expect(encodeBase32(Buffer.from('foobar'))).toBe('MZXW6YTBOI')
  expect(decodeBase32('MZXW6YTBOI').toString()).toBe('foobar')
})
