import type { Complaint } from '../../domain/statuses/complaint.ts'
import { rejection } from '../../domain/statuses/status.ts'
import type { Ports } from '../../ports/ports.ts'
import { listHeads } from '../records/list-heads.ts'
import { inputOfStatus, StatusStore, statusPrefix } from '../records/status-store.ts'

/**
 * Writes a status for each broken file of governance under a prefix, as for an input, and removes it from the others. Safe to
 * repeat after an interruption. Returns the broken keys.
 */
export async function tellBroken(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  prefix: string,
  broken: readonly Complaint[],
): Promise<readonly string[]> {
  const statuses = new StatusStore(objects, clock)
  for (const complaint of broken) await statuses.revise(complaint.object, async () => rejection(complaint))
  const names = new Set(broken.map(({ object }) => object))
  for (const key of (await listHeads(objects, statusPrefix + prefix)).keys()) {
    const told = inputOfStatus(key)
    if (!names.has(told)) await statuses.revise(told, async () => undefined)
  }
  return [...names]
}
