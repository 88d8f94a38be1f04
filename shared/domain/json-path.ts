import { quote } from './complaint.ts'
import type { JsonPath } from './json-fault.ts'

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
