const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Control characters become character references, as S3 writes them: a parser would otherwise change or refuse them. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be escaped
  return text.replace(/[&<>"'\x00-\x1f\x7f]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`)
}

export function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (reference, decimal, hexadecimal, name) => {
    if (name !== undefined) return entities[name] ?? reference
    return String.fromCodePoint(decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal))
  })
}

/** `<name>text</name>`, escaped. */
export function xmlElement(name: string, text: string | number | boolean): string {
  return `<${name}>${escapeXml(String(text))}</${name}>`
}

/** The unescaped texts of the elements of this name, except those with attributes or children. */
export function* xmlTexts(xml: string, name: string): Generator<string> {
  for (const [, text = ''] of xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))) yield unescapeXml(text)
}
