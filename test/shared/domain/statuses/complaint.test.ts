import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { quote, renderComplaint } from '../../../../shared/domain/statuses/complaint.ts'
import { awkwardText } from '../arbitraries.ts'

test('a complaint is one line: object, what was received, what was expected, the remedy', () => {
  expect(
    renderComplaint({
      object: 'links_data/root%all%P%a\nb%GROUP%ssofile',
      received: 'a name with the control character \\u{a}',
      expected: 'printable characters',
      remedy: 'leave that character out',
    }),
  ).toBe(
    'links_data/root%all%P%a\\u{a}b%GROUP%ssofile: received a name with the control character \\u{a}, expected printable characters; leave that character out',
  )
})

test.each([
  ['a line end', 'a\r\nb', 'a\\u{d}\\u{a}b'],
  ['NUL', 'a\0b', 'a\\u{0}b'],
  ['an escape sequence for terminals', '\u001b[31mred', '\\u{1b}[31mred'],
  ['a control character above ASCII', 'a\u009bb', 'a\\u{9b}b'],
  ['a right-to-left override', 'a\u202eb', 'a\\u{202e}b'],
  ['a bidirectional isolate', 'a\u2066b\u2069', 'a\\u{2066}b\\u{2069}'],
  ['a zero-width space', 'a\u200bb', 'a\\u{200b}b'],
  ['a byte order mark', '\ufeffa', '\\u{feff}a'],
  ['a line and a paragraph separator', '\u2028\u2029', '\\u{2028}\\u{2029}'],
  ['a tag character, outside the basic plane', 'a\u{e0041}', 'a\\u{e0041}'],
  ['a lone high surrogate', 'a\ud83d', 'a\\u{d83d}'],
  ['a lone low surrogate', '\udc69b', '\\u{dc69}b'],
])('quoting escapes %s', (_, text, quoted) => {
  expect(quote(text)).toBe(quoted)
})

test.each(['Équipe d’audit', '財務', 'صحة', '👩', 'a  b', "d'audit", 'e\u0301', '\\n', ''])(
  'quoting leaves %j as it is',
  (text) => {
    expect(quote(text)).toBe(text)
  },
)

test('a text of the greatest length stays whole, a longer one is cut in the middle', () => {
  expect(quote('0123456789', 10)).toBe('0123456789')
  expect(quote('0123456789a', 10)).toBe('01234…6789a')
  expect(quote('0123456789a', 9)).toBe('0123…789a')
  expect(quote('x'.repeat(121))).toBe(`${'x'.repeat(60)}…${'x'.repeat(60)}`)
})

test('a text is not cut within a character', () => {
  expect(quote('👩👩👩👩👩', 6)).toBe('👩…👩')
  expect(quote('a👩👩👩👩b', 8)).toBe('a👩…👩b')
  expect(quote('a👩👩👩👩b', 4)).toBe('a…b')
})

test('what is quoted is well formed, printable and bounded, whatever it was', () => {
  fc.assert(
    fc.property(awkwardText, fc.integer({ min: 2, max: 200 }), (text, most) => {
      const quoted = quote(text, most)
      expect(quoted.isWellFormed()).toBe(true)
      expect(quoted).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      expect(quoted.length).toBeLessThanOrEqual(9 * (most + 1))
    }),
  )
})
