import { badKeys, bodies } from '../action.ts'
import { parsePlainFile } from './plain-permission-set.ts'

/** A file that nobody can make sense of: whoever uploaded it has to be told. */
export function isBadFile(input: string, body: string): boolean {
  if (input.startsWith('permission_sets/')) return parsePlainFile(body) === undefined
  return body === bodies.malformed || badKeys.some((key) => input === `links_data/${key}`)
}
