/** Field names and list positions (from 0), from the outermost in. */
export type JsonPath = readonly PropertyKey[]

/** What is wrong at one place of a JSON document. `remedy` is an instruction without a full stop. */
export type JsonFault = {
  readonly path: JsonPath
  /** The field of the object at `path` that should not be there. */
  readonly field?: string
  readonly received: string
  readonly expected: string
  readonly remedy: string
}
