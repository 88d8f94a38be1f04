import { hash } from 'node:crypto'

/** Equal texts give equal UUIDs: ids for the objects of an organization file, so that a restart finds them again. */
export function stableUuid(text: string): string {
  const hex = hash('sha256', text)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

/** Equal texts give the same `length` hexadecimal digits (at most 64). */
export function stableHex(text: string, length: number): string {
  return hash('sha256', text).slice(0, length)
}
