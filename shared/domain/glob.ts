/**
 * Whether a text is what a glob says: `*` stands for any characters, `/` included, and `?` for one. Takes at most as many steps
 * as glob and text have characters, multiplied: a regular expression of the same meaning can take years.
 */
export function matchesGlob(glob: string): (text: string) => boolean {
  return matcherOf(glob, (one, character) => one === '?' || one === character)
}

/** The same with `#` for one digit, as in `CHG#######`. */
export function matchesTicketPattern(pattern: string): (text: string) => boolean {
  return matcherOf(pattern, (one, character) =>
    one === '#' ? /^[0-9]$/.test(character) : one === '?' || one === character,
  )
}

type FitsOne = (one: string, character: string) => boolean

/** Only the last `*` that was passed is ever tried again: what an earlier one could take besides, the later one can too. */
function matcherOf(glob: string, fits: FitsOne): (text: string) => boolean {
  const pattern = [...glob]
  return (text) => {
    const characters = [...text]
    let [at, read] = [0, 0]
    let star: { readonly at: number; read: number } | undefined
    while (read < characters.length) {
      const one = pattern[at]
      if (one === '*') {
        star = { at, read }
        at++
      } else if (one !== undefined && fits(one, characters[read] ?? '')) {
        at++
        read++
      } else if (star) {
        star.read++
        at = star.at + 1
        read = star.read
      } else return false
    }
    return pattern.slice(at).every((one) => one === '*')
  }
}

const [anyText, anyOne] = ['*', '?'].map((one) => one.charCodeAt(0))

/** Whether some text fits both globs. Steps: the lengths multiplied. */
export function overlap(a: string, b: string): boolean {
  const codes = Uint16Array.from(b, (one) => one.charCodeAt(0))
  const { length } = codes
  // For each place in `b`: whether one can be there after the part of `a` that was read.
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

/** Whether every text that fits `inner` fits `outer` too. In doubt it says no. */
export function covers(outer: string, inner: string): boolean {
  return matcherOf(outer, (one, character) => character !== '*' && (one === '?' || one === character))(inner)
}
