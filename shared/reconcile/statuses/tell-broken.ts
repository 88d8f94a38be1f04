import type { Complaint } from '../../domain/statuses/complaint.ts'
import { rejection } from '../../domain/statuses/status.ts'
import type { Ports } from '../../ports/ports.ts'
import { listHeads } from '../records/list-heads.ts'
import { inputOfStatus, StatusStore, statusPrefix } from '../records/status-store.ts'

/**
 * Gives each file of governance under a prefix that is broken a status, as an input has, and takes it from those that are not
 * any more. Safe to repeat after any interruption. Answers their keys.
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
