import type { JsonPath } from './json-path.ts'

/** Lines and columns from 1, as editors count. */
export type TextPlace = { readonly line: number; readonly column: number }

export function placeAt(text: string, at: number): TextPlace {
  const before = text.slice(0, at).split(/\r\n|\n|\r/)
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

/**
 * Where the value at `path` begins in a text that is JSON; where there is none, the innermost value around it that there
 * is. Only for telling a person: it reads the text once more.
 */
export function placeOf(text: string, path: JsonPath): TextPlace {
  const tokens = [...text.matchAll(jsonToken)]
  let at = 0
  for (const step of path) {
    const inner = findInner(tokens, at, step)
    if (inner === undefined) break
    at = inner
  }
  return placeAt(text, tokens[at]?.index ?? 0)
}

type Token = { readonly 0: string; readonly index: number }

const jsonToken = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g

/** The token that begins the value of a field, or of an item, of the value that begins at `start`. */
function findInner(tokens: readonly Token[], start: number, step: PropertyKey): number | undefined {
  const opening = tokens[start]?.[0]
  if (opening !== '{' && opening !== '[') return undefined
  const skipsName = opening === '{' ? 2 : 0
  for (let at = start + 1, index = 0; at < tokens.length && !isClosing(tokens[at]); index++) {
    const name = opening === '{' ? JSON.parse(tokens[at]?.[0] ?? '""') : index
    if (name === step) return at + skipsName
    at = skipValue(tokens, at + skipsName)
    if (tokens[at]?.[0] === ',') at += 1
  }
  return undefined
}

function skipValue(tokens: readonly Token[], start: number): number {
  for (let at = start, depth = 0; at < tokens.length; at++) {
    const text = tokens[at]?.[0]
    if (text === '{' || text === '[') depth += 1
    if (isClosing(tokens[at])) depth -= 1
    if (depth === 0) return at + 1
  }
  return tokens.length
}

function isClosing(token: Token | undefined): boolean {
  return token?.[0] === '}' || token?.[0] === ']'
}
