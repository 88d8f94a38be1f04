/**
 * Characters that a reader takes for these small letters, after NFKD and without marks: of Cyrillic, Greek and Armenian, small capitals
 * of phonetics, Cherokee, Lisu, and digits. (Unicode Technical Standard 39, "Confusable Detection".) Only the letters of the words that ssofile looks for.
 */
const lookAlikes: Readonly<Record<string, string>> = {
  a: 'аαɑᴀꭺꓮ',
  c: 'сϲᴄꮯꓚ',
  n: 'пոռɴνꓠ',
  o: 'оοօᴏøꓳ0',
  r: 'гᴦʀⲅꭱꮢꓣ',
  t: 'тτᴛꭲꓔ',
}
const letterOf: ReadonlyMap<string, string> = new Map(
  Object.entries(lookAlikes).flatMap(([letter, others]) => [...others].map((other) => [other, letter])),
)

/** A text as a person compares it: without capitals, spaces and punctuation, and in one form of Unicode. */
export function foldText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '')
}

/** Whether a person takes this text for one with the word, in small letters, although it is another word. */
export function looksLike(text: string, word: string): boolean {
  if (foldText(text).includes(word)) return false
  const plain = [
    ...foldText(text)
      .normalize('NFKD')
      .replace(/\p{M}+/gu, ''),
  ]
  return plain
    .map((one) => letterOf.get(one) ?? one)
    .join('')
    .includes(word)
}
