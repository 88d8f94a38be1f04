/**
 * JSON that is safe on a terminal: the same value, with control and direction characters escaped, such as `\u202e`.
 * JSON.stringify itself escapes only the characters below U+0020 and lone surrogates.
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
