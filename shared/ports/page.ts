import { unlessCode } from './service-error.ts'

/** One page of a listing. Without `nextToken` it is the last. A short or empty page need not be the last. */
export type Page<T> = { readonly items: readonly T[]; readonly nextToken?: string | undefined }

/** All items of a paged listing, page by page. */
export async function* listAll<T>(page: (nextToken: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
  let nextToken: string | undefined
  do {
    const { items, nextToken: next } = await page(nextToken)
    yield* items
    nextToken = next
  } while (nextToken !== undefined)
}

/**
 * All pages about a permission set, a group or a user; none if it is gone. A deleted permission set has no assignments, because AWS does not
 * delete one that has some.
 */
export async function listUnlessGone<T>(pages: (token?: string) => Promise<Page<T>>): Promise<readonly T[]> {
  return (await unlessCode(Array.fromAsync(listAll(pages)), 'ResourceNotFoundException')) ?? []
}
