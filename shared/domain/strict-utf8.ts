import { type Parsed, parsed, refused } from './complaint.ts'

/**
 * The body as text, if it is UTF-8 without a byte order mark and nothing else; an empty body is an empty text.
 * Other encodings and archives are named, because "not JSON" would send whoever uploaded them looking in the wrong place.
 */
export function decodeStrictUtf8(object: string, body: Uint8Array): Parsed<string> {
  const other = otherFormat(body)
  if (other !== undefined) return refused({ object, expected: 'text in UTF-8 without a byte order mark', ...other })
  try {
    return parsed(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return refused({
      object,
      received: `${firstInvalidByte(body)}, which is not UTF-8`,
      expected: 'text in UTF-8 without a byte order mark',
      remedy:
        'save the file as UTF-8 (it looks like Windows-1252 or Latin-1, or like a binary file) and upload it again',
    })
  }
}

type Format = { readonly received: string; readonly remedy: string }

const saveAsUtf8 = 'save the file as UTF-8 without BOM (PowerShell: -Encoding utf8NoBOM) and upload it again'

function otherFormat(body: Uint8Array): Format | undefined {
  const [a, b, c, d] = body
  if (a === 0x1f && b === 0x8b) return archive('gzip')
  if (a === 0x50 && b === 0x4b && c === 3 && d === 4) return archive('ZIP')
  if (a === 0xef && b === 0xbb && c === 0xbf) {
    return { received: 'UTF-8 with a byte order mark (BOM, the bytes EF BB BF)', remedy: saveAsUtf8 }
  }
  const encoding = wideEncoding(body)
  return encoding === undefined ? undefined : { received: `text in ${encoding}`, remedy: saveAsUtf8 }
}

function archive(name: string): Format {
  return {
    received: `${name} data`,
    remedy: 'unpack it and upload the text itself (with aws s3 cp: without content encoding)',
  }
}

/** By the byte order mark, or by where the zero bytes are: RFC 4627, section 3 (JSON begins with ASCII characters). */
function wideEncoding(body: Uint8Array): string | undefined {
  const [a, b, c, d] = body
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'UTF-32 (little endian)' : 'UTF-16 (little endian)'
  if (a === 0xfe && b === 0xff) return 'UTF-16 (big endian)'
  if (a === 0 && b === 0 && ((c === 0xfe && d === 0xff) || (c === 0 && d !== 0 && d !== undefined))) {
    return 'UTF-32 (big endian)'
  }
  if (a !== 0 && b === 0) {
    if (c === 0 && d === 0) return 'UTF-32 (little endian)'
    if (c === undefined || (c !== 0 && (d === 0 || d === undefined))) return 'UTF-16 (little endian)'
  }
  if (a === 0 && b !== 0 && b !== undefined && (c === undefined || c === 0)) return 'UTF-16 (big endian)'
  return undefined
}

/** Where the lossy decoding, encoded again, first differs from the body. */
function firstInvalidByte(body: Uint8Array): string {
  const again = new TextEncoder().encode(new TextDecoder('utf-8').decode(body))
  const offset = body.findIndex((byte, index) => byte !== again[index])
  const line = body.subarray(0, offset).filter((byte) => byte === 0x0a).length + 1
  const byte = (body[offset] ?? 0).toString(16).toUpperCase().padStart(2, '0')
  return `the byte ${byte} (hexadecimal) in line ${line}`
}
