import { describe, expect, test } from '@jest/globals'
import { saysSomething } from '../../../../shared/domain/text/says-something.ts'

describe('a text says something when it has a letter or a digit that can be seen:', () => {
  test.each(['a', 'release 4.2', '7', '障害', 'ремонт', '  x  ', '\u200bx', 'إصلاح', '½'])('%j does', (text) => {
    expect(saysSomething(text)).toBe(true)
  })

  test.each([
    ['nothing', ''],
    ['spaces', ' \t\u00a0\u2003\u3000'],
    ['characters of no width', '\u200b\u200c\u200d\u2060\ufeff'],
    ['fillers, which are letters by their category', '\u115f\u1160\u3164\uffa0'],
    ['an empty pattern of Braille', '\u2800'],
    ['marks that nothing carries', '\u034f\u0301\ufe0f\u{e0100}'],
    ['tags of flags', '\u{e0041}\u{e0042}'],
    ['half a character', '\ud83d'],
    ['dots and dashes', '. - …'],
  ])('%s: not', (_, text) => {
    expect(saysSomething(text)).toBe(false)
  })
})
