import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeStrictUtf8 } from '../../../../shared/domain/json/strict-utf8.ts'

function complaintAbout(bytes: readonly number[]) {
  const text = decodeStrictUtf8('a file', new Uint8Array(bytes))
  if (text.ok) throw new Error(`read as ${JSON.stringify(text.value)}`)
  return text.complaint
}

/** As the editor of some system saves it. */
function encode(text: string, width: 2 | 4, isLittle: boolean): number[] {
  return [...text].flatMap((letter) => {
    const code = letter.codePointAt(0) ?? 0
    const bytes = Array.from({ length: width }, (_, index) => (code >> (8 * index)) & 0xff)
    return isLittle ? bytes : bytes.reverse()
  })
}

test('text in UTF-8 is read as it is, and an empty body is an empty text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!text.includes('\0'))
      expect(decodeStrictUtf8('a file', new TextEncoder().encode(text))).toEqual({ ok: true, value: text })
    }),
  )
  expect(decodeStrictUtf8('a file', new Uint8Array())).toEqual({ ok: true, value: '' })
})

test.each([
  ['a control character', [0x1f]],
  ['the letters PK and nothing of an archive', [0x50, 0x4b]],
  ['the letters PK and one byte of an archive', [0x50, 0x4b, 3]],
  ['the letters PK and the other byte of an archive', [0x50, 0x4b, 5, 4]],
  ['the first letter of an archive', [0x50, 0x20, 3, 4]],
  ['all but the first letter of an archive', [0x20, 0x4b, 3, 4]],
  ['what follows the letters of an archive', [0x20, 0x20, 3, 4]],
  ['the byte of gzip without the other', [0x1f, 0x20]],
  ['a character that begins like the byte order mark', [0xef, 0xbb, 0xbe]],
  ['another character that begins like it', [0xef, 0xbc, 0xbf]],
  ['a zero byte after four letters', [0x7b, 0x7d, 0x20, 0x20, 0]],
])('%s is text in UTF-8', (_, bytes) => {
  expect(decodeStrictUtf8('a file', new Uint8Array(bytes))).toEqual({
    ok: true,
    value: new TextDecoder().decode(new Uint8Array(bytes)),
  })
})

const utf8 = 'text in UTF-8 without a byte order mark'
const saveAsUtf8 = 'save the file as UTF-8 without BOM (PowerShell: -Encoding utf8NoBOM) and upload it again'
const wide = 'text in UTF-16 or UTF-32'
const unpack = 'unpack it and upload the text itself (with aws s3 cp: without content encoding)'

test.each([
  ['gzip data', [0x1f, 0x8b, 8, 0], unpack],
  ['ZIP data', [0x50, 0x4b, 3, 4, 20], unpack],
  ['UTF-8 with a byte order mark (BOM, the bytes EF BB BF)', [0xef, 0xbb, 0xbf, 0x7b, 0x7d], saveAsUtf8],
  [wide, [0xff, 0xfe, ...encode('{}', 2, true)], saveAsUtf8],
  [wide, [0xff, 0xfe, 0, 0x20], saveAsUtf8],
  [wide, [0xff, 0xfe], saveAsUtf8],
  [wide, [0xfe, 0xff, ...encode('{}', 2, false)], saveAsUtf8],
  [wide, [0xff, 0xfe, 0, 0, ...encode('{}', 4, true)], saveAsUtf8],
  [wide, [0, 0, 0xfe, 0xff, ...encode('{}', 4, false)], saveAsUtf8],
  [wide, encode('{}', 2, true), saveAsUtf8],
  [wide, encode('7', 2, true), saveAsUtf8],
  [wide, [0x7b, 0, 0x7d], saveAsUtf8],
  [wide, [0], saveAsUtf8],
  [wide, [0x31, 0x32, 0x33, 0], saveAsUtf8],
  [wide, encode('{}', 2, false), saveAsUtf8],
  [wide, encode('7', 2, false), saveAsUtf8],
  [wide, encode('{}', 4, true), saveAsUtf8],
  [wide, encode('{}', 4, false), saveAsUtf8],
])('%s is told as such (%j)', (received, bytes, remedy) => {
  expect(complaintAbout(bytes)).toEqual({ object: 'a file', received, expected: utf8, remedy })
})

test.each([
  [[0x7b, 0xe4, 0x7d], 'a byte that is not UTF-8, in line 1'],
  [[0x0a, 0x0d, 0x0a, 0x61, 0xff], 'a byte that is not UTF-8, in line 3'],
  [[0x20, 0x8b], 'a byte that is not UTF-8, in line 1'],
  [[0x20, 0xbb, 0xbf], 'a byte that is not UTF-8, in line 1'],
  [[0x20, 0xfe], 'a byte that is not UTF-8, in line 1'],
  [[0x20, 0xff], 'a byte that is not UTF-8, in line 1'],
  [[0xff, 0x20], 'a byte that is not UTF-8, in line 1'],
  [[0xfe, 0x20], 'a byte that is not UTF-8, in line 1'],
  [[0x80, 0x0a], 'a byte that is not UTF-8, in line 1'],
])('of %j the line with a byte that is not UTF-8 is told', (bytes, received) => {
  expect(complaintAbout(bytes)).toEqual({
    object: 'a file',
    received,
    expected: utf8,
    remedy: 'save the file as UTF-8 (it looks like Windows-1252 or Latin-1, or like a binary file) and upload it again',
  })
})
