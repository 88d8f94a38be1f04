/** One page of a listing; no `nextToken`: it was the last. A page may be short, or empty, and still not be the last. */
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
