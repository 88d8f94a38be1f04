import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { jsonDeepest, parseStrictJson } from '../../../../shared/domain/json/strict-json.ts'
import { massOf, runsOf, stride } from '../../../depth.ts'
import { anyCharacter } from '../arbitraries.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const parse = (text: string) => parseStrictJson('a file', encode(text))
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

function complaint(body: string | Uint8Array) {
  const value = parseStrictJson('a file', typeof body === 'string' ? encode(body) : body)
  if (value.ok) throw new Error('accepted')
  return value.complaint
}

/** One level of nesting costs a character at least, so short texts and small values stay within the limit. */
const value = fc.jsonValue({ maxDepth: 10, stringUnit: anyCharacter })

test('what JSON.parse reads is read alike', () => {
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, '\t'), (any, indent) => {
      const text = JSON.stringify(any, null, indent)
      const strict = parse(text)
      if (!strict.ok) return expect(strict.complaint.received).toMatch(/NUL|surrogate/)
      // Through JSON again, since ours have no prototype.
      expect(JSON.stringify(strict.value)).toBe(JSON.stringify(JSON.parse(text)))
      expect(strict.value).toEqual(JSON.parse(text))
    }),
    { numRuns: runsOf(500) },
  )
})

test('what JSON.parse refuses is refused, and what it reads is read unless a stricter rule says why', () => {
  const piece = fc.constantFrom(
    ...'{}[]:,"\\/ \n\t-+.eE0123456789tfn',
    'true',
    'false',
    'null',
    '""',
    '"a"',
    '\\u0041',
    '\\n',
    '1.5e3',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('')
      const strict = parse(text)
      if (parsable(text)) expect(strict.ok || /second time|1\.7e308/.test(JSON.stringify(strict.complaint))).toBe(true)
      else expect(strict.ok).toBe(false)
    }),
    { numRuns: Math.ceil(20_000 / stride) },
  )
})

function parsable(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('whatever bytes come, a value or a complaint of four parts comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
      const strict = parseStrictJson('a file', body)
      if (strict.ok) return
      const { object, received, expected, remedy } = strict.complaint
      expect([object, received, expected, remedy].every((part) => part.length > 0)).toBe(true)
    }),
    { numRuns: runsOf(2000) },
  )
})

test.each([
  ['-0', -0],
  ['1e308', 1e308],
  ['0.1', 0.1],
  ['1E+2', 100],
  ['"\\u00e9\\ud83d\\ude00\\/"', 'é😀/'],
  ['"\u2028\u007f"', '\u2028\u007f'],
])('%s is read', (text, expected) => {
  expect(parse(text)).toEqual({ ok: true, value: expected })
})

test('50 levels pass and 51 are refused', () => {
  expect(parse(nested(jsonDeepest)).ok).toBe(true)
  expect(complaint(nested(jsonDeepest + 1)).received).toContain('nested more than 50 levels deep at line 1, column 51')
})

test('100,000 levels do not overflow the stack', () => {
  for (const text of [nested(100_000), '{"a":'.repeat(100_000), '[{"a":'.repeat(100_000)]) {
    expect(complaint(text).received).toContain('50 levels')
  }
})

test.each([
  ['one long text', `"${'a'.repeat(massOf(5_000_000))}"`],
  ['one text of escapes', `"${'\\n'.repeat(massOf(2_500_000))}"`],
  ['one long list', `[${'1,'.repeat(massOf(2_000_000))}1]`],
  ['one long number', '1'.repeat(300)],
  ['many fields', `{${Array.from({ length: massOf(200_000) }, (_, index) => `"f${index}":0`).join()}}`],
  ['much space', `${' \n'.repeat(massOf(2_000_000))}1`],
])('%s is read, however long it is', (_, text) => {
  expect(parse(text).ok).toBe(true)
})

test('a field that comes twice is refused, however it is spelled', () => {
  expect(complaint('{"a": 1,\n "\\u0061": 2}').received).toBe(
    "the field 'a' for the second time in $ at line 2, column 2",
  )
  expect(complaint('{"x y": [{"__proto__": 1, "__proto__": 2}]}').received).toContain(
    "'__proto__' for the second time in $['x y'][0]",
  )
  expect(parse('[{"a": 1}, {"a": 1}]').ok).toBe(true)
})

