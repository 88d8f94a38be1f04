import type { ObjectStore } from '../../ports/object-store.ts'
import { type DrillRecord, drillPrefix, parseDrill } from './rules/drill-record.ts'

/** Records of drills. A record that is invalid, or not under its own key, counts as no drill. */
export async function listDrills(objects: Pick<ObjectStore, 'list' | 'get'>): Promise<readonly DrillRecord[]> {
  const keys = (await Array.fromAsync(objects.list(drillPrefix))).map(({ key }) => key)
  const found = await Promise.all(keys.map(async (key) => ({ key, object: await objects.get(key) })))
  return found.flatMap(({ key, object }) => (object && parseDrill(key, new TextDecoder().decode(object.body))) ?? [])
}
