import type { NamedPrincipal } from '../../ports/identity-store.ts'
import type { Page } from '../../ports/page.ts'
import { isServiceError } from '../../ports/service-error.ts'

/** The most keys to look up only one by one. */
const oneByOneMost = 20
/** Identity Store answers 20 calls a second to each operation, so more calls at once only wait. */
const lookUpsAtOnce = 8
/** The most keys to look up that a complete listing lacks. If none of them exists, believe the listing about the rest. */
const confirmedMost = 30

/** How to find parts of a directory by `Key`: names by ids, or ids by names. */
type Search<Key, Value> = {
  /** Absent: the caller has just listed everything, and these keys were missing. */
  readonly list?: ((nextToken: string | undefined) => Promise<Page<NamedPrincipal>>) | undefined
  readonly entryOf: (principal: NamedPrincipal) => readonly [Key, Value]
  readonly lookUp: (key: Key) => Promise<Value | undefined>
}

/**
 * The values of these keys; `undefined`: none. A listing (100 a page) is faster in a small directory, single look-ups are faster in a large
 * one, and the size is unknown. The two have separate rates (IAM Identity Center User Guide, "Quotas and limits": 20 calls a second to each
 * API of a store). So both run at once until no key is left.
 *
 * A listing may lag, so a key that it lacks is looked up: at most `confirmedMost` of them, or all if one of them existed. Only for display:
 * decisions ask for each key.
 */
export async function findTogether<Key, Value>(
  keys: Iterable<Key>,
  { list, entryOf, lookUp }: Search<Key, Value>,
): Promise<ReadonlyMap<Key, Value | undefined>> {
  const left = new Set(keys)
  const found = new Map<Key, Value | undefined>()
  const isFew = left.size <= oneByOneMost
  let isListed = list === undefined && !isFew
  let confirmed = 0
  let lags = false
  const isBelieved = () => isListed && !lags && confirmed >= confirmedMost
  const lookUpEach = async () => {
    for (const key of left) {
      if (isBelieved()) return
      left.delete(key)
      const wasListed = isListed
      const value = await lookUp(key)
      found.set(key, value)
      if (!wasListed) continue
      if (value === undefined) confirmed++
      else lags = true
    }
  }
  const lookUpAll = async () => {
    while (left.size > 0 && !isBelieved()) await Promise.all(Array.from({ length: lookUpsAtOnce }, lookUpEach))
  }
  const listUntilFound = async (page: NonNullable<typeof list>) => {
    let nextToken: string | undefined
    do {
      const { items, nextToken: next } = await page(nextToken)
      for (const [key, value] of items.map(entryOf)) if (left.delete(key)) found.set(key, value)
      nextToken = next
    } while (nextToken !== undefined && left.size > 0)
    isListed = nextToken === undefined
  }
  const listing = isFew || !list ? undefined : listUntilFound(list).catch(unlessService)
  try {
    await Promise.all([listing, lookUpAll()])
    for (const key of left) found.set(key, undefined)
    return found
  } finally {
    // Stops both after a failure.
    left.clear()
  }
}

/** A refused listing costs only time: look-ups find the same. */
function unlessService(error: unknown): void {
  if (!isServiceError(error)) throw error
}
