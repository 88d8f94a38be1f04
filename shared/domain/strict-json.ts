import { type Complaint, type Parsed, parsed, quote, refused } from './complaint.ts'
import { renderJsonPath } from './json-path.ts'
import { placeAt, type TextPlace } from './json-place.ts'
import { decodeStrictUtf8 } from './strict-utf8.ts'

/** Objects have no prototype, so no field name (`__proto__`, `constructor`) means anything to the language. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export type JsonObject = { readonly [field: string]: JsonValue }

/** How deep lists and objects may stand in each other. A policy needs 6. */
export const jsonDeepest = 50

/**
 * JSON (RFC 8259) as an uploader means it: UTF-8 without a byte order mark, no field twice, no text with NUL or half a
 * surrogate pair, no number that overflows, at most 50 levels. What JSON.parse lets through silently (the last of two
 * fields wins, 1e999 is Infinity) is told instead. Time is linear in the body; its size is the caller's limit.
 */
export function parseStrictJson(object: string, body: Uint8Array): Parsed<JsonValue> {
  const text = decodeStrictUtf8(object, body)
  if (!text.ok) return text
  const reader = new JsonReader(text.value)
  try {
    return parsed(reader.read())
  } catch (fault) {
    if (fault instanceof JsonFault) return refused({ object, ...fault.told, ...reader.told })
    throw fault
  }
}

type Told = Omit<Complaint, 'object'>

/** Thrown and caught in this file only: the shortest way out of nested values. */
class JsonFault extends Error {
  readonly told: Told
  constructor(told: Told) {
    super(told.received)
    this.told = told
  }
}

/** Recursive descent; the recursion is bounded by `jsonDeepest`. */
class JsonReader {
  readonly #text: string
  readonly #path: (string | number)[] = []
  #at = 0
  /** The place that a fault speaks of, where it speaks of one. */
  told: { readonly place?: TextPlace } = {}

  constructor(text: string) {
    this.#text = text
  }

  read(): JsonValue {
    this.#skipSpace()
    if (this.#at === this.#text.length) {
      const received = this.#text === '' ? 'an empty file' : 'a file of spaces and line ends only'
      throw new JsonFault({
        received,
        expected: 'one JSON object',
        remedy: 'upload the file again with its content, or delete it',
      })
    }
    const value = this.#value()
    this.#skipSpace()
    if (this.#at < this.#text.length) throw this.#syntax('the end of the file, since the JSON value is complete')
    return value
  }

  #value(): JsonValue {
    const character = this.#text[this.#at]
    if (character === '{') return this.#object()
    if (character === '[') return this.#list()
    if (character === '"') return this.#string()
    if (character === '-' || (character !== undefined && character >= '0' && character <= '9')) return this.#number()
    for (const [word, value] of literals) {
      if (this.#text.startsWith(word, this.#at) && !/\w/.test(this.#text[this.#at + word.length] ?? '')) {
        this.#at += word.length
        return value
      }
    }
    throw this.#syntax('a JSON value')
  }

