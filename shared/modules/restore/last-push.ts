import type { ObjectStore } from '../../ports/object-store.ts'
import type { KeyVersions, ObjectVersions } from '../../ports/object-versions.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { findEndingReview } from './inputs-at.ts'

/** A push waits at most this long between two writes, when S3 is too busy. A person who looks and undoes takes longer. */
const pauseMs = 20_000

export type LastPush = {
  /** Its beginning and end, in S3's whole seconds. */
  readonly from: Date
  readonly to: Date
  readonly keys: readonly string[]
}

/**
 * The latest uploads and deletions among these files, back to a pause of 20 seconds; `undefined`: none. Reads only. What a review deleted
 * nobody pushed.
 */
export async function findLastPush(
  objects: ObjectStore,
  versions: ObjectVersions,
  { places, isMeant }: { readonly places: readonly string[]; readonly isMeant: (key: string) => boolean },
): Promise<LastPush | undefined> {
  let files: KeyVersions[] = []
  for (const place of places) for await (const file of versions.list(place)) if (isMeant(file.key)) files.push(file)
  for (;;) {
    const last = judgeLastPush(files)
    const ended = new Set<string>()
    await forEachAtOnce(last?.pushed ?? [], async (file) => {
      if (await findEndingReview(objects, file)) ended.add(file.key)
    })
    if (last === undefined) return undefined
    const { from, to, pushed } = last
    if (ended.size === 0) return { from, to, keys: pushed.map(({ key }) => key) }
    files = files.map((file) => (ended.has(file.key) ? withoutDeletion(file) : file))
  }
}

function judgeLastPush(files: readonly KeyVersions[]) {
  const times = files.flatMap(timesOf).sort((a, b) => b - a)
  const [newest] = times
  if (newest === undefined) return undefined
  const gap = times.findIndex((time, index) => time - (times[index + 1] ?? Number.NEGATIVE_INFINITY) > pauseMs)
  const from = times[gap] ?? newest
  const pushed = files.filter((file) => timesOf(file).some((time) => time >= from))
  return { from: new Date(from), to: new Date(newest), pushed }
}

/** As if nobody had deleted the file. */
function withoutDeletion({ deletedAt, ...file }: KeyVersions): KeyVersions {
  return { ...file, deletions: file.deletions.filter((time) => time.getTime() !== deletedAt?.getTime()) }
}

function timesOf({ versions, deletions }: KeyVersions): readonly number[] {
  return [...versions.map(({ lastModified }) => lastModified), ...deletions].map((time) => time.getTime())
}
