import { type JSONVisitor, printParseErrorCode, visit } from 'jsonc-parser'
import type * as z from 'zod'
import { type Complaint, type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { renderJsonPath } from './json-path.ts'
import { decodeStrictUtf8 } from './strict-utf8.ts'

export type JsonValue = z.core.util.JSONType
export type JsonObject = Extract<JsonValue, { [field: string]: JsonValue }>

/** The deepest nesting of lists and objects. A policy needs 6. */
export const jsonDeepest = 50

/**
 * Parses JSON (RFC 8259) strictly: UTF-8 without a byte order mark, no field twice, no text with NUL or half a surrogate pair, no number
 * that overflows, at most 50 levels. JSON.parse would silently accept some of these (the last of two fields wins, 1e999 is Infinity); this
 * reports them. Time is linear in the body. The caller limits its size.
 */
export function parseStrictJson(object: string, body: Uint8Array): Parsed<JsonValue> {
  const text = decodeStrictUtf8(object, body)
  if (!text.ok) return text
  if (/^[ \t\r\n]*$/.test(text.value)) {
    return refused({
      object,
      received: text.value === '' ? 'an empty file' : 'a file of spaces and line ends only',
      expected: 'one JSON object',
      remedy: 'upload the file again with its content, or delete it',
    })
  }
  try {
    visit(text.value, strictVisitor(text.value), { disallowComments: true })
    return parsed(JSON.parse(text.value))
  } catch (fault) {
    if (fault instanceof FirstFault) return refused({ object, ...fault.told })
    throw fault
  }
}

/** Thrown and caught only in this file, to stop the visit at the first fault. */
class FirstFault extends Error {
  readonly told: Omit<Complaint, 'object'>
  constructor(what: string, line: number, character: number, [expected, remedy]: Saying) {
    super(what)
    const place = { line: line + 1, column: character + 1 }
    const received = `${what} at line ${place.line}, column ${place.column}`
    this.told = { received, expected, remedy: `${remedy}; then upload the file again`, place }
  }
}

/** Throws the first fault. */
function strictVisitor(text: string): JSONVisitor {
  /** The field names so far, for each list and object around the place. */
  const around: Set<string>[] = []
  const open = (_: number, __: number, line: number, character: number) => {
    if (around.length === jsonDeepest) {
      const what = `lists and objects nested more than ${jsonDeepest} levels deep`
      throw new FirstFault(what, line, character, fewerLevels)
    }
    around.push(new Set())
  }
  const close = () => void around.pop()
  return {
    onObjectBegin: open,
    onObjectEnd: close,
    onArrayBegin: open,
    onArrayEnd: close,
    onObjectProperty: (name, _, __, line, character, path) => {
      checkText(name, line, character, path)
      const names = around.at(-1)
      if (names?.has(name)) {
        const what = `the field '${quote(name)}' for the second time in ${renderJsonPath(path())}`
        throw new FirstFault(what, line, character, fieldOnce)
      }
      names?.add(name)
    },
    onLiteralValue: (value, offset, length, line, character, path) => {
      if (typeof value === 'string') checkText(value, line, character, path)
      if (typeof value !== 'number') return
      const token = /^[\w.+-]*/.exec(text.slice(offset, offset + length + 40))?.[0] ?? ''
      if (token.length > length) throw new FirstFault(`'${quote(token, 40)}'`, line, character, number)
      if (Number.isFinite(value)) return
      const what = `the number ${quote(token, 40)} for ${renderJsonPath(path())}`
      throw new FirstFault(what, line, character, finite)
    },
    onError: (code, offset, length, line, character) => {
      const found = text.slice(offset, offset + length)
      const what = found === '' ? 'a file that ends' : `'${quote(found, 60)}'`
      const before = text.slice(Math.max(0, offset - 1000), offset).trimEnd()
      throw new FirstFault(what, line, character, sayingOf(printParseErrorCode(code), found, before.at(-1)))
    },
  }
}

function checkText(text: string, line: number, character: number, path: () => (string | number)[]): void {
  const hasNul = text.includes('\0')
  if (!hasNul && text.isWellFormed()) return
  const wrong = hasNul ? 'the character NUL (\\u0000)' : 'half a surrogate pair (\\ud800 to \\udfff)'
  throw new FirstFault(`${wrong} in the text of ${renderJsonPath(path())}`, line, character, readable)
}

/** The expectation and the remedy. */
type Saying = readonly [expected: string, remedy: string]

const fewerLevels: Saying = [
  `at most ${jsonDeepest} levels`,
  'check what wrote the file (a permission set needs 6 levels)',
]
const fieldOnce: Saying = [
  'every field once, since programs disagree on which of two counts',
  'keep the right one and delete the other',
]
const readable: Saying = ['text that every program can read', 'delete that character or type it again']
const finite: Saying = [
  'a number up to 1.7e308 (IEEE 754 double)',
  'put it in double quotes if it is a text, or write a smaller number',
]
const number: Saying = [
  'a JSON number, such as 240 or -1.5',
  'correct it (no leading zeros), or put it in double quotes if it is a text',
]
const anEditor = 'correct it (an editor with JSON support shows the place)'
const escapes: Saying = [
  'after a backslash one of " \\ / b f n r t, or u and four hexadecimal digits',
  'write \\\\ for a backslash',
]
const closedText: Saying = [
  'a text that is closed by " in the same line, without control characters',
  'complete the file if it is cut off; else close the text with ", or write \\n for a line end and \\t for a tab',
]

/** By the error names of `jsonc-parser`. */
const sayings: { readonly [code: string]: Saying } = {
  InvalidSymbol: ['a JSON value, or a field name in double quotes', anEditor],
  PropertyNameExpected: ['a field name in double quotes', 'put the field name in double quotes'],
  ValueExpected: ['a JSON value', anEditor],
  ColonExpected: ["':' after the field name", anEditor],
  CommaExpected: ['a comma, or the bracket that closes the list or object', anEditor],
  CloseBraceExpected: ["',' or '}'", anEditor],
  CloseBracketExpected: ["',' or ']'", anEditor],
  EndOfFileExpected: ['the end of the file, since the JSON value is complete', 'delete what follows'],
  InvalidCommentToken: ['JSON without comments', 'delete the comment'],
  UnexpectedEndOfString: closedText,
  InvalidCharacter: closedText,
  UnexpectedEndOfNumber: number,
  InvalidUnicode: escapes,
  InvalidEscapeCharacter: escapes,
}

/** The expectation and the most likely remedy. `before`: the last character before the fault that is not a space. */
function sayingOf(code: string, found: string, before: string | undefined): Saying {
  const [expected, remedy] = sayings[code] ?? ['JSON', anEditor]
  if (found === '') return [expected, 'complete the file, which looks cut off']
  if (before === ',' && /^[}\]]/.test(found)) return [expected, 'delete the comma before it']
  if (code === 'CommaExpected' && /^["\w{[-]/.test(found)) return [expected, 'put a comma before it']
  if (code !== 'InvalidSymbol') return [expected, remedy]
  if (/^['\u2018-\u201f]/.test(found)) return [expected, 'put names and texts in straight double quotes (")']
  if (/^[#/]/.test(found)) return [expected, 'delete the comment, since JSON has none']
  if (/^(true|false|none|nan|infinity|undefined)$/i.test(found))
    return [expected, 'write true, false or null in small letters, or put it in double quotes if it is a text']
  if (/^[-+.]/.test(found)) return number
  const isWord = before !== undefined && /^\w/.test(found)
  return [expected, isWord ? 'put it in double quotes if it is a text or a field name' : remedy]
}
