import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { ObjectVersions } from '../../ports/object-versions.ts'
import { Ledger } from '../../reconcile/records/ledger.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { isSpoiled, unlessSpoiled } from '../../reconcile/records/stored-json.ts'

/** The deleted links of held access, and the instant right before the first deletion. */
export type HeldFiles = {
  readonly places: readonly string[]
  readonly keys: ReadonlySet<string>
  readonly at: Date
}

/** More files are faster found in one listing of all links. */
const placesMost = 100

/** The files to put back, so that this access stays. `undefined`: no link of it was deleted. It only reads. */
export async function findHeldFiles(
  objects: ObjectStore,
  versions: ObjectVersions,
  held: readonly AssignmentKey[],
): Promise<HeldFiles | undefined> {
  const ledger = new Ledger(objects)
  const links = new Set<string>()
  await forEachAtOnce(held, async (key) => {
    const read = await unlessSpoiled(ledger.read(key))
    if (!isSpoiled(read)) for (const link of read?.entry.links ?? []) links.add(link.key)
  })
  const deletions = new Map<string, number>()
  await forEachAtOnce(links, async (link) => {
    if ((await objects.head(link)) !== undefined) return
    for await (const { key, deletedAt } of versions.list(link))
      if (key === link && deletedAt !== undefined) deletions.set(key, deletedAt.getTime())
  })
  if (deletions.size === 0) return undefined
  const [first = 0] = [...deletions.values()].sort((a, b) => a - b)
  const places = deletions.size > placesMost ? [kinds.link.at] : [...deletions.keys()]
  return { places, keys: new Set(deletions.keys()), at: new Date(first - 1) }
}
