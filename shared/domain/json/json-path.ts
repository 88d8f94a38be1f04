import { findNodeAtLocation, parseTree } from 'jsonc-parser'
import { type JsonPath, quote, type TextPlace } from '../statuses/complaint.ts'

/** A longer path is cut in the middle: names from outside may have any length. */
const pathMost = 300

/** As in JSONPath (RFC 9535): `$.tags[3].Key`, and `$` for the whole document. A name that is no identifier stands in brackets. */
export function renderJsonPath(path: JsonPath): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`
    const name = String(step)
    return /^[A-Za-z_]\w{0,60}$/.test(name) ? `.${name}` : `['${quote(name, 60)}']`
  })
  const text = `$${steps.join('')}`
  return text.length <= pathMost ? text : `${text.slice(0, pathMost / 2)}…${text.slice(-pathMost / 2)}`.toWellFormed()
}

/**
 * The position of the value at `path` in a JSON text. If there is no such value: of the innermost value around it. Parses the text again,
 * so use it only for messages.
 */
export function placeOf(text: string, path: JsonPath): TextPlace {
  const root = parseTree(text)
  const steps = path.filter((step) => typeof step !== 'symbol')
  const around = steps.map((_, index) => root && findNodeAtLocation(root, steps.slice(0, index + 1)))
  const offset = (around.findLast((node) => node !== undefined) ?? root)?.offset ?? 0
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/)
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
