/** Characters of two columns: East Asian wide and full-width characters, and emoji (Unicode Standard Annex #11). */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u

/** How many columns a text takes on a terminal, without colours. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += widthOf(character)
  return width
}

/** The text cut to `most` columns, with `…` in its middle for the missing part. */
export function cutToWidth(text: string, most: number): string {
  if (textWidth(text) <= most) return text
  const characters = [...text]
  const head = takeWhileFits(characters, Math.ceil((most - 1) / 2))
  const tail = takeWhileFits(characters.toReversed(), Math.floor((most - 1) / 2)).toReversed()
  return `${head.join('')}…${tail.join('')}`
}

function takeWhileFits(characters: readonly string[], most: number): readonly string[] {
  let width = 0
  const end = characters.findIndex((character) => {
    width += widthOf(character)
    return width > most
  })
  return end === -1 ? characters : characters.slice(0, end)
}

function widthOf(character: string): number {
  if (/\p{M}/u.test(character)) return 0
  return wide.test(character) ? 2 : 1
}