test('no field name reaches a prototype', () => {
  const object = parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "toString": 1}')
  expect(object.ok && Object.keys(object.value ?? {})).toEqual(['__proto__', 'constructor', 'toString'])
  expect({}).not.toHaveProperty('polluted')
})

describe('the place of a fault is told by line and column', () => {
  test.each([
    ['{\n  "a": 1,\n}', "'}' at line 3, column 1"],
    ['{\r\n  "a" 1}', "'1' at line 2, column 7"],
    ['[1\r2]', "'2' at line 2, column 1"],
    ['[', 'a file that ends at line 1, column 2'],
    ['tru', "'tru' at line 1, column 1"],
    ['truely', "'truely' at line 1, column 1"],
    ['"a\tb"', `'"a\\u{9}b"' at line 1, column 1`],
    ['"\\x"', `'"\\x"' at line 1, column 1`],
    ['"\\u12"', `'"\\u12"' at line 1, column 1`],
    ['"\\', `'"\\' at line 1, column 1`],
    [`"${'a'.repeat(60)}\\x"`, `'"${'a'.repeat(29)}…${'a'.repeat(27)}\\x"' at line 1, column 1`],
    ['[01]', "'01' at line 1, column 2"],
    ['[1.2.3]', "'1.2.3' at line 1, column 2"],
    ['-', "'-' at line 1, column 1"],
    ['.5', "'.5' at line 1, column 1"],
  ])('%j', (text, received) => {
    expect(complaint(text).received).toBe(received)
  })
})

describe('what was expected, and what to do, is told', () => {
  const anEditor = 'correct it (an editor with JSON support shows the place)'
  const quotes = 'put names and texts in straight double quotes (")'
  const comment = 'delete the comment, since JSON has none'
  const literal = 'write true, false or null in small letters, or put it in double quotes if it is a text'
  const word = 'put it in double quotes if it is a text or a field name'
  const cutOff = 'complete the file, which looks cut off'
  const number = 'a JSON number, such as 240 or -1.5'
  const noZeros = 'correct it (no leading zeros), or put it in double quotes if it is a text'
  const escapes = 'after a backslash one of " \\ / b f n r t, or u and four hexadecimal digits'
  const backslash = 'write \\\\ for a backslash'
  const closed = 'a text that is closed by " in the same line, without control characters'
  const close =
    'complete the file if it is cut off; else close the text with ", or write \\n for a line end and \\t for a tab'
  const readable = 'text that every program can read'
  const again = 'delete that character or type it again'
  const valueOrName = 'a JSON value, or a field name in double quotes'
  const comma = 'a comma, or the bracket that closes the list or object'
  const end = 'the end of the file, since the JSON value is complete'

  test.each([
    ['{"a": 1,}', 'a field name in double quotes', 'delete the comma before it'],
    ['[1, \n]', 'a JSON value', 'delete the comma before it'],
    ['[1, ,2]', 'a JSON value', anEditor],
    ["{'a': 1}", valueOrName, quotes],
    ['[\u201ca\u201d]', valueOrName, quotes],
    ['[1] // x', 'JSON without comments', 'delete the comment'],
    ['[1] /* x', 'JSON without comments', 'delete the comment'],
    ['[1, # x\n 2]', valueOrName, comment],
    ['{"a": True}', valueOrName, literal],
    ['{"a": FALSE}', valueOrName, literal],
    ['{"a": None}', valueOrName, literal],
    ['{"a": NaN}', valueOrName, literal],
    ['{"a": Infinity}', valueOrName, literal],
    ['{"a": undefined}', valueOrName, literal],
    ['[untrue]', valueOrName, word],
    ['[truely]', valueOrName, word],
    ['{a: 1}', valueOrName, word],
    ['a: 1', valueOrName, anEditor],
    ['{"a": 1 "b": 2}', comma, 'put a comma before it'],
    ['{"a": 1 b: 2}', valueOrName, word],
    ['{1: 2}', 'a field name in double quotes', 'put the field name in double quotes'],
    ['[1 2]', comma, 'put a comma before it'],
    ['[1 -2]', comma, 'put a comma before it'],
    ['[1 [2]]', comma, 'put a comma before it'],
    ['[1 {}]', comma, 'put a comma before it'],
    ['{"a": 1]', comma, anEditor],
    ['[1;2]', valueOrName, anEditor],
    ['{} 1', end, 'delete what follows'],
    ['{"a" 1}', "':' after the field name", anEditor],
    ['{"a": }', 'a JSON value', anEditor],
    ['[', "',' or ']'", cutOff],
    ['{"a"', "':' after the field name", cutOff],
    ['{"a": ', 'a JSON value', cutOff],
    ['{"a": 1', "',' or '}'", cutOff],
    ['[1', "',' or ']'", cutOff],
    ['"abc', closed, close],
    ['"a\nb"', closed, close],
    ['"a\tb"', closed, close],
    ['"\\x"', escapes, backslash],
    ['"\\u12x4"', escapes, backslash],
    ['[01]', number, noZeros],
    ['[1.]', number, noZeros],
    ['[-Infinity]', number, noZeros],
    [
      '1e999',
      'a number up to 1.7e308 (IEEE 754 double)',
      'put it in double quotes if it is a text, or write a smaller number',
    ],
    [
      '{"a": 1, "a": 2}',
      'every field once, since programs disagree on which of two counts',
      'keep the right one and delete the other',
    ],
    ['["\\u0000"]', readable, again],
    ['["\\ud800"]', readable, again],
    [nested(51), 'at most 50 levels', 'check what wrote the file (a permission set needs 6 levels)'],
  ])('about %j', (text, expected, remedy) => {
    expect(complaint(text)).toMatchObject({
      object: 'a file',
      expected,
      remedy: `${remedy}; then upload the file again`,
    })
  })

  test.each(['', ' \r\n\t'])('about %j, which has no content', (text) => {
    expect(complaint(text)).toMatchObject({
      expected: 'one JSON object',
      remedy: 'upload the file again with its content, or delete it',
    })
  })

  test('with the place apart, for a program, unless nothing is there', () => {
    expect(complaint('{\n "a": 1,\n}')).toHaveProperty('place', { line: 3, column: 1 })
    expect(complaint('["\\u0000"]')).toHaveProperty('place', { line: 1, column: 2 })
    expect(complaint('"abc')).toHaveProperty('place', { line: 1, column: 1 })
    expect(complaint('')).not.toHaveProperty('place')
    expect(complaint('').received).toBe('an empty file')
    expect(complaint('\n').received).toBe('a file of spaces and line ends only')
  })
})

