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
