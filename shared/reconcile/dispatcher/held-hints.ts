import type { WorkItem } from './work-item.ts'

type Line = [WorkItem, ...WorkItem[]]

/** The number of hints of a group in work. */
export type RunningOf = (group: string) => number

/**
 * The waiting hints of one lane, by share and then by group, the oldest first.
 *
 * A group is an account or a permission set, and AWS takes one request for it at a time. So the group with the most hints takes longest and
 * must begin first (longest processing time first). Otherwise most slots are empty at the end.
 */
export class HeldHints {
  readonly #shares = new Map<string, Map<string, Line>>()
  readonly #countOfShare = new Map<string, number>()
  #count = 0

  get count(): number {
    return this.#count
  }

  countOf(group: string): number {
    return [...this.#shares.values()].reduce((sum, groups) => sum + (groups.get(group)?.length ?? 0), 0)
  }

  countOfShare(share: string): number {
    return this.#countOfShare.get(share) ?? 0
  }

  shares(): readonly string[] {
    return [...this.#shares.keys()]
  }

  *[Symbol.iterator](): Generator<WorkItem> {
    for (const groups of this.#shares.values()) for (const line of groups.values()) yield* line
  }

  add(item: WorkItem): void {
    const groups = this.#shares.get(item.share) ?? new Map<string, Line>()
    this.#shares.set(item.share, groups)
    const line = groups.get(item.group)
    if (line) line.push(item)
    else groups.set(item.group, [item])
    this.#add(item.share, 1)
  }

  /** The first hint of the group that has waited longest. A group with nothing in work comes first. */
  oldestOf(share: string, isFree: (item: WorkItem) => boolean, runningOf: RunningOf): WorkItem | undefined {
    return this.#firstBy(share, isFree, (line) => [-runningOf(line[0].group), -line[0].pulledMs])
  }

  /** The first hint of the longest group. Each hint in work halves the length of its group. */
  longestOf(share: string, isFree: (item: WorkItem) => boolean, runningOf: RunningOf): WorkItem | undefined {
    return this.#firstBy(share, isFree, (line) => [line.length / 2 ** runningOf(line[0].group), -line[0].pulledMs])
  }

  /** Removes and returns the hints of this group that `isMeant` accepts. */
  take(group: string, isMeant: (item: WorkItem) => boolean): readonly WorkItem[] {
    const taken: WorkItem[] = []
    for (const [share, groups] of this.#shares) {
      const line = groups.get(group)
      if (!line) continue
      const { meant = [], left: [first, ...others] = [] } = Object.groupBy(line, (item) =>
        isMeant(item) ? 'meant' : 'left',
      )
      taken.push(...meant)
      this.#add(share, -meant.length)
      if (first) groups.set(group, [first, ...others])
      else groups.delete(group)
      if (groups.size === 0) this.#shares.delete(share)
    }
    return taken
  }

  takeAll(): readonly WorkItem[] {
    const all = [...this]
    this.#shares.clear()
    this.#countOfShare.clear()
    this.#count = 0
    return all
  }

  #add(share: string, count: number): void {
    this.#countOfShare.set(share, this.countOfShare(share) + count)
    this.#count += count
  }

  #firstBy(
    share: string,
    isFree: (item: WorkItem) => boolean,
    rank: (line: Line) => readonly [number, number],
  ): WorkItem | undefined {
    let best: { readonly item: WorkItem; readonly rank: readonly [number, number] } | undefined
    for (const line of this.#shares.get(share)?.values() ?? []) {
      const ranked = rank(line)
      if (best && (ranked[0] < best.rank[0] || (ranked[0] === best.rank[0] && ranked[1] <= best.rank[1]))) continue
      const item = line.find(isFree)
      if (item) best = { item, rank: ranked }
    }
    return best?.item
  }
}
