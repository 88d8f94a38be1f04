export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
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

type XmlValue = string | number | boolean | Date | undefined | XmlMembers | readonly XmlValue[]
export type XmlMembers = { readonly [name: string]: XmlValue }

/** Elements by name, escaped: an object has nested elements, a list repeats its element, and `undefined` leaves it out. */
export function xmlMembers(members: XmlMembers): string {
  return Object.entries(members)
    .map(([name, value]) => xmlElement(name, value))
    .join('')
}

/** A document in the namespace of S3. Pass elements that alternate as text, because an object has each name once. */
export function s3Document(name: string, members: XmlMembers | string): string {
  const content = typeof members === 'string' ? members : xmlMembers(members)
  return `${xmlDeclaration}<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${name}>`
}

function xmlElement(name: string, value: XmlValue): string {
  if (value === undefined) return ''
  if (isList(value)) return value.map((one) => xmlElement(name, one)).join('')
  if (value instanceof Date) return xmlElement(name, value.toISOString())
  return `<${name}>${typeof value === 'object' ? xmlMembers(value) : escapeXml(String(value))}</${name}>`
}

/** A map in the query protocol. */
export function xmlMap(values: Readonly<Record<string, XmlValue>>): XmlMembers {
  return { entry: Object.entries(values).map(([key, value]) => ({ key, value })) }
}

const isList = (value: XmlValue): value is readonly XmlValue[] => Array.isArray(value)

/** The unescaped texts of the elements of this name, except those with attributes or children. */
export function* xmlTexts(xml: string, name: string): Generator<string> {
  for (const [, text = ''] of xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))) yield unescapeXml(text)
}
