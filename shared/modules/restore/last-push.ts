import type { KeyVersions, ObjectVersions } from '../../ports/object-versions.ts'

/** A push waits at most this long between two writes, when S3 is too busy. A person who looks and undoes takes longer. */
const pauseMs = 20_000

export type LastPush = {
  /** Its beginning and end, in S3's whole seconds. */
  readonly from: Date
  readonly to: Date
  readonly keys: readonly string[]
}

/** The latest uploads and deletions among these files, back to a pause of 20 seconds; `undefined`: none. Reads only. */
export async function findLastPush(
  versions: ObjectVersions,
  { places, isMeant }: { readonly places: readonly string[]; readonly isMeant: (key: string) => boolean },
): Promise<LastPush | undefined> {
  const files: KeyVersions[] = []
  for (const place of places) for await (const file of versions.list(place)) if (isMeant(file.key)) files.push(file)
  const times = files.flatMap(timesOf).sort((a, b) => b - a)
  const [newest] = times
  if (newest === undefined) return undefined
  const gap = times.findIndex((time, index) => time - (times[index + 1] ?? Number.NEGATIVE_INFINITY) > pauseMs)
  const from = times[gap] ?? newest
  const pushed = files.filter((file) => timesOf(file).some((time) => time >= from))
  return { from: new Date(from), to: new Date(newest), keys: pushed.map(({ key }) => key) }
}

function timesOf({ versions, deletions }: KeyVersions): readonly number[] {
  return [...versions.map(({ lastModified }) => lastModified), ...deletions].map((time) => time.getTime())
}
