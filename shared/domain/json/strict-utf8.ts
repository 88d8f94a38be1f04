import { type Parsed, parsed, refused } from '../statuses/complaint.ts'

/**
 * The body as text, if it is UTF-8 without a byte order mark. An empty body is an empty text. The complaint names other encodings and
 * archives: after "not JSON" an uploader would look in the wrong place.
 */
export function decodeStrictUtf8(object: string, body: Uint8Array): Parsed<string> {
  const expected = 'text in UTF-8 without a byte order mark'
  const other = otherFormat(body)
  if (other !== undefined) return refused({ object, received: other[0], expected, remedy: other[1] })
  try {
    return parsed(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    const [readable = ''] = new TextDecoder().decode(body).split('\ufffd')
    return refused({
      object,
      received: `a byte that is not UTF-8, in line ${readable.split('\n').length}`,
      expected,
      remedy:
        'save the file as UTF-8 (it looks like Windows-1252 or Latin-1, or like a binary file) and upload it again',
    })
  }
}

/** The format by its first bytes, and the remedy. */
function otherFormat(body: Uint8Array): readonly [received: string, remedy: string] | undefined {
  const [a, b, c, d] = body
  const unpack = 'unpack it and upload the text itself (with aws s3 cp: without content encoding)'
  const save = 'save the file as UTF-8 without BOM (PowerShell: -Encoding utf8NoBOM) and upload it again'
  if (a === 0x1f && b === 0x8b) return ['gzip data', unpack]
  if (a === 0x50 && b === 0x4b && c === 3 && d === 4) return ['ZIP data', unpack]
  if (a === 0xef && b === 0xbb && c === 0xbf) return ['UTF-8 with a byte order mark (BOM, the bytes EF BB BF)', save]
  // JSON begins with ASCII characters, so other encodings have zero bytes there. (RFC 4627, section 3.)
  const isWide = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || [a, b, c, d].includes(0)
  return isWide ? ['text in UTF-16 or UTF-32', save] : undefined
}
