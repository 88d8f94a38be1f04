import type { Configuration } from '../../domain/deployment/configuration.ts'
import { kindOf, parseInput } from '../../domain/inputs/kinds.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { countRejected, crowdOf, crowdPrefix, describeCrowd, isCrowdBelow } from './crowds.ts'
import { forEachAtOnce } from './list-heads.ts'
import { inputOfStatus, type StatusStore, statusPrefix } from './status-store.ts'

/** The most files of a crowd that one sweep reads, to find those that became valid. The next sweep reads others. */
const readMost = 1_000
const sweepMs = 5 * 60_000

type Sources = {
  readonly objects: ObjectStore
  readonly statuses: StatusStore
  readonly configuration: Pick<Configuration, 'folders' | 'limits'>
  readonly now: Date
  /** The prefixes and keys of these kinds. */
  readonly places: readonly string[]
}

/**
 * Which of these files without a status to look at, and the status of each crowd of people's files. `untold`: all files of these kinds
 * that have none, below `places`.
 *
 * | a file without a status                    | then        |
 * | ------------------------------------------ | ----------- |
 * | its crowd has no status                    | look at it  |
 * | among the first that there is room for     | look at it  |
 * | its name or its body is invalid            | leave it    |
 * | its body was not read in this sweep        | leave it    |
 * | any other                                  | look at it  |
 */
export async function sweepCrowds(untold: readonly string[], sources: Sources): Promise<readonly string[]> {
  const { objects, statuses, configuration, places } = sources
  const { folders, limits } = configuration
  const byCrowd = Map.groupBy(untold.toSorted(), (key) => crowdOf(key, folders))
  for await (const { key } of objects.list(statusPrefix + crowdPrefix)) {
    const crowd = inputOfStatus(key)
    if (!places.some((place) => isCrowdBelow(crowd, place))) continue
    const files = byCrowd.get(crowd) ?? []
    const room = limits.notValidFiles - (await countRejected(objects, crowd, folders, limits.notValidFiles))
    const beyond = files.slice(room)
    await statuses.revise(crowd, async () =>
      beyond.length > 0 ? describeCrowd(crowd, limits.notValidFiles, beyond) : undefined,
    )
    byCrowd.set(crowd, [...files.slice(0, room), ...(await listValid(beyond, sources))])
  }
  return [...byCrowd.values()].flat()
}

/** Those of a part of these files that are valid now: each sweep reads the next part. */
async function listValid(keys: readonly string[], { objects, now }: Sources): Promise<readonly string[]> {
  const named = keys.filter((key) => kindOf(key)?.parseName?.(key).ok !== false)
  const parts = Math.ceil(named.length / readMost)
  const start = readMost * (Math.floor(now.getTime() / sweepMs) % Math.max(1, parts))
  const valid: string[] = []
  await forEachAtOnce(named.slice(start, start + readMost), async (key) => {
    const [kind, found] = [kindOf(key), await objects.get(key)]
    if (kind && found && parseInput(kind, key, found.body, found.size).ok) valid.push(key)
  })
  return valid
}
