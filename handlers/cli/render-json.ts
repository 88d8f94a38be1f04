/**
 * JSON as a terminal may show it: the same value, but what could steer the terminal or turn the text around stands as
 * `\u202e`. JSON.stringify itself escapes only the characters below U+0020 and lone surrogates.
 */
export function renderJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2).replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escapeUnits)
  return `${text}\n`
}

function escapeUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
