/**
 * Orders keys as S3 lists them: by their UTF-8 bytes, which is by code point. JavaScript's own order, by UTF-16 code unit, differs beyond
 * U+FFFF. (S3 API Reference, "ListObjectsV2"; S3 User Guide, "Listing object keys".)
 */
export function compareKeys(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let index = 0; index < shorter; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Ascending by UTF-16 code units, as `<` compares. S3 has another order: see `compareKeys`. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Surrogates (D800 to DFFF) stand for code points above U+FFFF, so they come after E000 to FFFF. */
function rank(codeUnit: number): number {
  if (codeUnit < 0xd800) return codeUnit
  return codeUnit > 0xdfff ? codeUnit - 0x800 : codeUnit + 0x2000
}