test('NUL and half surrogate pairs are refused with the path, in values and in field names', () => {
  expect(complaint('{"a": ["\\u0000"]}').received).toBe(
    'the character NUL (\\u0000) in the text of $.a[0] at line 1, column 8',
  )
  expect(complaint('{"a": {"\\ud800": 1}}').received).toContain(
    'half a surrogate pair (\\ud800 to \\udfff) in the text of $.a',
  )
  expect(complaint('"\\ude00\\ud83d"').received).toContain('half a surrogate pair')
})

test('numbers that overflow are refused with the path', () => {
  expect(complaint('{"a": [-1e999]}').received).toBe('the number -1e999 for $.a[0] at line 1, column 8')
})

test('a BOM before an otherwise right file is refused with how to save it', () => {
  expect(complaint(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d])).remedy).toContain('UTF-8 without BOM')
})

test.each([
  ['two bytes in UTF-16', [0x31, 0], 'UTF-16'],
  ['a letter beyond Latin-1 in UTF-16', [0x22, 0, 0x13, 0x20, 0x22, 0], 'UTF-16'],
  ['a truncated character', [0x22, 0xc3], 'not UTF-8, in line 1'],
  ['an overlong form', [0x22, 0xc0, 0xaf, 0x22], 'not UTF-8, in line 1'],
  ['half a surrogate pair in UTF-8', [0x0a, 0x22, 0xed, 0xa0, 0x80, 0x22], 'not UTF-8, in line 2'],
])('%s is named', (_, bytes, received) => {
  expect(complaint(new Uint8Array(bytes)).received).toContain(received)
})

test('a replacement character that is really in the file is text', () => {
  expect(parse('"\ufffd"')).toEqual({ ok: true, value: '\ufffd' })
})