  #object(): JsonValue {
    // The one place where fields are set; without a prototype an assignment to `__proto__` is like any other.
    const object: Record<string, JsonValue> = Object.create(null)
    this.#open()
    if (this.#skips('}')) return object
    do {
      this.#skipSpace()
      const at = this.#at
      if (this.#text[at] !== '"') throw this.#syntax('a field name in double quotes')
      const name = this.#string()
      if (Object.hasOwn(object, name)) throw this.#twice(name, at)
      this.#path.push(name)
      this.#skipSpace()
      if (!this.#skips(':')) throw this.#syntax("':' after the field name")
      this.#skipSpace()
      object[name] = this.#value()
      this.#path.pop()
      this.#skipSpace()
    } while (this.#skips(','))
    if (!this.#skips('}')) throw this.#syntax("',' or '}'")
    return object
  }

  #list(): JsonValue {
    const list: JsonValue[] = []
    this.#open()
    if (this.#skips(']')) return list
    do {
      this.#skipSpace()
      this.#path.push(list.length)
      list.push(this.#value())
      this.#path.pop()
      this.#skipSpace()
    } while (this.#skips(','))
    if (!this.#skips(']')) throw this.#syntax("',' or ']'")
    return list
  }

  #open(): void {
    if (this.#path.length >= jsonDeepest) {
      throw new JsonFault({
        received: `lists and objects nested more than ${jsonDeepest} levels deep, at ${this.#place()}`,
        expected: `at most ${jsonDeepest} levels`,
        remedy: 'check what wrote the file (a permission set needs 6 levels) and upload it again',
      })
    }
    this.#at += 1
    this.#skipSpace()
  }

  #string(): string {
    const start = this.#at + 1
    let at = start
    let escaped = false
    for (;;) {
      const code = this.#text.charCodeAt(at)
      if (code === 0x22) break
      if (code === 0x5c) {
        escapeSequence.lastIndex = at
        if (!escapeSequence.test(this.#text)) throw this.#badEscape(at)
        at = escapeSequence.lastIndex
        escaped = true
      } else if (code >= 0x20) at += 1
      else throw this.#brokenString(at)
    }
    this.#at = at + 1
    const raw = this.#text.slice(start, at)
    const text: string = escaped ? JSON.parse(`"${raw}"`) : raw
    if (text.includes('\0')) throw this.#badText('the character NUL (\\u0000)', start - 1)
    if (!text.isWellFormed()) throw this.#badText('half a surrogate pair (\\ud800 to \\udfff)', start - 1)
    return text
  }

  #number(): number {
    const start = this.#at
    numberToken.lastIndex = start
    const token = numberToken.exec(this.#text)?.[0] ?? ''
    if (!jsonNumber.test(token)) {
      throw new JsonFault({
        received: `'${quote(token, 40)}' at ${this.#place()}`,
        expected: 'a JSON number, such as 240 or -1.5',
        remedy: 'correct it (no leading zeros), or put it in double quotes if it is a text; then upload the file again',
      })
    }
    const value = Number(token)
    if (!Number.isFinite(value)) {
      throw new JsonFault({
        received: `the number ${quote(token, 40)} for ${renderJsonPath(this.#path)}, at ${this.#place()}`,
        expected: 'a number up to 1.7e308 (IEEE 754 double)',
        remedy: 'put it in double quotes if it is a text, or write a smaller number; then upload the file again',
      })
    }
    this.#at = start + token.length
    return value
  }

  #skips(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at += 1
    }
  }

  /** Lines and columns from 1, as editors count. */
  #place(at = this.#at): string {
    const place = placeAt(this.#text, at)
    this.told = { place }
    return `line ${place.line}, column ${place.column}`
  }

  #syntax(expected: string): JsonFault {
    const rest = this.#text.slice(this.#at, this.#at + 40)
    const found = /^[A-Za-z_][\w-]*/.exec(rest)?.[0] ?? [...rest][0]
    const received =
      found === undefined ? `a file that ends at ${this.#place()}` : `'${quote(found)}' at ${this.#place()}`
    const before = this.#text.slice(Math.max(0, this.#at - 1000), this.#at).trimEnd()
    return new JsonFault({
      received,
      expected,
      remedy: `${advice(found, before.at(-1), expected)}; then upload the file again`,
    })
  }

  #twice(name: string, at: number): JsonFault {
    return new JsonFault({
      received: `the field '${quote(name)}' for the second time in ${renderJsonPath(this.#path)}, at ${this.#place(at)}`,
      expected: 'every field once, since programs disagree on which of two counts',
      remedy: 'keep the one that is meant, delete the other and upload the file again',
    })
  }

  #badText(what: string, at: number): JsonFault {
    return new JsonFault({
      received: `${what} in the text of ${renderJsonPath(this.#path)}, at ${this.#place(at)}`,
      expected: 'text that every program can read',
      remedy: 'delete that character or type it anew, and upload the file again',
    })
  }

  #badEscape(at: number): JsonFault {
    return new JsonFault({
      received: `'${quote(this.#text.slice(at, at + (this.#text[at + 1] === 'u' ? 6 : 2)))}' in a text at ${this.#place(at)}`,
      expected: 'after a backslash one of " \\ / b f n r t, or u and four hexadecimal digits',
      remedy: 'write \\\\ where a backslash is meant, and upload the file again',
    })
  }

  #brokenString(at: number): JsonFault {
    const ends = at >= this.#text.length
    return new JsonFault({
      received: ends
        ? `a file that ends within the text begun at ${this.#place()}`
        : `the control character '${quote(this.#text[at] ?? '')}' in a text at ${this.#place(at)}`,
      expected: 'a text that is closed by " in the same line',
      remedy: ends
        ? 'upload the complete file again'
        : 'close the text with ", or write \\n for a line end and \\t for a tab; then upload the file again',
    })
  }
}

const literals = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
/** As far as something looks like one number, so that `012` or `1.2.3` is told as a whole. */
const numberToken = /-?[\w.+-]*/y
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** What people who write such a character mean most often. */
function advice(found: string | undefined, before: string | undefined, expected: string): string {
  if (found === undefined) return 'the file looks cut off: complete it'
  if (before === ',' && (found === '}' || found === ']')) return 'delete the comma before it'
  if (found === "'" || /[\u2018-\u201f]/.test(found)) return 'put names and texts in straight double quotes (")'
  if (found === '/' || found === '#') return 'delete the comment, since JSON has none'
  if (/^(true|false|none|nan|infinity|undefined)$/i.test(found)) {
    return 'write true, false or null in small letters, or put it in double quotes if it is a text'
  }
  if (expected.startsWith('a field name')) return 'put the field name in double quotes'
  if (expected.startsWith("','") && /["\w{[]/.test(found)) return 'put a comma before it'
  if (expected.startsWith('the end')) return 'delete what follows'
  return 'correct it (an editor with JSON support shows the place)'
}
