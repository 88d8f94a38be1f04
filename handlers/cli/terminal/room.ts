/** How much of a plan, or of the held changes, is shown. */
export type Room = {
  /** Up to this many links of one kind, or reasons, are all shown; of more, only the first few. */
  readonly links: number
  readonly accounts: number
}

export const brief: Room = { links: 20, accounts: 3 }
export const few: Room = { links: 5, accounts: 3 }
export const verbose: Room = { links: Number.POSITIVE_INFINITY, accounts: Number.POSITIVE_INFINITY }

const linksOfMany = 5

/** The items that have room. A person reads only a few of thousands, and looks at the figures. */
export function takeFirst<T>(all: readonly T[], { links }: Room): readonly T[] {
  return all.length <= links ? all : all.slice(0, linksOfMany)
}
