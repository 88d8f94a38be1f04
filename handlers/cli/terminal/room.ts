/** How much is told of a plan, or of what the brake holds. */
export type Room = {
  /** So many links of one kind, or so many reasons, are all told; of more, the first few. */
  readonly links: number
  readonly accounts: number
}

export const brief: Room = { links: 20, accounts: 3 }
/** Of more than a few, the first few. */
export const few: Room = { links: 5, accounts: 3 }
export const verbose: Room = { links: Number.POSITIVE_INFINITY, accounts: Number.POSITIVE_INFINITY }

const linksOfMany = 5

/** Those that there is room for. Of thousands a person reads a few, and looks at the figures. */
export function takeFirst<T>(all: readonly T[], { links }: Room): readonly T[] {
  return all.length <= links ? all : all.slice(0, linksOfMany)
}
