import type { ObjectStore } from '../../ports/object-store.ts'
import { type DrillRecord, drillPrefix, drillRecord } from './rules/drill-record.ts'

/** Records of drills. An invalid record counts as no drill. */
export async function listDrills(objects: Pick<ObjectStore, 'list' | 'get'>): Promise<readonly DrillRecord[]> {
  const keys = (await Array.fromAsync(objects.list(drillPrefix))).map(({ key }) => key)
  const found = await Promise.all(keys.map((key) => objects.get(key)))
  return found.flatMap((object) => (object === undefined ? [] : toDrill(new TextDecoder().decode(object.body))))
}

export function toDrill(text: string): readonly DrillRecord[] {
  try {
    const { data } = drillRecord.safeParse(JSON.parse(text))
    return data === undefined ? [] : [data]
  } catch {
    return []
  }
}
