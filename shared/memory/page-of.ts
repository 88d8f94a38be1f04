import type { Page } from '../ports/page.ts'

/** The requested part of a listing: at most `most` items after the one that `nextToken` names. */
export type PageRequest = { readonly nextToken?: string | undefined; readonly most: number }

/**
 * One page of a listing ordered by key. The token names the last key of the previous page. So a listing contains every key that existed
 * throughout, whatever is added or removed between two pages.
 * `keys` ascend by code unit. `undefined`: this function did not issue the token.
 */
export function pageOf(keys: readonly string[], { nextToken, most }: PageRequest): Page<string> | undefined {
  const after = startOf(nextToken)
  if (after === undefined) return undefined
  const start = firstAfter(keys, after)
  return cutPage(keys.slice(start, start + most + 1), (key) => key, most)
}

/** The same for items that are made one by one, their keys ascending: 50,000 rows in pages of 100 would be made 500 times. */
export function pageOfItems<T>(
  items: Iterable<T>,
  keyOf: (item: T) => string,
  { nextToken, most }: PageRequest,
): Page<T> | undefined {
  const after = startOf(nextToken)
  if (after === undefined) return undefined
  const rest = Iterator.from(items).filter((item) => keyOf(item) > after)
  return cutPage([...rest.take(most + 1)], keyOf, most)
}

/** The same for a few items in any order, each with a key of its own. Throws `invalid` for a token that this function did not issue. */
export function sortedPage<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  request: PageRequest,
  invalid: () => Error,
): Page<T> {
  const sorted = items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const page = pageOfItems(sorted, keyOf, request)
  if (page === undefined) throw invalid()
  return page
}

function cutPage<T>(rest: readonly T[], keyOf: (item: T) => string, most: number): Page<T> {
  const items = rest.slice(0, most)
  const last = items.at(-1)
  return last === undefined || rest.length <= most ? { items } : { items, nextToken: renderToken(keyOf(last)) }
}

/** A page begins after this key; '' is before all. `undefined`: this function did not issue the token. */
export function startOf(nextToken: string | undefined): string | undefined {
  return nextToken === undefined ? '' : readToken(nextToken)
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
