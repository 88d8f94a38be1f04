import { findNodeAtLocation, parseTree } from 'jsonc-parser'
import type { JsonPath } from './json-fault.ts'

/** Lines and columns from 1, as editors count. */
export type TextPlace = { readonly line: number; readonly column: number }

/**
 * Where the value at `path` begins in a JSON text. Where there is no such value: the innermost value around it. It reads
 * the text once more, so it is only for telling a person.
 */
export function placeOf(text: string, path: JsonPath): TextPlace {
  const root = parseTree(text)
  const steps = path.filter((step) => typeof step !== 'symbol')
  const around = steps.map((_, index) => root && findNodeAtLocation(root, steps.slice(0, index + 1)))
  const offset = (around.findLast((node) => node !== undefined) ?? root)?.offset ?? 0
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/)
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
