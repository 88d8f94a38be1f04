import { quote } from './complaint.ts'

/** Field names and list positions (from 0), from the outermost in. */
export type JsonPath = readonly PropertyKey[]

/** Longer ones are cut in the middle: names from outside may be any. */
const pathMost = 300

/** As in JSONPath (RFC 9535): `$.tags[3].Key`, and `$` for the whole. A name that is no identifier stands in brackets. */
export function renderJsonPath(path: JsonPath): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`
    const name = String(step)
    return /^[A-Za-z_]\w{0,60}$/.test(name) ? `.${name}` : `['${quote(name, 60)}']`
  })
  const text = `$${steps.join('')}`
  return text.length <= pathMost ? text : `${text.slice(0, pathMost / 2)}…${text.slice(-pathMost / 2)}`.toWellFormed()
}
