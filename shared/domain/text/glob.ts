/**
 * Whether a text matches a glob: `*` stands for any characters, `/` included, and `?` for one. Takes at most as many steps as the lengths
 * of glob and text, multiplied. A regular expression of the same meaning can take years.
 */
export function matchesGlob(glob: string): (text: string) => boolean {
  return matcherOf(glob, isSameOrAny)
}

/** Whether a text matches one of these globs. */
export function fitsOne(globs: readonly string[], text: string): boolean {
  return globs.some((glob) => matchesGlob(glob)(text))
}

/** Like `matchesGlob`, with `#` for one digit, as in `CHG#######`. */
export function matchesTicketPattern(pattern: string): (text: string) => boolean {
  return matcherOf(pattern, (one, character) => (one === '#' ? /^[0-9]$/.test(character) : isSameOrAny(one, character)))
}

/**
 * Whether a pattern of a policy matches this action, both in small letters: `*` is any number of characters, `?` is one, also in the
 * middle. Actions are ASCII, so this compares units of the string: there are millions of such questions. Source: IAM User Guide, "IAM JSON
 * policy elements: Action".
 */
export function matchesAction(pattern: string, action: string): boolean {
  return fitsWhole(pattern, action, isSameOrAny)
}

type FitsOne = (one: string, character: string) => boolean

const isSameOrAny: FitsOne = (one, character) => one === '?' || one === character

/** Compares whole characters. Some are two units of a string. */
function matcherOf(glob: string, fits: FitsOne): (text: string) => boolean {
  const pattern = [...glob]
  return (text) => fitsWhole(pattern, [...text], fits)
}

/** Goes back only to the last `*`: whatever an earlier `*` could match besides, the last one can match too. */
export function fitsWhole(pattern: ArrayLike<string>, text: ArrayLike<string>, fits: FitsOne): boolean {
  let [at, star, retry] = [0, -1, 0]
  for (let read = 0; read < text.length; ) {
    const one = pattern[at]
    if (one === '*') {
      star = at++
      retry = read
    } else if (one !== undefined && fits(one, text[read] ?? '')) {
      at++
      read++
    } else if (star >= 0) {
      at = star + 1
      read = ++retry
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

const [anyText, anyOne] = ['*', '?'].map((one) => one.charCodeAt(0))

/** Whether some text matches both globs. Takes as many steps as the lengths, multiplied. */
export function overlap(a: string, b: string): boolean {
  const codes = Uint16Array.from(b, (one) => one.charCodeAt(0))
  const { length } = codes
  // For each place in `b`: whether the read part of `a` can lead there.
  let row = new Uint8Array(length + 1)
  let next = new Uint8Array(length + 1)
  row[0] = 1
  passStars(row, codes)
  for (let at = 0; at < a.length; at++) {
    const one = a.charCodeAt(at)
    if (one === anyText) {
      const first = row.indexOf(1)
      if (first < 0) return false
      row.fill(1, first)
      continue
    }
    next.fill(0)
    for (let place = 0; place < length; place++) {
      if (row[place] === 0) continue
      const other = codes[place]
      if (other === anyText) next[place] = 1
      else if (one === other || one === anyOne || other === anyOne) next[place + 1] = 1
    }
    passStars(next, codes)
    ;[row, next] = [next, row]
  }
  return row[length] === 1
}

/** A `*` may stand for nothing. */
function passStars(row: Uint8Array, codes: Uint16Array): void {
  for (let place = 0; place < codes.length; place++)
    if (row[place] === 1 && codes[place] === anyText) row[place + 1] = 1
}

/** Whether every text that matches `inner` matches `outer` too. In doubt the answer is no. */
export function covers(outer: string, inner: string): boolean {
  return matcherOf(outer, (one, character) => character !== '*' && isSameOrAny(one, character))(inner)
}
