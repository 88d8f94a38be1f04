import pLimit from 'p-limit'
import { count } from '../../../shared/domain/text/count.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { listHeads, readsAtOnce } from '../../../shared/reconcile/records/list-heads.ts'
import { isInScope } from '../folder/compare-inputs.ts'
import { bare, say, type Text } from './plan-section.ts'

/** A place in the bucket that stays as it is, since the folder lacks it as a whole. git keeps no empty folder. */
export type LeftPlace = { readonly place: string; readonly files: number }

/** Those of these places that have inputs. */
export async function findLeftPlaces(objects: ObjectStore, places: readonly string[]): Promise<readonly LeftPlace[]> {
  const counted = await pLimit(readsAtOnce).map(places, async (place) => {
    const keys = [...(await listHeads(objects, place)).keys()]
    return { place, files: keys.filter((key) => isInScope(key, { prefixes: [place] })).length }
  })
  return counted.filter(({ files }) => files > 0)
}

/** Perhaps somebody else pushes them, so this says no more than what stays. */
export function describeLeftPlace({ place, files }: LeftPlace): Text {
  return say`the folder has no ${bare(place, 300)}, so ${count(files, 'file stays', 'files stay')} in the bucket (docs/files.md#push)`
}
