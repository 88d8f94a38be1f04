/** Field names and list positions (from 0), from the outermost in. */
export type JsonPath = readonly PropertyKey[]

/** Lines and columns from 1, as editors count. */
export type TextPlace = { readonly line: number; readonly column: number }

/** A fault at one place of a JSON document. `remedy` is an instruction without a full stop. */
export type JsonFault = {
  readonly path: JsonPath
  /** The field of the object at `path` that should not be there. */
  readonly field?: string
  readonly received: string
  readonly expected: string
  readonly remedy: string
}

/** A fault of one object, in four parts. `remedy` is an instruction that the uploader can follow. */
export type Complaint = {
  readonly object: string
  readonly received: string
  readonly expected: string
  readonly remedy: string
  /** The faults of a JSON document one by one, at most 100. The parts above join the first five. */
  readonly faults?: readonly JsonFault[]
  /** Where the text stops being JSON. */
  readonly place?: TextPlace
}

/** A bad input is a value, not an exception. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly complaint: Complaint }

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

export function refused(complaint: Complaint): Parsed<never> {
  return { ok: false, complaint }
}

/** One line, for a terminal or a log: `object: received …, expected …; remedy`. */
export function renderComplaint({ object, received, expected, remedy }: Complaint): string {
  return `${quote(object, 1024)}: received ${received}, expected ${expected}; ${remedy}`
}

/**
 * A name from outside, made safe for a sentence. Control, format and line-breaking characters, lone surrogates and Unicode's
 * noncharacters are escaped. So a name can neither forge a log line nor reverse the text (right-to-left marks), and services take it.
 * A name of more than `most` UTF-16 units is cut in the middle, between two characters.
 */
export function quote(text: string, most = 120): string {
  return cutInTheMiddle(text, most).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{NChar}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}

function cutInTheMiddle(text: string, most: number): string {
  if (text.length <= most) return text
  const half = Math.floor(most / 2)
  const start = text.slice(0, half).replace(/[\ud800-\udbff]$/, '')
  const end = text.slice(-half).replace(/^[\udc00-\udfff]/, '')
  return `${start}…${end}`
}
