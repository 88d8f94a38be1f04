import type { Page } from '../ports/page.ts'

/** The requested part of a listing: at most `most` items after the one that `nextToken` names. */
export type PageRequest = { readonly nextToken?: string | undefined; readonly most: number }

/**
 * One page of a listing ordered by key. The token names the last key of the previous page. So a listing contains every key that existed
 * throughout, whatever is added or removed between two pages.
 * `keys` ascend by code unit. `undefined`: this function did not issue the token.
 */
export function pageOf(keys: readonly string[], { nextToken, most }: PageRequest): Page<string> | undefined {
  const after = nextToken === undefined ? undefined : readToken(nextToken)
  if (nextToken !== undefined && after === undefined) return undefined
  const start = after === undefined ? 0 : firstAfter(keys, after)
  const items = keys.slice(start, start + most)
  const last = items.at(-1)
  return last === undefined || start + most >= keys.length ? { items } : { items, nextToken: renderToken(last) }
}

/** Index of the first key greater than `key`. */
export function firstAfter(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') <= key) low = middle + 1
    else high = middle
  }
  return low
}

// Base64url stays within the token patterns of all three services: `[-a-zA-Z0-9+=/_]*` is the narrowest.
const tokenPrefix = 'after:'

function renderToken(key: string): string {
  return Buffer.from(tokenPrefix + key).toString('base64url')
}

function readToken(token: string): string | undefined {
  const text = Buffer.from(token, 'base64url').toString()
  return text.startsWith(tokenPrefix) && renderToken(text.slice(tokenPrefix.length)) === token
    ? text.slice(tokenPrefix.length)
    : undefined
}
