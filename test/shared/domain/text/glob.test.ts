import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { covers, matchesGlob, matchesTicketPattern, overlap } from '../../../../shared/domain/text/glob.ts'
import { slowed } from '../../../slowness.ts'

const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 7 })
const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 7 })

function asRegExp(one: string): RegExp {
  return new RegExp(`^${one.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su')
}

test('a glob says what the regular expression of the same meaning says', () => {
  fc.assert(fc.property(glob, text, (one, other) => matchesGlob(one)(other) === asRegExp(one).test(other)))
})

test('a # of a ticket pattern is one digit and nothing else', () => {
  const matches = matchesTicketPattern('CHG###')
  expect(['CHG123', 'CHG12', 'CHG1234', 'CHG12a', 'chg123', 'CHG１２３'].map(matches)).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ])
  expect(matchesGlob('#')('1')).toBe(false)
})

test('globs overlap where one text fits both, and one covers another only where each text of the other fits it', () => {
  fc.assert(
    fc.property(glob, glob, text, (a, b, one) => {
      const fits = { a: matchesGlob(a)(one), b: matchesGlob(b)(one) }
      expect(overlap(a, b)).toBe(overlap(b, a))
      expect(fits.a && fits.b && !overlap(a, b)).toBe(false)
      expect(fits.b && !fits.a && covers(a, b)).toBe(false)
    }),
  )
})

test.each([
  ['', '', true],
  ['', '*', true],
  ['', '?', false],
  ['*', '*', true],
  ['ab', 'ab', true],
  ['ab', 'a', false],
  ['a*', '*b', true],
  ['a*c', 'ab*', true],
  ['a*b', '*c', false],
  ['a?c', 'a*c', true],
  ['a?c', 'ac', false],
  ['*:user/*', 'arn:aws:iam::2:user/x', true],
  ['*:user/*', 'arn:aws:iam::2:role/x', false],
  ['arn:x:*:role/*', 'arn:x:??:role/a', true],
  ['arn:x:*:role/b*', 'arn:x:??:role/a', false],
  ['x*y*z', '*y', false],
])('the globs %j and %j overlap: %s', (one, other, expected) => {
  expect([overlap(one, other), overlap(other, one)]).toEqual([expected, expected])
})

describe('overlaps that decide on actions', () => {
  test.each([
    ['iam:*', 'iam:passrole', true, true],
    ['iam:passrole', 'iam:*', true, false],
    ['*', 'iam:passrole', true, true],
    ['i*:pass*', '*:*role', true, false],
    ['s3:get*', 'iam:*', false, false],
    ['iam:get*', 'iam:put*', false, false],
    ['iam:p?ssrole', 'iam:passrole', true, true],
  ])('%s and %s', (a, b, overlaps, isCovered) => {
    expect([overlap(a, b), covers(a, b)]).toEqual([overlaps, isCovered])
  })
})

test('a glob of many stars is answered at once, however long the text', () => {
  const started = performance.now()
  expect(matchesGlob(`${'*a'.repeat(100)}b`)('a'.repeat(5_000))).toBe(false)
  expect(overlap('*a'.repeat(5_000), `${'*a'.repeat(30)}b`)).toBe(false)
  expect(performance.now() - started).toBeLessThan(slowed(1_000))
})
