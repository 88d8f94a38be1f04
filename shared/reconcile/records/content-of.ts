import { hash } from 'node:crypto'
import { sortFields } from '../../domain/json/loose-json.ts'
import { parseStrictJson } from '../../domain/json/strict-json.ts'

/**
 * SHA-256 of the body, or `empty`. An ETag is not enough: with a KMS key, each upload of the same content has another ETag. (S3 API
 * Reference, "Object", ETag.)
 */
export function contentOf(body: Uint8Array): string {
  return body.byteLength === 0 ? 'empty' : hash('sha256', body)
}

/**
 * SHA-256 of what a JSON body says: equal for other spaces, line ends and orders of fields. git on Windows changes line ends. A body of spaces
 * and line ends says the same as an empty one. `undefined`: the body is not valid JSON.
 */
export function jsonValueOf(body: Uint8Array): string | undefined {
  if (body.every((byte) => spaces.has(byte))) return 'empty'
  const parsed = parseStrictJson('', body)
  return parsed.ok ? hash('sha256', JSON.stringify(sortFields(parsed.value))) : undefined
}

/** The bytes of space, tab, line feed and carriage return. */
const spaces: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])
