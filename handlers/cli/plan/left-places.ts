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

/** Only a whole place may be empty in the folder: `hygiene.json` and a folder of `--folder` may not. */
export function describeLeftPlace({ place, files }: LeftPlace): Text {
  const [stay, them] = files === 1 ? ['stays', 'it'] : ['stay', 'them']
  const remedy = /^[^/]+\/$/.test(place)
    ? say`push an empty folder ${bare(place)} (in git, with the file ${bare(`${place}.gitkeep`)} in it)`
    : `delete ${them} there`
  return say`the folder has no ${bare(place, 300)}, so ${count(files, 'file')} ${stay} in the bucket. To delete ${them}, ${remedy}.`
}
