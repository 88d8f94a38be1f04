import type { AssignmentKey } from '../assignments/assignment.ts'
import { hasName, type Names, withName } from '../text/sorted-names.ts'
import { type BrakeList, type BrakeRecord, type BrakeWindow, isSameScope } from './brake-record.ts'

/**
 * One record with everything that either holds, counts or released: ssofile began `present` while `saved` was missing. A window of both
 * counts the items of both from the later beginning, because too few revocations are better than too many.
 *
 * | part                         | in both                       | on another list of `present` |
 * | ---------------------------- | ----------------------------- | ---------------------------- |
 * | a list, by rule and cause    | has the names of both         |                              |
 * | an access on a list          | once                          | stays there                  |
 * | another item on a list       | once                          | stays there, if of this rule |
 * | a held file, by its name     | the one of `present`          |                              |
 * | a window, by rule and cause  | counts the items of both      |                              |
 * | a release, by its instant    | the one of `present`          |                              |
 * | access that leaves           | the one of `present`          |                              |
 */
export function mergeBrakes(present: BrakeRecord, saved: BrakeRecord): BrakeRecord {
  const leaving = [...(present.leaving ?? []), ...(saved.leaving ?? [])]
  const releases = [...present.releases, ...saved.releases]
  const contents = [...present.contents, ...saved.contents]
  return {
    ...saved,
    ...present,
    lists: saved.lists.reduce(withList, present.lists),
    contents: firstOfEach(contents, ({ name }) => name).sort((a, b) => (a.name < b.name ? -1 : 1)),
    windows: saved.windows.reduce(withCounts, present.windows),
    releases: firstOfEach(releases, ({ digest, at }) => `${digest} ${at}`),
    left: (present.left ?? 0) + (saved.left ?? 0),
    leaving: firstOfEach(leaving, ({ access }) => access),
  }
}

function withList(lists: BrakeList[], saved: BrakeList): BrakeList[] {
  const known = lists.find((list) => isSameScope(list, saved))
  const others = lists.filter((list) => list !== known)
  const isElsewhere = (name: string) =>
    others.some(({ rule, held, items }) => hasName(held, name) || (rule === saved.rule && hasName(items, name)))
  const held = [...saved.held].filter((key) => !isElsewhere(key))
  const items = [...saved.items].filter((item) => !isElsewhere(item))
  if (held.length + items.length === 0) return lists
  const names: Pick<BrakeList, 'held' | 'items'> = {
    held: held.reduce<Names<AssignmentKey>>(withName, known?.held ?? []),
    items: items.reduce<Names>(withName, known?.items ?? []),
  }
  return [...others, { ...saved, ...known, ...names }]
}

function withCounts(windows: BrakeWindow[], saved: BrakeWindow): BrakeWindow[] {
  const known = windows.find((window) => isSameScope(window, saved))
  if (known === undefined) return [...windows, saved]
  const counted = [...new Set([...saved.counted, ...known.counted])]
  return windows.map((window) => (window === known ? { ...saved, ...known, counted } : window))
}

function firstOfEach<T>(all: readonly T[], nameOf: (one: T) => string): T[] {
  return [...Map.groupBy(all, nameOf).values()].flatMap(([first]) => (first === undefined ? [] : [first]))
}
